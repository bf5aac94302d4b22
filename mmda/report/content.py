"""What a report shows; a part that is empty is left out of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmda.report.curves import Curves
from mmda.report.gallery import Gallery, Stored, View
from mmda.report.reliability import BinnedPredictions
from mmda.report.table import RunRow

Interval = tuple[float, float]
"""Lower and upper end of a score in percent."""


@dataclass(frozen=True)
class Choice:
    """A choice among models without target labels.

    Attributes:
        why: Which model is chosen, and why.
        criteria: Names of the criteria.
        models: Per model its name, its values and, where it may not be chosen, why not.
        disagreements: The criteria that would choose another, and its name.
    """

    why: str
    criteria: Sequence[str]
    models: Sequence[tuple[str, Sequence[float | None], str | None]]
    disagreements: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Swipe:
    """An image under two maps, of which one is uncovered from the left.

    Attributes:
        image: The image.
        layers: What may lie over it, by name; the first two are shown at first.
        caption: Text below it.
    """

    image: Stored
    layers: Mapping[str, Stored]
    caption: str


@dataclass(frozen=True)
class Panel:
    """Views that belong together, side by side.

    Attributes:
        title: Heading.
        views: The views.
    """

    title: str
    views: Sequence[View]


@dataclass(frozen=True)
class Domain:
    """The data of one domain.

    Attributes:
        name: Name of the domain.
        facts: What is known of it, by title.
        shares: Share of every class in percent, of each set that may be looked at.
        places: Where its tiles lie, as SVG; empty where nobody knows.
    """

    name: str
    facts: Mapping[str, str]
    shares: Mapping[str, Mapping[str, float]]
    places: str = ""


@dataclass
class Report:
    """All parts of a report.

    Attributes:
        title: Heading of the page.
        subtitle: What the scores are of.
        rows: The runs with their scores.
        nam: Normalised adaptation metric in percent.
        nam_interval: Its interval.
        scored: How the intervals were made; empty without any.
        choice: The choice without target labels.
        gallery: The pictures.
        legend: Names and colours of the painted classes.
        swipe: The comparison of maps.
        errors: Where the maps are wrong.
        tiles: Tiles that are mapped best and worst.
        confusion: Share of each true class by predicted class, in percent, (C, C), by run.
        classes: Names of the classes.
        reliability: Predictions in bins by confidence, by run.
        losses: Curves of losses by run.
        metrics: Curves of all else by run.
        planes: t-SNE of each run as SVG.
        groups: Groups of models that have some.
        matches: Matched instances of models that match some.
        domains: The data.
        environment: Where the runs were trained, by run.
        differences: Settings in which runs differ: name, and value per run of ``compared``.
        compared: Names of the runs of ``differences``.
        parameters: Other settings; dicts may be nested.
        missing: What the page does not show, and how to get it.
        notes: Paragraphs at the end.
    """

    title: str
    rows: Sequence[RunRow]
    subtitle: str = ""
    nam: float | None = None
    nam_interval: Interval | None = None
    scored: str = ""
    choice: Choice | None = None
    gallery: Gallery = field(default_factory=Gallery)
    legend: Sequence[tuple[str, Sequence[int]]] = ()
    swipe: Swipe | None = None
    errors: Sequence[View] = ()
    tiles: Sequence[Panel] = ()
    confusion: Mapping[str, np.ndarray] = field(default_factory=dict)
    classes: Sequence[str] = ()
    reliability: Mapping[str, BinnedPredictions] = field(default_factory=dict)
    losses: Mapping[str, Curves] = field(default_factory=dict)
    metrics: Mapping[str, Curves] = field(default_factory=dict)
    planes: Mapping[str, str] = field(default_factory=dict)
    groups: Sequence[Panel] = ()
    matches: Sequence[Panel] = ()
    domains: Sequence[Domain] = ()
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    differences: Sequence[tuple[str, Sequence[str]]] = ()
    compared: Sequence[str] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
