"""Where runs were trained, and in which settings they differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.ablation.configs import settings
from mmda.reporting.runs import FoundRun
from mmda.toy.city import RECORD

HEADING, LINE = "System environment:", "-" * 20
LEFT_OUT = ("PyTorch compiling details", "TorchVision", "GCC", "MUSA available")


def environment(run: FoundRun) -> dict[str, str]:
    """Return what a run's newest log says of the machine and the versions; empty without a log."""
    for path in sorted(run.folder.glob("*/*.log"), reverse=True):
        text = path.read_text(encoding="utf-8", errors="replace")
        if HEADING in text:
            return _facts(text.partition(HEADING)[2].partition(LINE)[0])
    return {}


def _facts(block: str) -> dict[str, str]:
    facts = {}
    for line in block.splitlines():
        name, colon, value = line.strip().partition(": ")
        indented = len(line) - len(line.lstrip()) == 4  # deeper lines are details
        if colon and indented and not name.startswith(LEFT_OUT):
            facts[name] = value
    return facts


def differences(configs: Mapping[str, Config]) -> list[tuple[str, list[str]]]:
    """Return the settings in which runs differ, each with the value of every run.

    Settings that do not change the result, such as the log's interval, are left out; folders of
    data are numbers.

    Args:
        configs: The configs by name of the run.
    """
    if len(configs) < 2:
        return []
    all_of = [_short(settings(config, None)) for config in configs.values()]
    names = dict.fromkeys(name for values in all_of for name in values)
    found = [(name, [values.get(name, "–") for values in all_of]) for name in names]  # noqa: RUF001
    return [one for one in found if len(set(one[1])) > 1]


def _short(values: Mapping[str, str]) -> dict[str, str]:
    """Return settings with lists, such as a pipeline, as one value."""
    joined: dict[str, list[str]] = {}
    for key, value in values.items():
        if key.startswith("data.") or key.endswith("_scope_"):  # they tell people nothing
            continue
        head, numbers, tail = _cut(key)
        joined.setdefault(head, []).append(f"{tail}={value}" if numbers else value)
    return {key: ", ".join(parts) for key, parts in joined.items()}


def _cut(key: str) -> tuple[str, bool, str]:
    """Return the part of a dotted key before its first number, and what follows it."""
    parts = key.split(".")
    for place, part in enumerate(parts):
        if part.isdigit():
            return ".".join(parts[:place]), True, ".".join(parts[place + 1 :])
    return key, False, ""


def toy_parameters(config: Config) -> dict[str, Any]:
    """Return what the cities of a generated task were made with; empty for other data."""
    described = (config.get("test_dataloader") or {}).get("dataset") or {}
    path = Path(str(described.get("data_root"))).parent.parent / "cities" / RECORD
    with suppress(OSError, ValueError):
        made = json.loads(path.read_text(encoding="utf-8"))
        return {name: made[name] for name in ("seed", "size", "scenes", "shift") if name in made}
    return {}
