"""Small charts as inline SVG, in the colour of the page's text."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from mmda.utils.extras import require

TEXT = "#010203"
"""Stands for the page's text colour until the SVG is written."""


def inline_svg(name: str, draw: Callable[[Any], None], size: tuple[float, float]) -> str:
    """Return a chart as an SVG element. Equal charts of equal names give equal text.

    Args:
        name: Makes the ids of the element unique in the page.
        draw: Draws on matplotlib axes.
        size: Width and height in inches.

    Raises:
        ConfigError: When matplotlib is missing.
    """
    matplotlib = require("matplotlib")
    figure_class = require("matplotlib.figure").Figure
    style = {
        "svg.fonttype": "none", "svg.hashsalt": name, "font.size": 9,
        "text.color": TEXT, "axes.labelcolor": TEXT, "axes.edgecolor": TEXT,
        "xtick.color": TEXT, "ytick.color": TEXT, "axes.linewidth": 0.6,
    }  # fmt: skip
    with matplotlib.rc_context(style):
        figure = figure_class(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        draw(axes)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.15, color=TEXT, linewidth=0.6)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].replace(TEXT, "currentColor")
    for reference in ('id="', "url(#", 'href="#'):
        svg = svg.replace(reference, f"{reference}{name}-")
    return svg
