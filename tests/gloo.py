"""Tests with two processes: how they meet and how they part."""

from __future__ import annotations

import gc
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def in_two_processes(work: Callable, *args: Any) -> None:
    """Call ``work(rank, *args)`` in two processes and wait for them."""
    mp.start_processes(work, args, nprocs=2, start_method="fork")


def free_port() -> int:
    """Return a port that nobody listens to."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def as_torchrun(rank: int, port: int) -> None:
    """Set what ``torchrun --nproc-per-node 2`` sets; the Runner joins the group by itself."""
    torch.set_num_threads(1)
    os.environ.update(
        RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2",
        MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port),
    )  # fmt: skip


def join(rank: int, folder: str | Path) -> None:
    """Join the group whose two processes share ``folder``."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)


def leave() -> None:
    """End the group.

    Delete the DDP model, and the Runner that holds it, before: else DDP ends the group when it is
    collected, holding the lock that its threads wait for.
    """
    gc.collect()
    dist.destroy_process_group()
