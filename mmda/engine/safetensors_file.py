"""Weights in safetensors files, which hold numbers alone and so can be passed on safely."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import nn

from mmda.errors import ConfigError
from mmda.utils.extras import require
from mmda.utils.files import atomic_path

SUFFIX = ".safetensors"
META = "dataset_meta"


def write(network: nn.Module, dataset_meta: dict | None, path: str | Path) -> None:
    """Write the weights of a network and what its training data were.

    Args:
        network: The network.
        dataset_meta: Classes, palette and training data, in values that JSON has.
        path: The file.

    Raises:
        ConfigError: When safetensors is not installed.
    """
    library = _library()
    state = network.state_dict().items()
    tensors = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in state}
    meta = {"format": "pt", META: json.dumps(dataset_meta)}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        library.save_file(tensors, str(temporary), meta)


def read(path: str | Path) -> dict[str, Any]:
    """Return the content of a file in the form of a checkpoint.

    Raises:
        ConfigError: When safetensors is not installed, or the file is damaged.
    """
    _library()
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="pt") as file:
            meta = json.loads((file.metadata() or {}).get(META, "null"))
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, ValueError) as error:
        raise ConfigError(
            f"The checkpoint `{path}` cannot be read: {error}. It is damaged or not a safetensors "
            "file; use an earlier one or download it again."
        ) from error
    return {"state_dict": state, "meta": {META: meta} if meta else {}}


def _library() -> Any:
    return require("safetensors.torch", f"A {SUFFIX} file", "safetensors")
