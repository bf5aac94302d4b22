"""Finding checkpoints, and refusing those that do not fit the model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mmda.engine.checkpoint_content import check_content, require_dict, unreadable
from mmda.engine.checkpoint_loader import load_from_weights_only
from mmda.errors import ConfigError


def latest_checkpoint(work_dir: str | Path) -> Path | None:
    """Return the checkpoint ``iter_<n>.pth`` with the largest n in ``work_dir``, or None."""
    numbered = {
        int(match[1]): path
        for path in Path(work_dir).glob("iter_*.pth")
        if (match := re.fullmatch(r"iter_(\d+)\.pth", path.name))
    }
    return numbered[max(numbered)] if numbered else None


def config_beside(checkpoint: str | Path) -> Path:
    """Return the config that a checkpoint was trained with.

    It is the newest ``.py`` file beside it, where MMEngine writes one, or in the folder above.

    Raises:
        ConfigError: When there is none, or no such checkpoint.
    """
    path = Path(checkpoint)
    if not path.is_file():
        raise _missing(path)
    for folder in (path.parent, path.parent.parent):
        if files := sorted(folder.glob("*.py"), key=lambda file: file.stat().st_mtime):
            return files[-1]
    raise ConfigError(
        f"There is no config beside the checkpoint `{checkpoint}`. Put the config (.py) that it "
        "was trained with into its folder."
    )


def remove_leftovers(work_dir: str | Path) -> None:
    """Delete the hidden, incomplete checkpoints that a killed run has left in ``work_dir``."""
    for leftover in Path(work_dir).glob(".iter_*.tmp-*.pth"):
        leftover.unlink(missing_ok=True)


def checkpoint_bytes(model: nn.Module) -> int:
    """Return an upper estimate of a checkpoint's size: weights and two moments per parameter."""
    weights = sum(tensor.nbytes for tensor in model.state_dict().values())
    return weights + 2 * sum(p.nbytes for p in model.parameters() if p.requires_grad)


def read_checkpoint(path: str | Path) -> dict:
    """Read a checkpoint on the CPU, without running code from it.

    Raises:
        ConfigError: When it is missing or damaged, or could run code and is not trusted.
    """
    if "://" not in str(path) and not Path(path).is_file():
        raise _missing(path)
    try:
        checkpoint = load_from_weights_only(str(path), map_location="cpu")
    except ConfigError:
        raise
    except Exception as error:  # foreign bytes can fail in any way
        raise unreadable(path, _reason(error)) from error
    check_content(checkpoint, path)
    return checkpoint


def _missing(path: str | Path) -> ConfigError:
    return ConfigError(f"The checkpoint `{path}` does not exist. Give the path of a .pth file.")


def _reason(error: Exception) -> str:
    """Return an error's first line, without the advice that PyTorch puts around it."""
    text = str(error).rpartition("WeightsUnpickler error: ")[2].strip() or "nothing is left of it"
    return f"{type(error).__name__}: {text.splitlines()[0].strip()}"


def check_fits(model: Any, checkpoint: dict, path: str | Path) -> None:
    """Raise a :class:`ConfigError` if a checkpoint's weights do not fit the student.

    MMEngine's loader only logs such differences and continues with random weights. In a CycleGAN
    all parameters must fit, but it may also start from a checkpoint of the segmentor that it keeps.

    Args:
        model: The model, without a distributed wrapper.
        checkpoint: The checkpoint's content.
        path: Its path, for the message.
    """
    state = checkpoint.get("state_dict", checkpoint)
    if hasattr(model, "segmentor") and not any(key.startswith("generators.") for key in state):
        plain = not any(key.startswith("segmentor.") for key in state)
        own = model.segmentor.state_dict()
        theirs = {key if plain else key.removeprefix("segmentor."): v for key, v in state.items()}
    else:
        own, theirs = dict(model.named_parameters()), state
    for key, value in own.items():
        if key not in theirs:
            raise ConfigError(
                f"The checkpoint `{path}` lacks `{key}`: it is of another architecture. Use the "
                "config that it was trained with."
            )
        if not isinstance(theirs[key], torch.Tensor):
            kind = type(theirs[key]).__name__
            raise unreadable(path, f"its `{key}` is a {kind}, expected a tensor")
        if theirs[key].shape != value.shape:
            raise ConfigError(_describe(key, value, theirs[key], path))


def check_resumable(checkpoint: dict, path: str | Path, processes: int, batch_size: int) -> None:
    """Raise a :class:`ConfigError` if a run cannot go on from a checkpoint at the right sample.

    Args:
        checkpoint: The checkpoint's content.
        path: Its path, for the message.
        processes: Number of processes of this run.
        batch_size: Samples of each in an iteration.
    """
    missing = [k for k in ("meta", "message_hub", "optimizer") if not checkpoint.get(k)]
    if missing:
        raise ConfigError(
            f"The checkpoint `{path}` cannot be resumed from: it has no `{'`, `'.join(missing)}`, "
            "only weights. Start a new run from them with `--cfg-options load_from=...`."
        )
    for key in ("meta", "message_hub"):
        require_dict(checkpoint[key], f"its `{key}`", path)
    before = require_dict(checkpoint.get("stream") or {}, "its `stream`", path)
    if not before.get("batch_size"):  # of MMEngine's own hook, or batches that vary
        return
    wanted = before["processes"] * before["batch_size"]
    if wanted == processes * batch_size:
        return
    advice = f"resume with {before['processes']} processes of batch size {before['batch_size']}"
    if wanted % processes == 0:
        advice = f"set `train_dataloader.batch_size={wanted // processes}`"
    raise ConfigError(
        f"The checkpoint `{path}` is of a run with {wanted} samples per iteration "
        f"({before['processes']} processes, batch size {before['batch_size']}), but this run has "
        f"{processes * batch_size} ({processes} processes, batch size {batch_size}): it would "
        f"repeat or leave out samples, and its schedule would not fit. To go on, {advice}."
    )


def _describe(key: str, own: torch.Tensor, other: torch.Tensor, path: str | Path) -> str:
    message = (
        f"The checkpoint `{path}` has `{key}` of shape {tuple(other.shape)}, the config's model "
        f"{tuple(own.shape)}."
    )
    if "decode_head" in key and own.shape[1:] == other.shape[1:]:
        message += (
            f" It was trained with {other.shape[0]} classes, the config has {own.shape[0]}: use a "
            "checkpoint of this task, or set `num_classes` to the checkpoint's."
        )
    return message + " Use the config that it was trained with."


def load_weights(model: nn.Module, path: str | Path) -> dict:
    """Load a checkpoint's weights into ``model`` and return the checkpoint.

    Raises:
        ConfigError: When it is missing or damaged, or does not fit.
    """
    checkpoint = read_checkpoint(path)
    check_fits(model, checkpoint, path)
    try:
        model.load_state_dict(checkpoint.get("state_dict", checkpoint), strict=False)
    except RuntimeError as error:  # the student fits; another part, such as an alignment, does not
        reason = str(error).splitlines()[-1].strip().rstrip(".")
        raise ConfigError(
            f"The checkpoint `{path}` does not fit the config's model: {reason}. Use the config "
            "that it was trained with."
        ) from error
    return checkpoint
