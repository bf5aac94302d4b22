"""The table of ``mmda complexity --memory``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.utils.names import markdown_cell

if TYPE_CHECKING:
    from mmda.engine.training_memory import TrainingMemory


def format_memory(found: Mapping[str, Mapping[str, TrainingMemory]]) -> str:
    """Return the memory of configs as Markdown.

    Args:
        found: The counts by config, and by the names of
            :data:`~mmda.engine.memory_switches.SETTINGS`.
    """
    from mmda.engine.memory_switches import SEQUENTIAL, SETTINGS, WITH_CP

    lines = [
        memory_head("config"),
        *(memory_row(markdown_cell(Path(config).stem), counts) for config, counts in found.items()),
        "",
        "GiB, and the fastest setting that fits a GPU. Switches, after --cfg-options:",
        *(f"{name}: {SETTINGS[name]}" for name in (SEQUENTIAL, WITH_CP)),
    ]
    return "\n".join(lines)


def memory_head(first: str) -> str:
    """Return a table's head, whose first column has this name."""
    from mmda.engine.memory_switches import CARDS, SETTINGS

    columns = [first, *SETTINGS, *(f"for {card} GiB" for card in CARDS)]
    return "| " + " | ".join(columns) + " |\n|" + "---|" * len(columns)


def memory_row(name: str, counts: Mapping[str, TrainingMemory]) -> str:
    """Return a config's row: GiB by setting, and the setting that each card needs."""
    from mmda.engine.memory_switches import CARDS, GIB, SETTINGS, recommended

    sizes = [
        f"{counts[setting].total / GIB:.1f}" if setting in counts else "-" for setting in SETTINGS
    ]
    advice = [recommended(counts, card) or "none fits" for card in CARDS]
    return "| " + " | ".join([name, *sizes, *advice]) + " |"
