"""Random states: seeding for a block of code, and saving and restoring for exact resume."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


def capture_rng() -> dict[str, Any]:
    """Return the states of Python's, NumPy's and torch's (CPU and current GPU) generators.

    The states consist of numbers and bytes. Tensors would be moved to the GPU when a checkpoint is
    loaded there, but the generators need them on the CPU; arrays are refused by PyTorch's safe
    loading.
    """
    name, keys, *rest = np.random.get_state()
    state: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": (name, np.asarray(keys).tolist(), *rest),
        "torch": torch.get_rng_state().numpy().tobytes(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state().numpy().tobytes()
    return state


def restore_rng(state: dict[str, Any]) -> None:
    """Set the generators to a state returned by :func:`capture_rng`."""
    random.setstate(state["python"])
    np.random.set_state(state["numpy"])
    torch.set_rng_state(_tensor(state["torch"]))
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(_tensor(state["cuda"]))


def _tensor(state: bytes) -> torch.Tensor:
    return torch.frombuffer(bytearray(state), dtype=torch.uint8)


@contextmanager
def seeded(*entropy: int) -> Iterator[None]:
    """Seed Python's, NumPy's and torch's CPU generators inside the block; restore them after.

    So a sample's augmentation depends on ``entropy`` alone (the run's seed and the sample's
    position), and not on the number of workers or processes. A resumed run needs no states of
    workers.

    Args:
        entropy: Non-negative integers, from which :class:`numpy.random.SeedSequence` derives seeds.
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
