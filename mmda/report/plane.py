"""Points and footprints in a plane, as small inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

SIDE = 300  # units of the drawing
MARKS = {"source": "h0", "target": "m-3 0h6m-3-3v6"}
"""Pen strokes: a dot for the source, a cross for the target."""
Points = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Domain -> positions (M, 2) and classes (M,)."""


def scatter(points: Points, colours: Sequence[str], alt: str) -> str:
    """Return points of both domains as an SVG element.

    Args:
        points: The points by domain.
        colours: A CSS colour per class.
        alt: What it shows.
    """
    every = np.concatenate([places for places, _ in points.values()])
    low, span = every.min(0), max(float(np.ptp(every, axis=0).max()), 1e-9)
    parts = []
    for domain, (places, classes) in points.items():
        scaled = np.rint((places - low) / span * (SIDE - 12) + 6).astype(int)
        for index in np.unique(classes):
            chosen = scaled[classes == index]
            strokes = "".join(f"M{x} {y}{MARKS[domain]}" for x, y in chosen.tolist())
            width = 5 if domain == "source" else 1.3
            parts.append(f'<path d="{strokes}" stroke="{colours[index]}" stroke-width="{width}"/>')
    return _svg("".join(parts), f"0 0 {SIDE} {SIDE}", alt, 'fill="none" stroke-linecap="round"')


def footprints(corners: Mapping[str, np.ndarray], colours: Mapping[str, str], alt: str) -> str:
    """Return quadrilaterals on the ground as an SVG element, north up.

    Args:
        corners: Set -> corners (N, 4, 2), east and north.
        colours: A CSS colour per set.
        alt: What it shows.
    """
    every = np.concatenate([one.reshape(-1, 2) for one in corners.values()])
    low, high = every.min(0), every.max(0)
    scale = SIDE / max(float((high - low).max()), 1e-9)
    width, height = ((high - low) * scale + 2).tolist()
    parts = []
    for name, areas in corners.items():
        placed = np.stack([areas[..., 0] - low[0], high[1] - areas[..., 1]], -1) * scale + 1
        shapes = "".join(
            "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in area) + "z" for area in placed.tolist()
        )
        colour = colours[name]
        parts.append(f'<path d="{shapes}" fill="{colour}" stroke="{colour}" fill-opacity=".35"/>')
    return _svg("".join(parts), f"0 0 {width:.0f} {height:.0f}", alt, 'stroke-width=".8"')


def _svg(content: str, box: str, alt: str, style: str) -> str:
    return f'<svg viewBox="{box}" role="img" aria-label="{escape(alt)}" {style}>{content}</svg>'
