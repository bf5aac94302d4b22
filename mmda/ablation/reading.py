"""Reads and checks the description of a table, a config file of its own kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmda.ablation.entries import check_keys, check_name
from mmda.ablation.rows import read_rows
from mmda.ablation.table import MAIN_SCORE, NAM, Column, Sweep, Table, Task, Toy
from mmda.errors import ConfigError, did_you_mean
from mmda.tasks import TASKS
from mmda.toy.shift import make_shift

KEYS = {
    "title", "paper", "notes", "seeds", "toy", "tasks", "overrides", "columns", "rows",
    "source_only", "target_only", "sweep",
}  # fmt: skip


def read_table(path: str | Path) -> Table:
    """Read a table's description.

    Args:
        path: A Python config file; ``configs/ablation/README.md`` lists what it may say.

    Raises:
        ConfigError: When it is missing, unreadable, or says something unknown or twice.
    """
    path = Path(path)
    values = _load(path)
    check_keys(values, KEYS, f"`{path}`")
    for key in ("title", "columns", "rows"):
        if not values.get(key):
            raise ConfigError(f"`{path}` has no `{key}`; see configs/ablation/README.md.")
    bounds = (values.get("source_only"), values.get("target_only"))
    tasks = _read_tasks(values, path)
    columns = _read_columns(values["columns"], tasks, path)
    rows = read_rows(values["rows"], tasks, columns, bounds, path)
    _check_references(rows, columns, bounds, path)
    return Table(
        path=path,
        title=values["title"],
        paper=values.get("paper", ""),
        notes=tuple(values.get("notes", ())),
        seeds=read_seeds(values.get("seeds", (0,)), path),
        tasks=tasks,
        overrides=values.get("overrides", {}),
        columns=columns,
        rows=rows,
        target_only=bounds[1],
        sweep=_read_sweep(values.get("sweep"), columns, path),
    )


def _load(path: Path) -> dict[str, Any]:
    from mmengine.config import Config

    if not path.is_file():
        raise ConfigError(f"The table `{path}` does not exist. See the folder `configs/ablation`.")
    try:
        values = Config.fromfile(str(path)).to_dict()
    except Exception as error:  # a description is a program: it can fail in any way
        kind = type(error).__name__
        raise ConfigError(f"The table `{path}` cannot be read: {kind}: {error}.") from error
    return {key: value for key, value in values.items() if not key.startswith("_")}


def read_seeds(seeds: Sequence[int], where: object) -> tuple[int, ...]:
    """Return the seeds.

    Raises:
        ConfigError: When there are none, or one is negative, no integer, or given twice.
    """
    if not seeds or len(set(seeds)) < len(seeds) or not all(_is_seed(seed) for seed in seeds):
        raise ConfigError(f"`{where}`: expected different seeds from 0 on, but got {list(seeds)}.")
    return tuple(seeds)


def _is_seed(seed: object) -> bool:
    return isinstance(seed, int) and seed >= 0


def _read_tasks(values: dict, path: Path) -> dict[str, Task]:
    toy = _read_toy(values.get("toy"), path)
    if "tasks" not in values:
        return {"": Task("", "", toy, {})}
    tasks: dict[str, Task] = {}
    for entry in values["tasks"]:
        where = f"`{path}`, tasks[{len(tasks)}]"
        check_keys(entry, {"name", "title", "toy", "overrides"}, where)
        name = check_name(entry.get("name"), tasks, where)
        tasks[name] = Task(
            name,
            entry.get("title", name),
            _read_toy(entry.get("toy"), path) or toy,
            entry.get("overrides", {}),
        )
    return tasks


def _read_toy(entry: dict | None, path: Path) -> Toy | None:
    if entry is None:
        return None
    check_keys(entry, {"task", "shift", "values"}, f"`{path}`, toy")
    task = entry.get("task", "buildings")
    if task not in TASKS:
        raise ConfigError(
            f"`{path}`, toy: unknown task `{task}`; expected one of {', '.join(TASKS)}."
            + did_you_mean(task, TASKS)
        )
    toy = Toy(task, entry.get("shift", "default"), entry.get("values", {}))
    make_shift(toy.preset, toy.values)
    return toy


def _read_columns(entries: Sequence, tasks: Mapping[str, Task], path: Path) -> tuple[Column, ...]:
    columns: list[Column] = []
    for index, entry in enumerate(entries):
        where = f"`{path}`, columns[{index}]"
        values = {"metric": entry} if isinstance(entry, str) else entry
        check_keys(values, {"metric", "title", "task", "of", "minus"}, where)
        metric = values.get("metric")
        if not isinstance(metric, str):
            raise ConfigError(f"{where}: expected the name of a `metric`, but got `{metric}`.")
        for task in [values["task"]] if "task" in values else tasks:
            if task not in tasks:
                raise ConfigError(f"{where}: unknown task `{task}`." + did_you_mean(task, tasks))
            columns.append(
                Column(
                    metric,
                    values.get("title", metric.partition("/")[2] or metric),
                    task,
                    values.get("of", MAIN_SCORE),
                    values.get("minus"),
                )
            )
    # The columns of a task stand side by side.
    order = list(tasks)
    return tuple(sorted(columns, key=lambda column: order.index(column.task)))


def _check_references(
    rows: Mapping[str, Any], columns: Sequence[Column], bounds: tuple, path: Path
) -> None:
    names = [*bounds, *(column.minus for column in columns)]
    names += [name for row in rows.values() for name in row.bounds or ()]
    for name in names:
        if name is not None and name not in rows:
            raise ConfigError(f"`{path}`: there is no row `{name}`." + did_you_mean(name, rows))
    if any(c.metric == NAM for c in columns) and all(r.bounds is None for r in rows.values()):
        raise ConfigError(
            f"`{path}`: NAM needs `source_only` and `target_only`, the names of the rows that "
            "bound it."
        )


def _read_sweep(entry: dict | None, columns: Sequence[Column], path: Path) -> Sweep | None:
    if entry is None:
        return None
    where = f"`{path}`, sweep"
    check_keys(entry, {"title", "metric", "task", "log"}, where)
    metric, task = entry.get("metric", MAIN_SCORE), entry.get("task", columns[0].task)
    for index, column in enumerate(columns):
        if (column.metric, column.task, column.minus) == (metric, task, None):
            return Sweep(entry.get("title", ""), index, bool(entry.get("log", False)))
    raise ConfigError(f"{where}: no column shows `{metric}`" + (f" of `{task}`." if task else "."))
