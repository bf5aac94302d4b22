"""Weights in safetensors files, which hold numbers alone and so can be passed on safely."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from mmda.engine.checkpoint_content import TEMPERATURE
from mmda.errors import ConfigError
from mmda.utils.extras import require
from mmda.utils.files import atomic_path

SUFFIX = ".safetensors"
META = "dataset_meta"
KEPT = (META, TEMPERATURE)
"""What is kept of a checkpoint's ``meta``, as JSON."""


def write(network: nn.Module, meta: Mapping[str, Any], path: str | Path) -> None:
    """Write the weights of a network, what its training data were and its temperature.

    Args:
        network: The network.
        meta: As a checkpoint's ``meta``, in values that JSON has; only ``KEPT`` is written.
        path: The file.

    Raises:
        ConfigError: When safetensors is not installed.
    """
    library = _library()
    state = network.state_dict().items()
    tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state}
    texts = {name: json.dumps(meta[name]) for name in KEPT if meta.get(name) is not None}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        library.save_file(tensors, str(temporary), {"format": "pt", **texts})


def read(path: str | Path) -> dict[str, Any]:
    """Return the content of a file in the form of a checkpoint.

    Raises:
        ConfigError: When safetensors is not installed, or the file is damaged.
    """
    _library()
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            texts = file.metadata() or {}
            meta = {name: json.loads(texts[name]) for name in KEPT if name in texts}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError) as error:
        raise ConfigError(
            f"The checkpoint `{path}` cannot be read: {error}. It is damaged or not a safetensors "
            "file; use an earlier one or download it again."
        ) from error
    return {"state_dict": state, "meta": meta}


def _library() -> Any:
    return require("safetensors.torch", f"A {SUFFIX} file", "safetensors")
