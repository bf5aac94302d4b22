"""Completes the description of a table: each row and column for each task, configs as files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from mmda.ablation.table import NAM, Column, Description, Row, Sweep, Table, Task
from mmda.errors import ConfigError, did_you_mean
from mmda.utils.shipped_configs import PREFIX, config_file, configs_root


def complete(description: Description, path: Path) -> Table:
    """Return the table that a description stands for.

    Args:
        description: What the description says, entry by entry.
        path: Its file. Configs are looked for in its folder, in those above it, and in mmda's own.

    Raises:
        ConfigError: When an entry names a row, task, score or config that does not exist, or
            figures are missing.
    """
    tasks = _complete_tasks(description)
    columns = _complete_columns(description.columns, tasks, path)
    rows = {
        name: _complete_row(row, description, tasks, len(columns), path)
        for name, row in description.rows.items()
    }
    _check_references(description, rows, columns, path)
    _check_starts(rows, path)
    own = dict(path=path, tasks=tasks, columns=columns, rows=rows)
    if description.sweep is not None:
        own["sweep"] = _complete_sweep(description.sweep, columns, path)
    return Table.model_construct(**{**dict(description), **own})


def _complete_tasks(description: Description) -> dict[str, Task]:
    toy = description.toy
    if not description.tasks:
        return {"": Task(name="", toy=toy)}
    return {
        name: task.model_copy(update={"toy": task.toy or toy})
        for name, task in description.tasks.items()
    }


def _complete_columns(
    columns: Sequence[Column], tasks: Mapping[str, Task], path: Path
) -> tuple[Column, ...]:
    """Return the columns of each task, those of a task side by side."""
    for index, column in enumerate(columns):
        if column.task:
            _check_known(column.task, tasks, "task", f"`{path}`, `columns[{index}]`")
    return tuple(
        column.model_copy(update={"task": task})
        for task in tasks
        for column in columns
        if column.task in ("", task)
    )


def _complete_row(
    row: Row, description: Description, tasks: Mapping[str, Task], columns: int, path: Path
) -> Row:
    where = f"`{path}`, row `{row.name}`"
    one_for_all = "" in row.configs and "" not in tasks
    paths = dict.fromkeys(tasks, row.configs[""]) if one_for_all else row.configs
    for task in {**paths, **row.task_overrides}:
        _check_known(task, tasks, "task", where)
    if row.published and len(row.published) != columns:
        raise ConfigError(
            f"{where}: {len(row.published)} published figures for {columns} columns. Give one per "
            "column, None where there is none."
        )
    low, high = row.bounds or (description.source_only, description.target_only)
    return row.model_copy(
        update={
            "configs": {
                task: _find(str(name).replace("{task}", task), path, where)
                for task, name in paths.items()
            },
            "published": row.published or (None,) * columns,
            "bounds": None if low is None or high is None else (low, high),
        }
    )


def _find(name: str, path: Path, where: str) -> Path:
    """Return a config given relative to the description's folder or to one above it.

    ``configs/...`` names mmda's own wherever the description lies, and so does ``mmda::...``.
    """
    if name.startswith(PREFIX):
        return config_file(name)
    for folder in (*path.absolute().parents, configs_root().parent):
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(
        f"{where}: the config `{name}` does not exist. Give its path relative to the folder of "
        "the table or to one above it, or one of mmda's, such as `mmda::toy/source_only.py`."
    )


def _complete_sweep(sweep: Sweep, columns: Sequence[Column], path: Path) -> Sweep:
    task = sweep.task or columns[0].task
    if not any((c.metric, c.task, c.minus) == (sweep.metric, task, None) for c in columns):
        of = f" of `{task}`" if task else ""
        raise ConfigError(f"`{path}`, `sweep`: no column shows `{sweep.metric}`{of}.")
    return sweep.model_copy(update={"task": task})


def _check_references(
    description: Description, rows: Mapping[str, Row], columns: Sequence[Column], path: Path
) -> None:
    names = [description.source_only, description.target_only]
    names += [column.minus for column in columns]
    names += [name for row in rows.values() for name in row.bounds or ()]
    for name in names:
        if name is not None:
            _check_known(name, rows, "row", f"`{path}`")
    if any(c.metric == NAM for c in columns) and all(r.bounds is None for r in rows.values()):
        raise ConfigError(
            f"`{path}`: NAM needs `source_only` and `target_only`, the names of the rows that "
            "bound it."
        )


def _check_starts(rows: Mapping[str, Row], path: Path) -> None:
    """Check that rows build on rows above them that are trained for the same tasks."""
    above: list[str] = []
    for name, row in rows.items():
        for key in ("start_from", "translated_by"):
            _check_start(rows, row, key, getattr(row, key), above, path)
        above.append(name)


def _check_start(
    rows: Mapping[str, Row], row: Row, key: str, start: str | None, above: list[str], path: Path
) -> None:
    if start is None:
        return
    if start not in above:
        raise ConfigError(
            f"`{path}`, row `{row.name}`: `{key}` must name a row above, but got `{start}`."
            + (did_you_mean(start, above) or f" There are {', '.join(above) or 'none'}.")
        )
    if missing := set(row.configs) - set(rows[start].configs):
        raise ConfigError(
            f"`{path}`: `{key}` of row `{row.name}` is `{start}`, which has no config"
            + (f" for the tasks {sorted(missing)}." if missing != {""} else ".")
        )


def _check_known(name: str, known: Collection[str], what: str, where: str) -> None:
    if name not in known:
        hint = did_you_mean(name, known) or f" Expected one of {', '.join(known)}."
        raise ConfigError(f"{where}: there is no {what} `{name}`.{hint}")
