"""The only loader of checkpoints: it runs no code from them.

A ``.pth`` file is a pickle, which can name any function and have it called while it is read.
Importing this module replaces MMEngine's loaders, which fall back to such reading, in all places
that read checkpoints: ``load_from``, ``resume``, ``init_cfg`` of type ``Pretrained``, and the
backbones of MMSegmentation.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import torch
from mmengine.runner import CheckpointLoader

from mmda.engine import safetensors_file
from mmda.engine.allowed_globals import allowed_globals
from mmda.engine.weights_files import weights_file
from mmda.errors import ConfigError

_trust: ContextVar[bool] = ContextVar("trust", default=False)


@contextmanager
def trusted_checkpoints(trust: bool = True) -> Iterator[None]:
    """Let checkpoints that are read inside the block run code, if ``trust`` is True."""
    token = _trust.set(trust)
    try:
        yield
    finally:
        _trust.reset(token)


def load_from_weights_only(name: str, map_location: Any = None) -> dict:
    """Read a checkpoint, whatever its kind.

    Args:
        name: A ``.pth`` or ``.safetensors`` file, an address (``https://...``), a name of one of
            :data:`~mmda.engine.weights_files.CATALOGUES`, or ``package://NAME`` for weights that
            are installed as a package.
        map_location: As in :func:`torch.load`.

    Raises:
        ConfigError: When it holds more than tensors and plain data and is not trusted, its name is
            unknown, it cannot be downloaded, or the package of the weights is not installed.
        FileNotFoundError: When the file does not exist.
    """
    path = weights_file(name)
    if not path.is_file():
        raise FileNotFoundError(f"`{path}` does not exist")
    if path.suffix == safetensors_file.SUFFIX:
        return safetensors_file.read(path)
    content = _load(path, name, map_location)
    if isinstance(content, dict) and isinstance(meta := content.get("meta"), dict):
        meta.pop("config", None)  # on resuming, MMEngine would run it as a program
    return _backbone(content) if name.startswith("mmcls://") else content


def _load(path: Path, name: str, map_location: Any) -> Any:
    if _trust.get():
        return torch.load(path, map_location=map_location, weights_only=False)
    try:
        with allowed_globals():
            return torch.load(path, map_location=map_location, weights_only=True)
    except (pickle.UnpicklingError, RuntimeError) as error:  # PyTorch 2.3 raises the latter
        if (needed := _needed(str(error))) is None:
            raise
        raise ConfigError(
            f"The checkpoint `{name}` needs {needed}, but expected are tensors and plain values "
            "alone: anything else can run a program while the file is read. Nothing of it was run. "
            "If you trust whoever made the file, give --trust-checkpoint (in Python: trust=True)."
        ) from None


def _needed(message: str) -> str | None:
    """Return what PyTorch refuses to make of a pickle; None where the file is damaged."""
    if found := re.search(
        r"(?:GLOBAL|Unsupported class|unsupported class|function) (\S+)", message
    ):
        return f"`{found[1].strip('.,')}`"
    if found := re.search(r"Unsupported operand (\d+)", message):
        instruction = pickle_instructions().get(int(found[1]))
        return instruction and f"the pickle instruction {instruction}"
    return None


def pickle_instructions() -> dict[int, str]:
    """Return the names of the instructions that import, build and call, by their code."""
    names = ("GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "REDUCE", "NEWOBJ", "NEWOBJ_EX", "BUILD")
    return {getattr(pickle, name)[0]: name for name in names}


def _backbone(content: dict) -> dict:
    """Return the backbone's weights of a classifier, under their own names."""
    state = content.get("state_dict", content)
    prefix = "backbone."
    own = {key.removeprefix(prefix): v for key, v in state.items() if key.startswith(prefix)}
    return {"state_dict": own}


CheckpointLoader.register_scheme(
    list(CheckpointLoader._schemes), load_from_weights_only, force=True
)
