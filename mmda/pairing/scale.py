"""The ground sample distances of a pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mmda.raster.dataset.domain import TiledDomain

Rows = Sequence[Mapping[str, Any]]
TOLERANCE = 1.1  # ratio of two GSDs that counts as equal


def typical_gsd(rows: Rows) -> float | None:
    """Return the median metres per pixel of the tiles, or ``None`` when none is known."""
    known = [row["gsd"] for row in rows if row["gsd"] is not None]
    return float(np.median(known)) if known else None


def scale_warnings(
    source: TiledDomain, target: TiledDomain, gsds: tuple[float | None, float | None]
) -> list[str]:
    """Say where the scales differ or are unknown, and how to bring them together."""
    warnings = [
        f"The {name} `{domain.root}` does not tell its ground sample distance: check that objects "
        "have the same size in both domains, or tile again with --nominal-gsd."
        for name, domain, gsd in zip(("source", "target"), (source, target), gsds, strict=True)
        if gsd is None
    ]
    own, other = gsds
    if own is None or other is None:
        return warnings
    ratio = max(own, other) / min(own, other)
    if ratio > TOLERANCE:
        fine = source if own < other else target
        warnings.append(
            f"The source has {own:g} m/pixel, the target {other:g} m/pixel: objects differ in size "
            f"by {ratio:.2g}. For a common scale tile `{fine.root}` again: the same command with "
            f"`--gsd {max(own, other):g}` and another output folder."
        )
    return warnings
