"""The generated cities that the runs of a table train on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from mmda.ablation.table import Table, Toy
from mmda.demo.data import city_folder, prepare_data
from mmda.toy.shift import make_shift
from mmda.utils.locks import locked

Data = dict[tuple[str, int], Path | None]
"""What the toy configs read, by task and seed; None for data that exist."""


def data_folders(table: Table, seeds: Sequence[int], folder: Path) -> Data:
    """Return where the data of each task and seed lie, as the demo lays them out.

    Args:
        table: The table.
        seeds: Seeds of the cities.
        folder: Folder of all generated cities; tables share it.
    """
    return {
        (task.name, seed): _root(task.toy, seed, folder) / task.toy.task if task.toy else None
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
    for toy, seed in tqdm(toys, desc="toy data", unit="set", disable=not toys):
        root = _root(toy, seed, folder)
        with locked(root / ".lock", wait=True):
            prepare_data(root, toy.task, make_shift(toy.preset, toy.values), seed)


def _root(toy: Toy, seed: int, folder: Path) -> Path:
    return folder.absolute() / city_folder(seed, make_shift(toy.preset, toy.values))
