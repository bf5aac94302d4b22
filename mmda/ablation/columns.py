"""Reads the columns of a table's description, and the one that its figure shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mmda.ablation.entries import FLAG, TEXT, check_keys, take
from mmda.ablation.table import MAIN_SCORE, Column, Sweep, Task
from mmda.errors import ConfigError, did_you_mean


def read_columns(entries: Sequence, tasks: Mapping[str, Task], path: Path) -> tuple[Column, ...]:
    """Return the columns, those of a task side by side.

    Args:
        entries: What the description says.
        tasks: The table's tasks.
        path: The description.

    Raises:
        ConfigError: When one says something unknown, or names no score or no task.
    """
    columns: list[Column] = []
    for index, entry in enumerate(entries):
        where = f"`{path}`, columns[{index}]"
        values = {"metric": entry} if isinstance(entry, str) else entry
        check_keys(values, {"metric", "title", "task", "of", "minus"}, where)
        metric = values.get("metric")
        if not isinstance(metric, str):
            raise ConfigError(f"{where}: expected the name of a `metric`, but got `{metric}`.")
        own = take(values, "task", TEXT, where)
        for task in tasks if own is None else [own]:
            if task not in tasks:
                raise ConfigError(f"{where}: unknown task `{task}`." + did_you_mean(task, tasks))
            columns.append(
                Column(
                    metric,
                    take(values, "title", TEXT, where, metric.partition("/")[2] or metric),
                    task,
                    take(values, "of", TEXT, where, MAIN_SCORE),
                    take(values, "minus", TEXT, where),
                )
            )
    order = list(tasks)
    return tuple(sorted(columns, key=lambda column: order.index(column.task)))


def read_sweep(entry: dict | None, columns: Sequence[Column], path: Path) -> Sweep | None:
    """Return the figure, None without one.

    Args:
        entry: What the description says.
        columns: The table's columns.
        path: The description.

    Raises:
        ConfigError: When it says something unknown, or no column has its score.
    """
    if entry is None:
        return None
    where = f"`{path}`, sweep"
    check_keys(entry, {"title", "metric", "task", "log"}, where)
    metric = take(entry, "metric", TEXT, where, MAIN_SCORE)
    task = take(entry, "task", TEXT, where, columns[0].task)
    title, log = take(entry, "title", TEXT, where, ""), take(entry, "log", FLAG, where, False)
    for index, column in enumerate(columns):
        if (column.metric, column.task, column.minus) == (metric, task, None):
            return Sweep(title, index, log)
    raise ConfigError(f"{where}: no column shows `{metric}`" + (f" of `{task}`." if task else "."))
