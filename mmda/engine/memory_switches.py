"""The switches that save memory, and which of them a GPU needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mmengine.config import Config

from mmda.engine.config_check import accepted_arguments, find_component
from mmda.engine.image_sizes import Size
from mmda.engine.launch import load_config
from mmda.engine.training_memory import TrainingMemory, training_memory

PLAIN, SEQUENTIAL, WITH_CP, BOTH = "plain", "sequential", "with_cp", "both"
SETTINGS = {
    PLAIN: "",
    SEQUENTIAL: "optim_wrapper.sequential=True",
    WITH_CP: "model.segmentor.backbone.with_cp=True",
    BOTH: "optim_wrapper.sequential=True model.segmentor.backbone.with_cp=True",
}
"""Overrides by name, from the fastest to the most sparing."""
CARDS = (11, 16, 24, 80)
"""Memory of GPUs, GiB."""
RESERVED = 1.0
"""GiB that the count leaves to the CUDA context, the workspaces of convolutions and gaps."""
GIB = 2**30


def count_settings(
    config_path: str | Path,
    cfg_options: dict | None = None,
    size: Size = (512, 512),
    card: float | None = None,
) -> dict[str, TrainingMemory]:
    """Count a config's memory with each of the switches that it has.

    Args:
        config_path: A config of a segmentor.
        cfg_options: Overrides of the config.
        size: As in :func:`~mmda.engine.training_memory.training_memory`.
        card: GiB of a GPU; the settings after the first that fits it are left out.

    Returns:
        The counts by the names of :data:`SETTINGS`.
    """
    config = load_config(config_path, cfg_options)
    found: dict[str, TrainingMemory] = {}
    for name in _settings(config):
        options = {**(cfg_options or {}), **_options(SETTINGS[name])}
        found[name] = training_memory(config_path, options, size)
        if card is not None and recommended(found, card):
            break
    return found


def recommended(counts: Mapping[str, TrainingMemory], card: float) -> str | None:
    """Return the fastest setting that fits a card, None where none does.

    Args:
        counts: The counts by setting.
        card: The GPU's memory, GiB.
    """
    limit = (card - RESERVED) * GIB
    return next((name for name in SETTINGS if name in counts and counts[name].total <= limit), None)


def _settings(config: Config) -> list[str]:
    """Return the settings that a model has: with two domains, and with a backbone that can."""
    backbone = find_component(config.model.segmentor.backbone.type)
    arguments = accepted_arguments(backbone) if backbone else None
    absent = set()
    if not config.model.get("alignments"):
        absent |= {SEQUENTIAL, BOTH}
    if arguments is not None and "with_cp" not in arguments:
        absent |= {WITH_CP, BOTH}
    return [name for name in SETTINGS if name not in absent]


def _options(overrides: str) -> dict[str, bool]:
    return {option.split("=")[0]: True for option in overrides.split()}
