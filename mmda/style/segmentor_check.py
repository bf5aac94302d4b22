"""Checks a translation with a segmentor; writes a report and a picture of the worst tiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mmda.engine.inference import NetworkPredictor, load_model
from mmda.errors import ConfigError
from mmda.models.segmentors import UDASegmentor
from mmda.style.drift import SHOWN, Drift, draw_drift, measure_drift
from mmda.utils.files import atomic_write_text

REPORT, PICTURE = "drift.json", "drift.png"


def check_drift(
    before: Path,
    after: Path,
    config: str,
    checkpoint: str,
    *,
    tiles: int = 200,
    device: str | None = None,
) -> Drift:
    """Compare a segmentor's predictions before and after a translation; write the result.

    Args:
        before: Folder of the original tiled dataset.
        after: Folder of its translated copy, in which ``drift.json`` and ``drift.png`` are written.
        config: Config of the segmentor.
        checkpoint: Its checkpoint.
        tiles: Largest number of tiles that are compared.
        device: ``cpu``, ``cuda``, ...; by default the GPU if there is one.

    Raises:
        ConfigError: When the model is not a segmentor, or its checkpoint or classes do not fit.
    """
    model: Any = load_model(config, checkpoint, device)
    if not isinstance(model, UDASegmentor):
        raise ConfigError(
            f"--segmentor: the model of the config `{config}` is a {type(model).__name__}. Give "
            "the config of a segmentor."
        )
    predict = NetworkPredictor(model)
    found = measure_drift(before, after, predict, model.num_classes, tiles=tiles)
    report = {"config": config, "checkpoint": checkpoint, **found.to_json()}
    atomic_write_text(after / REPORT, json.dumps(report, indent=1))
    draw_drift(before, after, predict, list(found.tiles)[:SHOWN], after / PICTURE)
    return found
