"""Reads the rows of a table's description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmda.ablation.entries import check_keys, check_name
from mmda.ablation.table import Column, Row, Task
from mmda.errors import ConfigError

KEYS = {"name", "title", "config", "overrides", "published", "bounds", "x", "line"}


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
            exist, or has another number of published figures than there are columns.
    """
    rows: dict[str, Row] = {}
    for index, entry in enumerate(entries):
        where = f"`{path}`, rows[{index}]"
        check_keys(entry, KEYS, where)
        name = check_name(entry.get("name"), rows, where)
        own = tuple(entry.get("bounds", bounds))
        if len(own) != 2:
            raise ConfigError(f"{where}: expected `bounds` as two names of rows, but got {own}.")
        rows[name] = Row(
            name=name,
            title=entry.get("title", name.replace("_", " ")),
            configs=_configs(entry.get("config"), tasks, path, where),
            overrides=entry.get("overrides", {}),
            published=_published(entry.get("published"), len(columns), where),
            bounds=None if None in own else own,
            x=entry.get("x"),
            line=entry.get("line", ""),
        )
    return rows


def _configs(
    config: str | dict | None, tasks: Mapping[str, Task], path: Path, where: str
) -> dict[str, Path]:
    if config is None:
        return {}
    named = dict.fromkeys(tasks, config) if isinstance(config, str) else config
    check_keys(named, set(tasks), f"{where}, config")
    return {task: _find(name.replace("{task}", task), path, where) for task, name in named.items()}


def _find(name: str, path: Path, where: str) -> Path:
    """Return a config given relative to the description's folder or to one above it."""
    for folder in path.absolute().parents:
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(
        f"{where}: the config `{name}` does not exist. Give its path relative to the folder of "
        "the table or to one above it, e.g. `configs/toy/source_only.py`."
    )


def _published(figures: Any, columns: int, where: str) -> tuple[float | None, ...]:
    if figures is None:
        return (None,) * columns
    if len(figures) != columns:
        raise ConfigError(
            f"{where}: {len(figures)} published figures for {columns} columns. Give one per "
            "column, None where there is none."
        )
    return tuple(figures)
