"""Reads and checks the description of a table, a config file of its own kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmda.ablation.columns import read_columns, read_sweep
from mmda.ablation.entries import (
    DICT,
    LIST,
    NUMBER,
    TEXT,
    check_keys,
    check_name,
    take,
    take_dict,
    take_list,
)
from mmda.ablation.rows import read_rows
from mmda.ablation.table import NAM, Column, Row, Table, Task, Toy
from mmda.errors import ConfigError, did_you_mean
from mmda.tasks import TASKS
from mmda.toy.shift import make_shift
from mmda.utils.shipped_configs import config_file

KEYS = {
    "title", "paper", "notes", "seeds", "toy", "tasks", "overrides", "columns", "rows",
    "source_only", "target_only", "sweep",
}  # fmt: skip


def read_table(path: str | Path) -> Table:
    """Read a table's description.

    Args:
        path: A Python config file, or the name of one that comes with mmda;
            ``configs/ablation/README.md`` lists what it may say.

    Raises:
        ConfigError: When it is missing, unreadable, says something unknown or twice, or a value is
            of the wrong kind.
    """
    path = config_file(path)
    values = _load(path)
    where = f"`{path}`"
    check_keys(values, KEYS, where)
    for key in ("title", "columns", "rows"):
        if not values.get(key):
            raise ConfigError(f"`{path}` has no `{key}`; see configs/ablation/README.md.")
    bounds = (take(values, "source_only", TEXT, where), take(values, "target_only", TEXT, where))
    tasks = _read_tasks(values, path)
    columns = read_columns(take(values, "columns", LIST, where), tasks, path)
    rows = read_rows(take_list(values, "rows", DICT, where), tasks, columns, bounds, path)
    _check_references(rows, columns, bounds, path)
    _check_starts(rows, path)
    return Table(
        path=path,
        title=take(values, "title", TEXT, where),
        paper=take(values, "paper", TEXT, where, ""),
        notes=take_list(values, "notes", TEXT, where),
        seeds=read_seeds(take(values, "seeds", LIST, where, (0,)), path),
        tasks=tasks,
        overrides=take_dict(values, "overrides", where),
        columns=columns,
        rows=rows,
        target_only=bounds[1],
        sweep=read_sweep(values.get("sweep"), columns, path),
    )


def _load(path: Path) -> dict[str, Any]:
    from mmengine.config import Config

    import mmda.registry  # noqa: F401  (it makes `mmda::...` known to MMEngine)

    if not path.is_file():
        raise ConfigError(
            f"The table `{path}` does not exist. `mmda configs ablation` lists mmda's own."
        )
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
    if not (seeds and all(map(_is_seed, seeds)) and len(set(seeds)) == len(seeds)):
        raise ConfigError(f"`{where}`: expected different seeds from 0 on, but got {list(seeds)}.")
    return tuple(seeds)


def _is_seed(seed: object) -> bool:
    return isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0


def _read_tasks(values: dict, path: Path) -> dict[str, Task]:
    toy = _read_toy(values.get("toy"), path)
    if "tasks" not in values:
        return {"": Task("", "", toy, {})}
    entries = take_list(values, "tasks", DICT, f"`{path}`")
    if not entries:
        raise ConfigError(f"`{path}`: `tasks` is empty. Name a task, or leave it out.")
    tasks: dict[str, Task] = {}
    for entry in entries:
        where = f"`{path}`, tasks[{len(tasks)}]"
        check_keys(entry, {"name", "title", "toy", "overrides"}, where)
        name = check_name(entry.get("name"), tasks, where)
        tasks[name] = Task(
            name,
            take(entry, "title", TEXT, where, name),
            _read_toy(entry.get("toy"), path) or toy,
            take_dict(entry, "overrides", where),
        )
    return tasks


def _read_toy(entry: dict | None, path: Path) -> Toy | None:
    if entry is None:
        return None
    where = f"`{path}`, toy"
    check_keys(entry, {"task", "shift", "values"}, where)
    task = take(entry, "task", TEXT, where, "buildings")
    if task not in TASKS:
        raise ConfigError(
            f"{where}: unknown task `{task}`; expected one of {', '.join(TASKS)}."
            + did_you_mean(task, TASKS)
        )
    shift = take(entry, "shift", TEXT, where, "default")
    toy = Toy(task, shift, take_dict(entry, "values", where, NUMBER))
    make_shift(toy.preset, toy.values)
    return toy


def _check_references(
    rows: Mapping[str, Row], columns: Sequence[Column], bounds: tuple, path: Path
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


def _check_starts(rows: Mapping[str, Row], path: Path) -> None:
    """Each row that starts from another has it for each of its tasks."""
    for row in rows.values():
        missing = set(row.configs) - set(rows[row.start_from].configs) if row.start_from else set()
        if missing:
            raise ConfigError(
                f"`{path}`: row `{row.name}` starts from `{row.start_from}`, which has no config"
                + (f" for the tasks {sorted(missing)}." if missing != {""} else ".")
            )
