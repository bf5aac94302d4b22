"""Calibrating models in Python: what ``mmda calibrate`` calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmda.calibration.options import CalibrateOptions

if TYPE_CHECKING:
    from mmengine.config import Config

    from mmda.calibration.calibrate import Calibration

DEFAULT = CalibrateOptions()


def calibrate(
    checkpoint: str | Path,
    data: str | Path | None = None,
    options: CalibrateOptions = DEFAULT,
    *,
    figure: str | Path | None = None,
    config: str | Path | Config | None = None,
    device: str | None = None,
    trust: bool = False,
    cfg_options: Mapping[str, Any] | None = None,
) -> Calibration:
    """Fit the temperature of a model for a target without labels, and store it in the checkpoint.

    One number, by which maps divide the logits, is fitted on the labels of the source's validation
    tiles (temperature scaling). Each tile weighs as much as it is like the target: see
    :func:`~mmda.calibration.weights.importance_weights`. A model that is not sure enough on the
    source stays as it is, unless ``sharpen`` is chosen: in a target it is right less often. The
    weights of the network do not change, nor do the classes that it predicts. Labels of the
    target's test tiles, where there are some, only tell how far it has helped.

    Args:
        checkpoint: The ``.pth`` file; the temperature is written into its metadata.
        data: Folder of the tiled target, whose split ``train`` is read without labels; by default
            the config's target.
        options: How it is calibrated.
        figure: Also write a reliability diagram there (.png, .pdf, .svg, .jpg).
        config: Config of the model; by default the one beside the checkpoint.
        device: ``cpu``, ``cuda``, ...; by default the GPU where there is one.
        trust: Whether the checkpoint may run code while it is read.
        cfg_options: Overrides of the config by dotted key.

    Returns:
        The temperature, and the reliability before and after.

    Raises:
        ConfigError: When the config has no labelled source validation tiles, nothing names the
            target, or the checkpoint or an option does not fit.
        DataError: When tiles are missing or cannot be read, or their labels tell nothing, as where
            all pixels are right.

    Example:
        >>> from mmda import CalibrateOptions, calibrate, load_model
        >>> options = CalibrateOptions(tiles=8, pixels=2000, progress=False)
        >>> found = calibrate("iter_60.pth", "tiles/target", options, device="cpu")
        >>> list(found.reliability), found.tiles
        (['source, val', 'target, test'], 4)
        >>> model = load_model("config.py", "iter_60.pth", device="cpu")
        >>> model.network.temperature == found.temperature
        True
    """
    from mmda.calibration.calibrate import calibrate_checkpoint
    from mmda.engine.checkpoint import config_beside
    from mmda.engine.checkpoint_loader import trusted_checkpoints
    from mmda.engine.launch import load_config

    loaded = load_config(
        config_beside(checkpoint) if config is None else config, dict(cfg_options or {})
    )
    with trusted_checkpoints(trust):
        return calibrate_checkpoint(
            loaded,
            Path(checkpoint),
            None if data is None else str(data),
            options,
            None if figure is None else Path(figure),
            device,
        )
