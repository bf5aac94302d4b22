"""The runs of a table: one training with its test per row, task and seed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.ablation.configs import (
    check_score,
    final_config,
    fingerprint,
    known_scores,
    read_config,
    settings,
    translates,
)
from mmda.ablation.run import Key, Run
from mmda.ablation.table import Row, Table, Task
from mmda.errors import ConfigError
from mmda.tasks import TASKS

SOURCE_ROOT = "train_dataloader.dataset.source.data_root"


def plan(
    table: Table,
    work_dir: Path,
    seeds: Sequence[int],
    data: Mapping[tuple[str, int], Path | None],
    cfg_options: Mapping[str, Any],
) -> list[Run]:
    """Return all runs of a table, the first seed of all rows first.

    Args:
        table: The table.
        work_dir: The table's folder.
        seeds: The seeds.
        data: What the toy configs read by task and seed, None for data that exist.
        cfg_options: Overrides on top of the table's.

    Raises:
        ConfigError: When a config is faulty, or a column's score is none that the tests give.
    """
    planner = _Planner(table, work_dir, data, cfg_options)
    runs: dict[Key, Run] = {}
    for seed in seeds:
        for task in table.tasks.values():
            for row in table.rows.values():
                if task.name not in row.configs:
                    continue
                before = [
                    None if name is None else runs[name, task.name, seed]
                    for name in (row.start_from, row.translated_by)
                ]
                run = planner.make_run(row, task, seed, *before)
                runs[run.key] = run
                if seed == seeds[0]:
                    _check_scores(table, row, task, run.config)
    return list(runs.values())


@dataclass
class _Planner:
    """Makes the runs of a table, and reads each config file once."""

    table: Table
    work_dir: Path
    data: Mapping[tuple[str, int], Path | None]
    cfg_options: Mapping[str, Any]
    configs: dict[tuple[Path, Path | None], Config] = field(default_factory=dict)

    def make_run(
        self, row: Row, task: Task, seed: int, start: Run | None, translator: Run | None
    ) -> Run:
        data = self.data[task.name, seed]
        overrides = {
            **self.table.overrides,
            **task.overrides,
            **row.overrides,
            **row.task_overrides.get(task.name, {}),
            **self.cfg_options,
            "randomness.seed": seed,
        }
        if start is not None:
            overrides["load_from"] = str(start.checkpoint)
        path = row.configs[task.name]
        try:
            config = final_config(self._read(path, data), overrides)
            values = settings(config, data)
            if translator is not None:  # its images are not there yet, but what makes them is
                values["translated_by"] = _as_made(translator)
                config = _with_source(config, translator)
        except ConfigError as error:
            place = f"row `{row.name}`" + (f", task `{task.name}`" if task.name else "")
            raise ConfigError(f"`{self.table.path}`, {place} (`{path}`): {error}") from error
        if start is not None:
            values["load_from"] = _as_made(start)
        key = (row.name, task.name, seed)
        read = any(
            other.translated_by == row.name and task.name in other.configs
            for other in self.table.rows.values()
        )
        return Run(key, _folder(self.work_dir, key), config, values, start, translator, read)

    def _read(self, path: Path, data: Path | None) -> Config:
        if (path, data) not in self.configs:
            self.configs[path, data] = read_config(path, data)
        return self.configs[path, data]


def _folder(work_dir: Path, key: Key) -> Path:
    row, task, seed = key
    return work_dir.joinpath("runs", *(part for part in (row, task) if part), f"seed{seed}")


def _as_made(run: Run) -> str:
    """Identify a run that another builds on: wherever the table lies, but only if made alike."""
    return f"row {run.key[0]}, {fingerprint(run.settings)}"


def _with_source(config: Config, translator: Run) -> Config:
    """Return a config whose source is the one that a CycleGAN has translated."""
    if not translates(translator.config):
        raise ConfigError(
            f"`translated_by` names the row `{translator.key[0]}`, whose model is a "
            f"{translator.config.model.type}; expected a CycleGAN, such as those of configs/style."
        )
    if not _has_one_source(translator.config):
        raise ConfigError(
            f"`translated_by` names the row `{translator.key[0]}`, which must have a source of one "
            "dataset with a `data_root`, as it translates that folder."
        )
    if not _has_one_source(config):
        raise ConfigError(
            "`translated_by` needs a source of one dataset with a `data_root`, which it replaces."
        )
    return final_config(config, {SOURCE_ROOT: str(translator.translated)})


def _has_one_source(config: Config) -> bool:
    source = config.train_dataloader.dataset.source
    return source is not None and "data_root" in source


def with_starts(runs: Sequence[Run], rows: Collection[str]) -> list[Run]:
    """Return the runs of some rows, and those that they build on.

    Args:
        runs: All runs of a table, as :func:`plan` returns them.
        rows: Names of rows.
    """
    keys = {run.key for run in runs if run.key[0] in rows}
    for run in reversed(runs):  # a row builds on rows above it
        if run.key in keys:
            keys |= {before.key for before in run.builds_on}
    return [run for run in runs if run.key in keys]


def _check_scores(table: Table, row: Row, task: Task, config: Config) -> None:
    known = known_scores(config, TASKS[task.toy.task].classes if task.toy else None)
    for column in table.columns:
        if column.task == task.name:
            check_score(column.score, known, f"`{table.path}`, row `{row.name}`")


def check_unchanged(runs: Collection[Run]) -> None:
    """Raise a :class:`ConfigError` when the folder of a run holds one that was made otherwise."""
    changed = [(run, difference) for run in runs if (difference := run.differences())]
    if changed:
        run, difference = changed[0]
        names = ", ".join(run.name for run, _ in changed)
        raise ConfigError(
            f"{len(changed)} of the runs were made with other settings: {names}. The first in "
            f"`{run.folder}`: {'; '.join(difference[:3])}. Use --overwrite to train these anew, or "
            "give another --work-dir."
        )
