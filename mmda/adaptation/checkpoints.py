"""Writing an adapted model as a checkpoint that everything takes."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch

from mmda.engine.checkpoint_content import TEMPERATURE
from mmda.errors import ConfigError
from mmda.utils.files import atomic_path


def adapted_path(checkpoint: str | Path, out: str | Path | None, suffix: str) -> Path:
    """Return where an adapted model is written.

    Args:
        checkpoint: The checkpoint that is adapted.
        out: The user's choice; by default ``<checkpoint><suffix>.pth`` beside the checkpoint.
        suffix: Such as ``_adabn``.

    Raises:
        ConfigError: When the file would not be a ``.pth`` file, or would replace the checkpoint.
    """
    source = Path(checkpoint)
    path = source.with_name(f"{source.stem}{suffix}.pth") if out is None else Path(out)
    if path.suffix != ".pth":
        raise ConfigError(f"The adapted checkpoint `{path}` must end in .pth; nothing is written.")
    if path.resolve() == source.resolve():
        raise ConfigError(
            f"The adapted checkpoint would replace `{source}`, which it is made from. Give another "
            "--out."
        )
    return path


def write_adapted(model: Any, meta: dict, path: Path, **record: Any) -> None:
    """Write a model's weights with the metadata of the checkpoint that it was made from.

    It cannot be resumed from, as the state of the optimisers belongs to the old weights, and is not
    calibrated, as its predictions are others.

    Args:
        model: The adapted model.
        meta: ``meta`` of the checkpoint that it was made from.
        path: The file.
        record: What was done, in plain values, kept in ``meta``.
    """
    kept = {key: value for key, value in meta.items() if key != TEMPERATURE}
    meta = {**copy.deepcopy(kept), "dataset_meta": model.dataset_meta, **record}
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    with atomic_path(path) as temporary:
        torch.save({"meta": meta, "state_dict": state}, temporary)
