"""Where runs go: one slot per run at a time, on a GPU or on a share of the CPU's cores."""

from __future__ import annotations

import os
from dataclasses import dataclass

from mmda.errors import ConfigError

GPUS = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True)
class Slot:
    """Where one run at a time is executed.

    Attributes:
        gpu: The GPU's id, as CUDA names it; None on the CPU.
        threads: Threads of the run; None leaves the choice to the libraries.
    """

    gpu: str | None
    threads: int | None

    def environment(self) -> dict[str, str]:
        """Return the environment of the slot's runs."""
        # Libraries warn of what a user cannot change; mmda's own warnings go through the logger.
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        if self.gpu is not None:
            environment[GPUS] = self.gpu
        if self.threads is not None:
            environment.setdefault("OMP_NUM_THREADS", str(self.threads))
        return environment


def make_slots(jobs: int | None, devices: int | None) -> list[Slot]:
    """Return the slots.

    Args:
        jobs: Runs at a time; one per GPU, or one on the CPU, by default.
        devices: GPUs to use; all by default, 0 for the CPU.

    Raises:
        ConfigError: When there are fewer GPUs, or no run could start.
    """
    gpus = visible_gpus()
    if devices is not None and not 0 <= devices <= len(gpus):
        raise ConfigError(f"--devices {devices}: this machine shows {len(gpus)} GPUs.")
    if jobs is not None and jobs < 1:
        raise ConfigError(f"--jobs {jobs}: expected at least 1.")
    gpus = gpus if devices is None else gpus[:devices]
    count = jobs or max(1, len(gpus))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    threads = max(1, (cores or 1) // count) if count > 1 else None
    if gpus:
        return [Slot(gpus[number % len(gpus)], threads) for number in range(count)]
    # An empty list hides the GPUs that --devices 0 declines.
    return [Slot("" if devices == 0 else None, threads) for _ in range(count)]


def visible_gpus() -> list[str]:
    """Return the ids of the GPUs that this process may use."""
    import torch

    count = torch.cuda.device_count()
    listed = [name for name in os.environ.get(GPUS, "").split(",") if name]
    return listed[:count] or [str(number) for number in range(count)]
