"""The repository's configs, found by glob, so that a new config is tested for free."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mmengine.config import Config

from mmda.ablation import read_table
from mmda.ablation.data import data_folders
from mmda.ablation.runs import Run, plan
from mmda.engine.launch import load_config

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
# Bases are no configs of their own, ablation tables describe runs of others, and the models of
# `style` are no segmentors: tests/style looks at them.
OTHERS = {"_base_", "ablation", "style"}
LEAVES = sorted(p for p in CONFIGS.rglob("*.py") if not OTHERS & set(p.relative_to(CONFIGS).parts))
FOLDERS = ("source_only", "target_only", "uda")
STYLE = sorted((CONFIGS / "style").glob("*.py"))
FULL_SCALE = [path for path in LEAVES if path.relative_to(CONFIGS).parts[0] in FOLDERS]


def name(path: Path) -> str:
    """Return the path below ``configs``, for the tests' messages."""
    return path.relative_to(CONFIGS).as_posix()


@cache
def load(path: Path) -> Config:
    """Load and check a config once; callers must not change it."""
    return load_config(path)


def sources(config: Config) -> list:
    """Return the source's datasets: several where translated images stand beside its own."""
    source = config.train_dataloader.dataset.source
    return [] if source is None else source.get("datasets", [source])


@cache
def plan_once(table: Path) -> list[Run]:
    """Plan a table once, in a folder that is not there; callers must not change the runs."""
    described, folder = read_table(table), Path("/nowhere")
    data = data_folders(described, (0,), folder / "cities")
    return plan(described, folder / "work", (0,), data, {})


def planned_runs(table: Path, task: str = "") -> dict[str, Run]:
    """Return the runs of a table's rows on one task."""
    return {run.key[0]: run for run in plan_once(table) if run.key[1] == task}
