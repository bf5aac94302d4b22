"""The trainings and tests in work dirs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.ablation.run import CONFIG_FILE, RUN_FILE, TRAIN, read_result
from mmda.engine.checkpoint import config_beside, latest_checkpoint
from mmda.engine.launch import load_config
from mmda.errors import ConfigError, MMDAError

RUNS = "runs"


@dataclass(frozen=True)
class FoundRun:
    """A training, a test, or both.

    Attributes:
        name: Name for people; runs of several seeds have one.
        folder: Folder of its logs, and of its checkpoints where it is a training.
        place: Its config file.
        checkpoint: Its newest checkpoint; ``None`` where there is none.
        task: Task of a table; empty elsewhere.
        seed: Seed of a table's run.
        scores: What its test gave, in percent; empty without one.
    """

    name: str
    folder: Path
    place: Path | None
    checkpoint: Path | None
    task: str = ""
    seed: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def config(self) -> Config | None:
        """Its config; ``None`` where there is none that can be read."""
        with suppress(MMDAError):
            return None if self.place is None else load_config(self.place)
        return None


def find_runs(work_dirs: Sequence[Path]) -> list[FoundRun]:
    """Return the runs in work dirs of ``mmda train`` and ``test``, and in folders of tables.

    Raises:
        ConfigError: When a folder does not exist or holds no run.
    """
    found: list[FoundRun] = []
    for folder in work_dirs:
        runs = _table_runs(folder) or _plain_runs(folder)
        if not runs:
            state = "holds no training, test or table" if folder.is_dir() else "does not exist"
            raise ConfigError(
                f"`{folder}` {state}. Give work dirs of `mmda train`, `test`, `ablation`, "
                "`compare` or `demo`."
            )
        found += runs
    return _joined(found)


def table_of(folder: Path) -> Path:
    """Return the folder of the table in a work dir, as of a demo; the work dir where it has none.

    Raises:
        ConfigError: When there are several tables.
    """
    files = [path for path in folder.rglob(RUN_FILE) if RUNS in path.parts]
    tables = sorted({_table(path) for path in files})
    if len(tables) > 1:
        listed = ", ".join(f"`{table}`" for table in tables)
        raise ConfigError(f"`{folder}` holds {len(tables)} tables: {listed}. Give one of them.")
    return tables[0] if tables else folder


def _table(run_file: Path) -> Path:
    parts = run_file.parts
    return Path(*parts[: len(parts) - 1 - parts[::-1].index(RUNS)])


def _table_runs(table: Path) -> list[FoundRun]:
    found = (_table_run(path.parent, table) for path in sorted(table.glob(f"{RUNS}/**/{RUN_FILE}")))
    return [run for run in found if run is not None]


def _table_run(folder: Path, table: Path) -> FoundRun | None:
    """Return a run of a table; ``None`` for one that has not begun."""
    row, *task, seed = folder.relative_to(table / RUNS).parts
    train = folder / TRAIN
    if not train.is_dir():
        return None
    return FoundRun(
        row,
        train,
        folder / CONFIG_FILE,
        latest_checkpoint(train),
        "/".join(task),
        int(seed.removeprefix("seed")),
        _finite(read_result(folder) or {}),
    )


def _plain_runs(folder: Path) -> list[FoundRun]:
    """Return the trainings and tests in and below a folder that is no table."""
    logs = {path.parent.parent for path in folder.rglob("vis_data") if path.is_dir()}
    return [_plain_run(one, folder) for one in sorted(logs)]


def _plain_run(folder: Path, given: Path) -> FoundRun:
    inside = folder.relative_to(given)
    name = str(inside) if inside.parts else folder.absolute().name
    checkpoint, place = latest_checkpoint(folder), None
    with suppress(ConfigError):
        place = config_beside(checkpoint) if checkpoint else None
    configs = sorted(folder.glob("*/vis_data/config.py"))
    place = place or (configs[-1] if configs else None)
    if checkpoint is None and place is not None:  # a test of a checkpoint that lies elsewhere
        tested = Path(str(Config.fromfile(str(place)).get("load_from") or ""))
        checkpoint = tested if tested.is_file() else None
    return FoundRun(name, folder, place, checkpoint, scores=_test_scores(folder))


def _test_scores(folder: Path) -> dict[str, float]:
    """Return the scores of the newest test that MMEngine has logged in a work dir."""
    files = [path for path in folder.glob("*/*.json") if path.stem == path.parent.name]
    for path in sorted(files, reverse=True):
        with suppress(ValueError, OSError):
            content = json.loads(path.read_text(encoding="utf-8"))
            if isinstance(content, dict) and "mIoU" in content:
                return _finite(content)
    return {}


def _finite(scores: Mapping[str, Any]) -> dict[str, float]:
    known = {name: value for name, value in scores.items() if isinstance(value, (int, float))}
    return {name: float(value) for name, value in known.items() if math.isfinite(value)}


def _joined(runs: Sequence[FoundRun]) -> list[FoundRun]:
    """Return the runs, tests joined to the trainings whose checkpoints they are of."""
    trained = {run.checkpoint.resolve(): run for run in runs if _owns(run) and run.checkpoint}
    joined = {id(run): run for run in runs}
    for run in runs:
        owner = trained.get(run.checkpoint.resolve()) if run.checkpoint else None
        if owner is not None and owner is not run:
            before = joined[id(owner)]
            joined[id(owner)] = FoundRun(
                before.name, before.folder, before.place, before.checkpoint, before.task,
                before.seed, run.scores or before.scores,
            )  # fmt: skip
            del joined[id(run)]
    return list(joined.values())


def _owns(run: FoundRun) -> bool:
    return run.checkpoint is not None and run.checkpoint.parent == run.folder
