"""Checking a translation with a segmentor, on disk: a report and a picture of the worst tiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mmda.engine.inference import load_model, make_predictor
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
    """Compare a segmentor's predictions before and after a translation; write what was found.

    Args:
        before: Folder of the original tiled dataset.
        after: Folder of its translated copy, which gets ``drift.json`` and ``drift.png``.
        config: Config of the segmentor.
        checkpoint: Its checkpoint.
        tiles: At most so many tiles are compared.
        device: ``cpu``, ``cuda``, ...; by default the GPU where there is one.

    Raises:
        ConfigError: When the model is no segmentor, or its checkpoint or classes do not fit.
    """
    model: Any = load_model(config, checkpoint, device)
    if not isinstance(model, UDASegmentor):
        raise ConfigError(f"--segmentor: the config `{config}` is of a {type(model).__name__}.")
    predict = make_predictor(model)
    found = measure_drift(before, after, predict, model.num_classes, tiles=tiles)
    report = {"config": config, "checkpoint": checkpoint, **found.to_json()}
    atomic_write_text(after / REPORT, json.dumps(report, indent=1))
    draw_drift(before, after, predict, list(found.tiles)[:SHOWN], after / PICTURE)
    return found
