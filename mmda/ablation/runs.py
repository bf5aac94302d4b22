"""The runs of a table: one training with its test per row, task and seed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.ablation.configs import check_score, final_config, fingerprint, known_scores, settings
from mmda.ablation.table import Row, Table, Task
from mmda.errors import ConfigError
from mmda.tasks import TASKS
from mmda.utils import atomic_path, atomic_write_text

RUN_FILE, RESULT_FILE, CONFIG_FILE, TRAIN = "run.json", "result.json", "config.py", "train"
Key = tuple[str, str, int]
"""Row, task and seed."""


@dataclass(frozen=True)
class Run:
    """One training with its test.

    Attributes:
        key: Row, task and seed.
        folder: Where everything of it goes.
        config: Its final config.
        settings: What its result depends on, see :func:`mmda.ablation.configs.settings`.
        start_from: The run whose last checkpoint it starts from, if any.
    """

    key: Key
    folder: Path
    config: Config
    settings: Mapping[str, str]
    start_from: Run | None = None

    @property
    def name(self) -> str:
        """Name for people."""
        row, task, seed = self.key
        return "/".join(part for part in (row, task, f"seed{seed}") if part)

    @property
    def iterations(self) -> int:
        """Length of the training."""
        return int(self.config.train_cfg.max_iters)

    @property
    def checkpoint(self) -> Path:
        """The training's last checkpoint."""
        return self.folder / TRAIN / f"iter_{self.iterations}.pth"

    @property
    def log(self) -> Path:
        """What training and test print."""
        return self.folder / "log.txt"

    def result(self) -> dict[str, float] | None:
        """Return the scores, None when the run is not finished or was made otherwise."""
        if (content := read_result(self.folder)) is None or self.differences():
            return None
        return content

    def differences(self) -> list[str]:
        """Return how the run in the folder differs from this one, empty where it does not."""
        path = self.folder / RUN_FILE
        if not path.is_file():
            return []
        before = json.loads(path.read_text(encoding="utf-8"))["settings"]
        return [
            f"{key}: {before.get(key, 'absent')} -> {self.settings.get(key, 'absent')}"
            for key in sorted({*before, *self.settings})
            # Data that are, or were, not there tell nothing.
            if before.get(key) != self.settings.get(key)
            and not (key.startswith("data.") and "" in (before.get(key), self.settings.get(key)))
        ]

    def prepare(self) -> None:
        """Write what the worker reads; a run made otherwise is deleted first."""
        if self.differences():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(self.folder / CONFIG_FILE) as temporary:
            self.config.dump(temporary)
        content = {"fingerprint": fingerprint(self.settings), "settings": dict(self.settings)}
        atomic_write_text(self.folder / RUN_FILE, json.dumps(content, indent=1) + "\n")


def read_result(folder: Path) -> dict[str, float] | None:
    """Return the scores of the finished run in ``folder``, else None."""
    path = folder / RESULT_FILE
    return json.loads(path.read_text(encoding="utf-8"))["scores"] if path.is_file() else None


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
    runs: dict[Key, Run] = {}
    for seed in seeds:
        for task in table.tasks.values():
            for row in table.rows.values():
                if task.name not in row.configs:
                    continue
                key = (row.name, task.name, seed)
                start = None if row.start_from is None else runs[row.start_from, task.name, seed]
                folder = data[task.name, seed]
                runs[key] = _make_run(table, key, work_dir, folder, cfg_options, start)
                if seed == seeds[0]:
                    _check_scores(table, row, task, runs[key].config)
    return list(runs.values())


def run_folder(work_dir: Path, key: Key) -> Path:
    """Return the folder of a run."""
    row, task, seed = key
    return work_dir.joinpath("runs", *(part for part in (row, task) if part), f"seed{seed}")


def _make_run(
    table: Table,
    key: Key,
    work_dir: Path,
    data: Path | None,
    cfg_options: Mapping[str, Any],
    start: Run | None,
) -> Run:
    row, task, seed = table.rows[key[0]], table.tasks[key[1]], key[2]
    own = {**row.overrides, **row.task_overrides.get(task.name, {})}
    overrides = {**table.overrides, **task.overrides, **own, **cfg_options}
    if start is not None:
        overrides["load_from"] = str(start.checkpoint)
    path = row.configs[task.name]
    try:
        config = final_config(path, {**overrides, "randomness.seed": seed}, data)
    except ConfigError as error:
        place = f"row `{row.name}`" + (f", task `{task.name}`" if task.name else "")
        raise ConfigError(f"`{table.path}`, {place} (`{path}`): {error}") from error
    values = settings(config, data)
    if start is not None:  # wherever the table lies, but only if trained alike
        values["load_from"] = f"row {start.key[0]}, {fingerprint(start.settings)}"
    return Run(key, run_folder(work_dir, key), config, values, start)


def with_starts(runs: Sequence[Run], rows: Collection[str]) -> list[Run]:
    """Return the runs of some rows, and those that they start from.

    Args:
        runs: All runs of a table, as :func:`plan` returns them.
        rows: Names of rows.
    """
    keys = {run.key for run in runs if run.key[0] in rows}
    for run in reversed(runs):  # a row starts from one above it
        if run.key in keys and run.start_from is not None:
            keys.add(run.start_from.key)
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
