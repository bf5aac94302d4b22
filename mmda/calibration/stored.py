"""The temperature in the metadata of a checkpoint."""

from __future__ import annotations

from pathlib import Path

import torch

from mmda.engine.checkpoint import read_checkpoint
from mmda.engine.checkpoint_content import TEMPERATURE
from mmda.errors import ConfigError
from mmda.utils.files import atomic_path


def check_writable(path: Path) -> None:
    """Raise a :class:`ConfigError` for a file that a temperature cannot be stored in."""
    if path.suffix != ".pth":
        raise ConfigError(
            f"The temperature cannot be stored in `{path}`, only in a .pth file. Calibrate the "
            "checkpoint that it was exported from, and export that again: it keeps the temperature."
        )


def store_temperature(path: Path, temperature: float) -> None:
    """Store a temperature in a checkpoint, in place of one that it may have.

    All else in it stays, so a training can still be resumed from it. The file is replaced when the
    new one is whole; where ``path`` is a link, the file that it leads to.

    Args:
        path: The ``.pth`` file.
        temperature: What maps divide the logits by.

    Raises:
        ConfigError: When the file cannot be read.
    """
    content = read_checkpoint(path)
    if "state_dict" not in content:
        content = {"state_dict": content}
    content["meta"] = {**(content.get("meta") or {}), TEMPERATURE: float(temperature)}
    with atomic_path(path.resolve()) as temporary:
        torch.save(content, temporary)
