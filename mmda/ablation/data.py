"""The generated cities that the runs of a table train on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from mmda.ablation.cities import city_folder, prepare_data
from mmda.ablation.table import Table, Toy
from mmda.toy.shift import make_shift
from mmda.utils.locks import locked

Data = dict[tuple[str, int], Path | None]
"""What the toy configs read, by task and seed; None for data that exist."""


def data_folders(table: Table, seeds: Sequence[int], folder: Path) -> Data:
    """Return where the tiled cities of each task and seed lie.

    Args:
        table: The table.
        seeds: Seeds of the cities.
        folder: Folder of all generated cities; tables share it.
    """
    return {
        (task.name, seed): city_root(task.toy, seed, folder) / task.toy.task if task.toy else None
        for task in table.tasks.values()
        for seed in seeds
    }


def make_data(table: Table, seeds: Sequence[int], folder: Path) -> None:
    """Generate and tile the cities that are missing, one process at a time.

    Args:
        table: The table.
        seeds: Seeds of the cities.
        folder: Folder of all generated cities.
    """
    toys = [(task.toy, seed) for seed in seeds for task in table.tasks.values() if task.toy]
    for toy, seed in tqdm(toys, desc="toy data", unit="set", disable=len(toys) < 2):
        root = city_root(toy, seed, folder)
        with locked(root / ".lock", wait=True):
            prepare_data(root, toy.task, make_shift(toy.shift, toy.values), seed)


def city_root(toy: Toy, seed: int, folder: Path) -> Path:
    """Return the folder of a pair of cities: ``cities`` and one folder for each tiled task.

    Args:
        toy: The cities' shift.
        seed: Their seed.
        folder: Folder of all generated cities.
    """
    return folder.absolute() / city_folder(seed, make_shift(toy.shift, toy.values))
