"""The repository's configs, found by glob, so that a new config is tested for free."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mmengine.config import Config

from mmda.engine.launch import load_config

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
# Bases are no configs of their own, ablation tables describe runs of others, and the models of
# `style` are no segmentors: tests/style looks at them.
OTHERS = {"_base_", "ablation", "style"}
LEAVES = sorted(p for p in CONFIGS.rglob("*.py") if not OTHERS & set(p.relative_to(CONFIGS).parts))
FOLDERS = ("source_only", "target_only", "uda")
FULL_SCALE = [path for path in LEAVES if path.relative_to(CONFIGS).parts[0] in FOLDERS]


def name(path: Path) -> str:
    """Return the path below ``configs``, for the tests' names."""
    return path.relative_to(CONFIGS).as_posix()


@cache
def load(path: Path) -> Config:
    """Load and check a config once; callers must not change it."""
    return load_config(path)
