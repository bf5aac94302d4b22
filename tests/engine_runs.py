"""Tiny runs through MMEngine's Runner, and what they leave."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import torch
from mmengine.runner import Runner

from mmda.engine.launch import build_runner, load_config, prepare

_runs = count()


def train(config: str, work_dir: Path, options: dict | None = None, **kwargs: Any) -> Runner:
    """Train as ``mmda train`` does and return the Runner."""
    prepared = prepare(load_config(config, options), work_dir, **kwargs)
    # Runs of one process that share a visualizer's name share its folder.
    prepared.experiment_name = prepared.visualizer.name = f"run{next(_runs)}"
    runner = build_runner(prepared)
    runner.train()
    # Left to the cyclic garbage collector, each worker is waited for ten seconds.
    iterator = runner.train_loop.dataloader_iterator._iterator
    getattr(iterator, "_shutdown_workers", lambda: None)()
    return runner


def read(work_dir: Path, iteration: int) -> dict:
    """Return what a checkpoint says of the run's state."""
    content = torch.load(work_dir / f"iter_{iteration}.pth", weights_only=False)
    kept = ("state_dict", "optimizer", "param_schedulers", "rng_states")
    return {key: content[key] for key in kept}


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Return the paths at which two nested states differ, bit by bit."""
    if isinstance(one, dict):
        if one.keys() != other.keys():
            return [f"{path}: keys"]
        return [d for key in one for d in differences(one[key], other[key], f"{path}.{key}")]
    if isinstance(one, (list, tuple)):
        if len(one) != len(other):
            return [f"{path}: length"]
        pairs = zip(one, other, strict=True)
        return [d for i, (a, b) in enumerate(pairs) for d in differences(a, b, f"{path}[{i}]")]
    if isinstance(one, torch.Tensor):
        return [] if torch.equal(one, other) else [path]
    if hasattr(one, "tobytes"):
        return [] if one.tobytes() == other.tobytes() else [path]
    if hasattr(one, "__dict__") and not isinstance(one, type):
        return differences(vars(one), vars(other), path)
    return [] if one == other else [path]
