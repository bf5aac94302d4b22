"""The ground sample distances of a pair."""

from __future__ import annotations

from mmda.raster.dataset.domain import TiledDomain

TOLERANCE = 1.1  # ratio of two GSDs that counts as equal


def scale_warnings(
    source: TiledDomain, target: TiledDomain, gsds: tuple[float | None, float | None]
) -> list[str]:
    """Return warnings about scales that differ or are unknown, with the remedy."""
    warnings = [
        f"The ground sample distance of the {name} `{domain.root}` is unknown: check that objects "
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
            f"by a factor of {ratio:.2g}. For a common scale, tile `{fine.root}` again with the "
            f"same command, `--gsd {max(own, other):g}` and another output folder."
        )
    return warnings
