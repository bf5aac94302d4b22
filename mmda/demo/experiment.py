"""The demo as a table of three rows."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path

from mmda.ablation.configs import fingerprint
from mmda.ablation.data import city_root
from mmda.ablation.experiment import Experiment
from mmda.ablation.reading import read_table
from mmda.ablation.run import Run
from mmda.ablation.table import Task, Toy
from mmda.tasks import TASKS


def make_experiment(toy: Toy, seed: int, iterations: int, out: Path) -> Experiment:
    """Return the trainings of the demo, in a folder of their own for each recipe.

    Args:
        toy: The task, and how the two cities differ.
        seed: Seed of the cities and of the trainings.
        iterations: Length of each training.
        out: The demo's folder.

    Raises:
        ConfigError: When a config of the demo is faulty.
    """
    table = read_table("mmda::ablation/demo.py")
    overrides = {
        **table.overrides,
        "train_cfg.max_iters": iterations,
        "train_cfg.val_interval": iterations,
        "param_scheduler.1.end": iterations,
        "model.segmentor.decode_head.num_classes": len(TASKS[toy.task].classes),
    }
    tasks = {"": Task(name="", toy=toy)}
    table = table.model_copy(update={"tasks": tasks, "overrides": overrides})
    root = city_root(toy, seed, out)
    experiment = Experiment(table, root, out, (seed,))
    folder = root / f"{toy.task}-{iterations}-{_recipe(experiment.plan())}"
    return dataclasses.replace(experiment, work_dir=folder)


def _recipe(runs: Sequence[Run]) -> str:
    """Return a digest of all settings of the runs, so that an edited recipe is trained anew."""
    recipes = [
        fingerprint({k: v for k, v in run.settings.items() if not k.startswith("data.")})
        for run in runs
    ]
    return hashlib.sha1("".join(recipes).encode()).hexdigest()[:8]
