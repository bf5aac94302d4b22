"""Starting the training data loader anew in the middle of a run."""

from __future__ import annotations

from mmengine.runner import Runner

from mmda.utils.seeding import capture_rng, restore_rng


def restart_loader(runner: Runner, iteration: int) -> None:
    """Let the next batch be loaded by the dataset as it is now.

    Workers load batches ahead, with the dataset as it was when they were started. They are
    replaced by new ones, which begin with the batch of ``iteration``: just as a run that is resumed
    there. The random states are left as they are.

    Args:
        runner: A runner in training.
        iteration: Number of iterations done.
    """
    loader, batches = runner.train_dataloader, runner.train_loop.dataloader_iterator
    states = capture_rng()
    stop = getattr(batches._iterator, "_shutdown_workers", None)
    if stop is not None:
        stop()
    loader._iterator = None  # where `persistent_workers` keeps the old ones
    batches.skip_iter(iteration)
    batches._ensure_iterator()  # it draws a random number
    restore_rng(states)
