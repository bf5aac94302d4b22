"""Restarting the training data loader in the middle of a run, and ending its workers."""

from __future__ import annotations

from typing import Any

from mmengine.runner import Runner

from mmda.utils.seeding import capture_rng, restore_rng


def restart_loader(runner: Runner, iteration: int) -> None:
    """Load the next batch, and all later ones, with the dataset's present state.

    Workers load batches ahead, with the dataset's state of the time when they were started. They
    are replaced by new ones, which begin with the batch of ``iteration``, as in a run that is
    resumed there. The random states are left unchanged.

    Args:
        runner: A runner in training.
        iteration: Number of iterations done.
    """
    loader, batches = runner.train_dataloader, runner.train_loop.dataloader_iterator
    states = capture_rng()
    _stop(batches._iterator)
    loader._iterator = None  # `persistent_workers` keeps the old workers there
    batches.skip_iter(iteration)
    batches._ensure_iterator()  # it draws a random number
    restore_rng(states)


def stop_workers(runner: Runner) -> None:
    """End the processes that load a runner's data.

    Left to the cyclic garbage collector, each is waited for ten seconds.
    """
    for loop in (runner._train_loop, runner._val_loop, runner._test_loop):
        for owner in ("dataloader_iterator", "dataloader"):  # the latter if workers are persistent
            _stop(getattr(getattr(loop, owner, None), "_iterator", None))


def _stop(iterator: Any) -> None:
    getattr(iterator, "_shutdown_workers", lambda: None)()
