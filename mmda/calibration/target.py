"""How far a model's probabilities can be trusted on a target whose test tiles have labels."""

from __future__ import annotations

from pathlib import Path

from mmengine.config import Config

from mmda.calibration.collect import labelled_pixels
from mmda.calibration.datasets import scored_tiles
from mmda.calibration.options import CalibrateOptions
from mmda.calibration.reliability import Reliability
from mmda.engine.inference import load_trained
from mmda.errors import ConfigError


def target_reliability(
    config: Config, checkpoint: Path, options: CalibrateOptions, device: str | None = None
) -> Reliability:
    """Return the reliability of a model's maps, with its temperature, on the config's test tiles.

    Args:
        config: The model's config.
        checkpoint: Its weights.
        options: How many tiles and pixels, and the seed.
        device: Where the network runs.

    Raises:
        ConfigError: When the config has no labelled test tiles.
    """
    tiles = scored_tiles(config, None)
    if tiles is None:
        raise ConfigError(f"The config `{config.filename}` has no labelled test tiles.")
    model, _ = load_trained(config, checkpoint, device)
    model.test_time.check_repeatable()
    found = labelled_pixels(model, tiles, options)
    return Reliability.of(found.logits, found.labels, model.temperature)
