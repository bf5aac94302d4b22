"""Saves a training that a scheduler is about to end."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import all_reduce, barrier, get_world_size
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner

from mmda.errors import ConfigError
from mmda.registry import HOOKS

REQUEUE = 75
"""Exit code of a training that was saved and is to go on: EX_TEMPFAIL, "try again later"."""
SIGNALS = ("SIGUSR1", "SIGTERM")


@HOOKS.register_module()
class PreemptionHook(Hook):
    """Write a checkpoint when SIGUSR1 or SIGTERM comes, and end with the exit code 75.

    Schedulers send one of them before they take a machine away; Slurm does so with
    ``--signal=USR1@120``. ``mmda train --resume`` goes on from the checkpoint as if nothing had
    happened. A second signal ends the process at once, as the first one does without this hook.

    The iteration that runs is finished, and with accumulated gradients the cycle. Of several
    processes it suffices that one gets the signal: they agree every ``interval`` iterations.

    Args:
        interval: Number of iterations after which several processes ask each other. A process alone
            ends after the iteration.

    Raises:
        ConfigError: When ``interval`` is below 1.
    """

    priority = "LOWEST"  # the iteration is over for all others, and a due checkpoint is written

    def __init__(self, interval: int = 10) -> None:
        if interval < 1:
            raise ConfigError(f"PreemptionHook: `interval` must be 1 or more, got {interval}.")
        self.interval = interval
        self._asked: str | None = None
        self._before: dict[int, Any] = {}
        self._process = os.getpid()

    def before_train(self, runner: Runner) -> None:
        """Listen, unless the training runs in a thread of its own."""
        self._asked, self._process = None, os.getpid()
        if threading.current_thread() is threading.main_thread():
            numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
            self._before = {number: signal.signal(number, self._note) for number in numbers}

    def after_train(self, runner: Runner) -> None:
        """Leave the signals as they were."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: object = None,
        outputs: dict | None = None,
    ) -> None:
        """Save and end, when asked to.

        Raises:
            SystemExit: With the code 75, when it was saved; else with 1.
        """
        done = runner.iter + 1
        alone = get_world_size() == 1
        if not alone and done % self.interval:
            return
        if done % runner.cfg.get("optim_wrapper", {}).get("accumulative_counts", 1):
            return
        if self._asked is None and alone:
            return
        if not alone and not _any(self._asked is not None):
            return
        if done < runner.max_iters:
            saved = self._save(runner, done)
            barrier()  # a launcher may kill the one that writes when another has ended
            self.after_train(runner)
            raise SystemExit(REQUEUE if saved else 1)  # without a checkpoint it would never end

    def _save(self, runner: Runner, done: int) -> bool:
        """Write a checkpoint, and tell whether there is one."""
        said = f"{self._asked or 'Another process'} asked for the end after iteration {done}"
        savers = [hook for hook in runner.hooks if isinstance(hook, CheckpointHook)]
        if not savers:
            runner.logger.warning(f"{said}: there is no checkpoint hook, so nothing is saved.")
            return False
        if not (Path(savers[0].out_dir) / f"iter_{done}.pth").exists():
            savers[0]._save_checkpoint(runner)
        runner.logger.warning(f"{said}. `--resume` goes on from `{savers[0].out_dir}`.")
        return True

    def _note(self, number: int, _: Any) -> None:
        """Take note of a signal; workers that load data inherit this, and end."""
        if self._asked is not None or os.getpid() != self._process:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        self._asked = signal.Signals(number).name


def _any(asked: bool) -> bool:
    """Tell whether any process was asked."""
    flag = torch.tensor([float(asked)])
    all_reduce(flag, "max")
    return bool(flag.item())
