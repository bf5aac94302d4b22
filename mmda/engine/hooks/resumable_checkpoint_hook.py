"""Checkpoints from which a resumed run equals an uninterrupted one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner

from mmda.engine import atomic_backend  # noqa: F401  (registers the backend)
from mmda.engine.plain_history import plain_hub, restored_hub
from mmda.errors import ConfigError
from mmda.registry import HOOKS
from mmda.utils.seeding import capture_rng, restore_rng


@HOOKS.register_module()
class ResumableCheckpointHook(CheckpointHook):
    """MMEngine's checkpoint hook, with the random states of all processes and atomic files.

    The model draws from the random states (for dropout); augmentation has a seed per sample.
    Validation does not change the states, because a run that is resumed after it does not repeat
    it.

    Args:
        max_keep_ckpts: Number of checkpoints that are kept: at least 2, as an old one is deleted
            before the new one is written, or -1 for all.
        kwargs: As in MMEngine's ``CheckpointHook``; ``by_epoch`` is False by default.

    Raises:
        ConfigError: When ``max_keep_ckpts`` is 0 or 1.
    """

    def __init__(self, max_keep_ckpts: int = 2, **kwargs: Any) -> None:
        if max_keep_ckpts in (0, 1):
            raise ConfigError(
                f"ResumableCheckpointHook: `max_keep_ckpts` is {max_keep_ckpts}; it must be 2 or "
                "more, or -1 for all, as the old one is deleted before the new one is written."
            )
        kwargs.setdefault("by_epoch", False)
        kwargs.setdefault("backend_args", {"backend": "atomic_local"})
        super().__init__(max_keep_ckpts=max_keep_ckpts, **kwargs)
        self._saved: list | None = None
        self._resumed: dict | None = None
        self._before_val: dict | None = None

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        # Only the first process writes the file, so the states are gathered here, by all.
        self._saved = all_gather_object(capture_rng())
        super()._save_checkpoint_with_step(runner, step, meta)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the random states of all processes and how they share the samples.

        Nothing is kept that loading would have to run.
        """
        checkpoint["message_hub"] = plain_hub(checkpoint["message_hub"])
        if self._saved is not None:
            checkpoint["rng_states"] = self._saved
        checkpoint["stream"] = {
            "processes": get_world_size(),
            "batch_size": runner.train_dataloader.batch_size,
        }

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Remember the random state of this process's rank, if the checkpoint has one."""
        super().after_load_checkpoint(runner, checkpoint)
        if "message_hub" in checkpoint:
            checkpoint["message_hub"] = restored_hub(checkpoint["message_hub"])
        states = checkpoint.get("rng_states", [])
        self._resumed = states[get_rank()] if get_rank() < len(states) else None

    def before_train(self, runner: Runner) -> None:
        """Forget a best checkpoint elsewhere: a better one would delete what the path names."""
        super().before_train(runner)
        if not self._is_own(getattr(self, "best_ckpt_path", None)):
            self.best_ckpt_path = None
        best = getattr(self, "best_ckpt_path_dict", {})
        best.update({name: None for name, path in best.items() if not self._is_own(path)})

    def _is_own(self, path: str | None) -> bool:
        return path is None or Path(path).resolve().parent == Path(self.out_dir).resolve()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Restore the state before the first iteration of a resumed run."""
        if self._resumed is not None:
            if runner._resume:
                restore_rng(self._resumed)
            self._resumed = None

    def before_val(self, runner: Runner) -> None:
        """Remember the state before validation."""
        self._before_val = capture_rng()

    def after_val(self, runner: Runner) -> None:
        """Put the state back after validation."""
        if self._before_val is not None:
            restore_rng(self._before_val)
            self._before_val = None
