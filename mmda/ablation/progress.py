"""How far a training is, read from what it logs."""

from __future__ import annotations

import json
from pathlib import Path

TAIL = 4096  # bytes: many lines of scalars


def last_iteration(train_dir: Path) -> int:
    """Return the last iteration that a training logged, 0 before the first."""
    files = sorted(train_dir.glob("*/vis_data/scalars.json"))
    return max((_last_step(path) for path in files[-2:]), default=0)


def _last_step(path: Path) -> int:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        lines = file.read().decode(errors="replace").splitlines()
    steps = [record["step"] for line in lines if "loss" in (record := _record(line))]
    return int(steps[-1]) if steps else 0


def _record(line: str) -> dict:
    try:
        record = json.loads(line)
    except json.JSONDecodeError:  # cut off at the start, or half written
        return {}
    return record if isinstance(record, dict) and "step" in record else {}


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").rstrip().splitlines()[-lines:])
