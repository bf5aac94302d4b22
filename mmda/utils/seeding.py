"""Random states: scoped seeding for samples, and capture and restore for exact resume."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def capture_rng() -> dict[str, Any]:
    """Return the states of Python's, NumPy's and torch's (CPU and current GPU) generators.

    They hold no tensors: loading a checkpoint onto a GPU would move these there, and the
    generators take CPU tensors alone.
    """
    state: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "torch": torch.get_rng_state().numpy(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state().numpy()
    return state


def restore_rng(state: dict[str, Any]) -> None:
    """Set the generators to a state returned by :func:`capture_rng`."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(torch.from_numpy(state["torch"]))
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(torch.from_numpy(state["cuda"]))


@contextmanager
def seeded(*entropy: int) -> Iterator[None]:
    """Seed Python's, NumPy's and torch's CPU generators inside the block; restore them after.

    A sample's augmentation is then a pure function of ``entropy`` (the run's seed and the
    sample's position), whatever the number of workers or processes, and resume needs no worker
    state.

    Args:
        entropy: Non-negative integers, mixed by :class:`numpy.random.SeedSequence`.
    """
    python, numpy, torch_state = random.getstate(), np.random.get_state(), torch.get_rng_state()
    first, second, third = np.random.SeedSequence(entropy).generate_state(3)
    random.seed(int(first))
    np.random.seed(int(second))
    torch.random.default_generator.manual_seed(int(third))
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_rng_state(torch_state)
