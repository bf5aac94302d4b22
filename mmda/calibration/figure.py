"""Reliability diagrams."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mmda.calibration.reliability import BINS, Reliability
from mmda.errors import ConfigError
from mmda.utils.extras import require
from mmda.utils.files import atomic_path

SUFFIXES = (".png", ".pdf", ".svg", ".jpg")
COLOURS = ("#e07b39", "#3b82f6")  # before, after
Pairs = Mapping[str, tuple[Reliability, Reliability]]
"""Reliability before and after the calibration, by the name of the tiles."""


def check_figure(path: Path) -> None:
    """Raise a :class:`ConfigError` if a figure cannot be written to a path."""
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"The figure `{path}` must end in one of {', '.join(SUFFIXES)}.")
    require("matplotlib.figure", "The reliability diagram")


def reliability_figure(pairs: Pairs) -> Any:
    """Return a matplotlib figure: accuracy over confidence, and how many predictions have which.

    Bins on the diagonal are calibrated; those below it are overconfident.
    """
    figure = require("matplotlib.figure", "The reliability diagram").Figure(
        figsize=(4.4 * len(pairs), 5), dpi=120, layout="constrained"
    )
    axes = figure.subplots(2, len(pairs), squeeze=False, height_ratios=(3, 1), sharex=True)
    for (name, pair), (upper, lower) in zip(pairs.items(), axes.T, strict=True):
        upper.plot([0, 1], [0, 1], color="0.6", linewidth=1)
        for label, colour, one in zip(("before", "after"), COLOURS, pair, strict=True):
            text = f"{label}: ECE {100 * one.ece:.1f} %"
            known = one.counts > 0
            upper.plot(
                one.confidence[known], one.accuracy[known], "o-", color=colour, ms=4, label=text
            )
            edges = np.linspace(0, 1, BINS + 1)
            lower.stairs(one.counts / one.counts.sum(), edges, color=colour)
        upper.set(title=name, ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
        upper.legend(loc="upper left")
        lower.set(xlabel="confidence", ylabel="share")
    return figure


def write_figure(pairs: Pairs, path: Path) -> None:
    """Write :func:`reliability_figure` to a file, which appears when it is whole."""
    with atomic_path(path) as temporary:
        reliability_figure(pairs).savefig(temporary)
