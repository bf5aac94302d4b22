"""t-SNE of the features of both domains, before and after the adaptation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mmda.models.segmentors import UDASegmentor
from mmda.report.plane import scatter
from mmda.reporting.runs import FoundRun
from mmda.visualisation.domains import open_domain, spread_pairs
from mmda.visualisation.tsne import Pair, choose_pixels, collect_points, embed

IMAGES = 4  # per domain
DARK = 60  # a colour's lightest part that cannot be seen on a dark page


def image_pairs(run: FoundRun, seen_by: FoundRun | None = None) -> list[Pair]:
    """Return images of both domains: training images of the source, test images of the target.

    Args:
        run: The run whose config names the data.
        seen_by: The run in whose colours they are shown; by default ``run``.

    Raises:
        MMDAError: When the config lacks a domain, or its data are not there.
    """
    assert run.config is not None
    looks = None if seen_by is None else seen_by.config
    source = open_domain(run.config, "source", "test", looks)
    target = open_domain(run.config, "target", "test", looks)
    return list(spread_pairs(source, target, min(IMAGES, len(source), len(target))))


def planes(
    runs: Mapping[str, tuple[FoundRun, UDASegmentor]],
    names: Mapping[str, str],
    count: int,
    seed: int,
) -> dict[str, str]:
    """Return a plane per run as SVG, of the same images.

    Args:
        runs: The runs by key, with their models.
        names: Names for people by key.
        count: Number of pixels per domain.
        seed: Of the pixels, and of t-SNE.

    Raises:
        MMDAError: When a config lacks a domain.
    """
    first, _ = next(iter(runs.values()))
    assert first.config is not None
    palette = open_domain(first.config, "target", "test").metainfo["palette"]
    colours = [_css(colour) for colour in palette]
    drawn = {}
    for key, (run, model) in runs.items():
        pairs = image_pairs(first, run)
        generator = np.random.default_rng(seed)  # the same pixels where images have the same size
        share = -(-count // len(pairs))
        places = [tuple(choose_pixels(one, share, generator) for one in pair) for pair in pairs]
        points = collect_points(model, pairs, places, "features")  # type: ignore[arg-type]
        at = embed(points, seed=seed)
        both = {domain: (at[domain], one.classes) for domain, one in points.items()}
        drawn[key] = scatter(both, colours, f"t-SNE of the features of {names[key]}")
    return drawn


def _css(colour: Sequence[int]) -> str:
    """Return a class's colour; that of the text for one that is nearly black."""
    return "currentColor" if max(colour) < DARK else "#{:02x}{:02x}{:02x}".format(*colour)
