"""Reads the rows of a table's description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mmda.ablation.entries import (
    DICT,
    FIGURE,
    NUMBER,
    TEXT,
    Kind,
    check_keys,
    check_name,
    take,
    take_dict,
    take_list,
)
from mmda.ablation.table import Column, Row, Task
from mmda.errors import ConfigError, did_you_mean
from mmda.utils.shipped_configs import PREFIX, config_file, configs_root

KEYS = {
    "name", "title", "config", "overrides", "task_overrides", "start_from", "published", "bounds",
    "x", "line",
}  # fmt: skip
PATHS = Kind((Mapping,), "a path in quotes, or dict(...) of paths by task")


def read_rows(
    entries: Sequence[dict],
    tasks: Mapping[str, Task],
    columns: Sequence[Column],
    bounds: tuple[str | None, str | None],
    path: Path,
) -> dict[str, Row]:
    """Return the rows by name, from top to bottom.

    Args:
        entries: What the description says.
        tasks: The table's tasks.
        columns: The table's columns.
        bounds: Names of the table's source-only and target-only row.
        path: The description.

    Raises:
        ConfigError: When a row says something unknown, stands twice, names a config that does not
            exist, starts from no row above it, has another number of published figures than there
            are columns, or has a value of the wrong kind.
    """
    rows: dict[str, Row] = {}
    for index, entry in enumerate(entries):
        where = f"`{path}`, rows[{index}]"
        check_keys(entry, KEYS, where)
        name = check_name(entry.get("name"), rows, where)
        low, high = _bounds(entry["bounds"], where) if "bounds" in entry else bounds
        rows[name] = Row(
            name=name,
            title=take(entry, "title", TEXT, where, name.replace("_", " ")),
            configs=_configs(entry.get("config"), tasks, path, where),
            overrides=take_dict(entry, "overrides", where),
            task_overrides=_task_overrides(entry, tasks, where),
            start_from=_start_from(entry, rows, where),
            published=_published(entry, len(columns), where),
            bounds=None if low is None or high is None else (low, high),
            x=take(entry, "x", NUMBER, where),
            line=take(entry, "line", TEXT, where, ""),
        )
    return rows


def _bounds(names: object, where: str) -> tuple[str, str]:
    if (
        not isinstance(names, (list, tuple))
        or len(names) != 2
        or not all(isinstance(name, str) for name in names)
    ):
        raise ConfigError(
            f"{where}: expected `bounds` as two names of rows, but got `{names!r}`. Leave it out "
            "to take the table's `source_only` and `target_only`."
        )
    return names[0], names[1]


def _start_from(entry: dict, above: Mapping[str, Row], where: str) -> str | None:
    name = take(entry, "start_from", TEXT, where)
    if name is not None and name not in above:
        raise ConfigError(
            f"{where}: `start_from` must name a row above, but got `{name}`."
            + (did_you_mean(name, above) or f" There are {', '.join(above) or 'none'}.")
        )
    return name


def _task_overrides(entry: dict, tasks: Mapping[str, Task], where: str) -> dict[str, dict]:
    overrides = take_dict(entry, "task_overrides", where, DICT)
    check_keys(overrides, set(tasks), f"{where}, task_overrides")
    return {task: take_dict(overrides, task, f"{where}, task_overrides") for task in overrides}


def _configs(config: object, tasks: Mapping[str, Task], path: Path, where: str) -> dict[str, Path]:
    if config is None:
        return {}
    named = dict.fromkeys(tasks, config) if isinstance(config, str) else config
    PATHS.check(named, f"{where}, `config`")
    assert isinstance(named, Mapping)
    check_keys(named, set(tasks), f"{where}, config")
    for task, name in named.items():
        TEXT.check(name, f"{where}, `config`, `{task}`")
    return {task: _find(name.replace("{task}", task), path, where) for task, name in named.items()}


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
        "the table or to one above it, or one of mmda's own, e.g. `mmda::toy/source_only.py`."
    )


def _published(entry: dict, columns: int, where: str) -> tuple[float | None, ...]:
    if entry.get("published") is None:
        return (None,) * columns
    figures = take_list(entry, "published", FIGURE, where)
    if len(figures) != columns:
        raise ConfigError(
            f"{where}: {len(figures)} published figures for {columns} columns. Give one per "
            "column, None where there is none."
        )
    return figures
