"""What an exported model tells of itself, and what no other program can do."""

from __future__ import annotations

from typing import Any

from mmda.engine.checkpoint_content import TEMPERATURE
from mmda.errors import ConfigError
from mmda.models.batch_norm import TestTime
from mmda.models.segmentors import UDASegmentor


def exported_meta(network: UDASegmentor) -> dict[str, Any]:
    """Return classes, training images and temperature of a model, as a checkpoint keeps them."""
    return {"dataset_meta": network.dataset_meta, TEMPERATURE: network.temperature}


def check_portable(network: UDASegmentor, path: object) -> None:
    """Raise a :class:`ConfigError` for a model that adapts to the images that it predicts.

    Args:
        network: The model.
        path: The file that was to be written, for the message.
    """
    if type(network.test_time) is not TestTime:
        raise ConfigError(
            f"The model adapts to each image by `model.test_time` "
            f"({type(network.test_time).__name__}), which only mmda does: `{path}` would predict "
            "otherwise. Export a .safetensors file, or the plain model with `--cfg-options "
            "model.test_time=None`."
        )
