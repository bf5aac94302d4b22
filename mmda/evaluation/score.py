"""Scores of maps against true masks or layers, pooled and per scene."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmda.errors import DataError
from mmda.evaluation.bootstrap import draws, interval
from mmda.evaluation.options import ScoreOptions
from mmda.evaluation.pairs import read_pair
from mmda.evaluation.scene_counts import PARTS, Numbers, SceneCounts, count_scene


@dataclass(frozen=True)
class MapScores:
    """Scores of maps in percent.

    Attributes:
        classes: Names of the classes.
        scenes: Names of the scenes.
        cities: Names of the cities, see :func:`city_of`, where there are two or more of them and
            fewer than scenes; else empty.
        pooled: Score -> value per class over the pixels, bands and objects of all scenes together.
        intervals: Score -> lower and upper end per class, over scenes drawn anew; NaN for one
            scene, which tells nothing of others.
        per_scene: Score -> values by scene and class.
        per_city: Score -> values by city and class, over all scenes of a city together.
        apls: Path length similarity: pooled, lower, upper end; ``None`` without a road class.
    """

    classes: Sequence[str]
    scenes: Sequence[str]
    cities: Sequence[str]
    pooled: Mapping[str, Numbers]
    intervals: Mapping[str, Numbers]
    per_scene: Mapping[str, Numbers]
    per_city: Mapping[str, Numbers]
    apls: tuple[float, float, float] | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values; ``None`` for NaN."""
        parts = ("pooled", "intervals", "per_scene", "per_city")
        return {
            "classes": list(self.classes),
            "scenes": list(self.scenes),
            "cities": list(self.cities),
            **{
                part: {name: _plain(values) for name, values in getattr(self, part).items()}
                for part in parts
            },
            "apls": None if self.apls is None else _plain(np.array(self.apls)),
        }


def _plain(values: Any) -> Any:
    if values.ndim:
        return [_plain(part) for part in values]
    return float(values) if np.isfinite(values) else None


def score_maps(
    pairs: Sequence[tuple[Path, Path]], options: ScoreOptions, classes: Sequence[str] | None = None
) -> MapScores:
    """Score maps; each pair is read whole.

    Args:
        pairs: The map, a mask of class ids, and the truth: a mask on the same pixels, or a layer.
        options: Distances and what is compared.
        classes: Names of the classes; by default those that the first map or mask names.

    Raises:
        DataError: When a file is missing, or the two of a pair do not fit.
    """
    names: list[str] = list(classes or ())
    counts = []
    for prediction, truth in pairs:
        pair = read_pair(prediction, truth, options, names)
        names = pair.classes
        if options.road is not None and options.road >= len(names):
            raise DataError(f"`road` is {options.road}, but the classes are {names}, from id 0.")
        try:
            counts.append(count_scene(pair.prediction, pair.label, len(names), pair.pixel, options))
        except ValueError as error:
            raise DataError(
                f"`{prediction}` and `{truth}`: {error} The classes are {names}."
            ) from error
    scenes = [prediction.stem.removesuffix("_mask") for prediction, _ in pairs]
    return _summary(counts, names, scenes, options)


def _summary(
    counts: Sequence[SceneCounts], names: list[str], scenes: list[str], options: ScoreOptions
) -> MapScores:
    stacked = SceneCounts(*(np.stack([getattr(one, name) for one in counts]) for name in PARTS))
    pooled = stacked.summed(np.ones((1, len(counts))))
    again = stacked.summed(draws(len(counts), options.repeats, options.seed).astype(float))
    city = np.array([city_of(scene) for scene in scenes])
    names_of_cities = np.unique(city)
    cities = names_of_cities if 1 < len(names_of_cities) < len(scenes) else names_of_cities[:0]
    per_city = stacked.summed((cities[:, None] == city).astype(float))

    def ends(values: Numbers) -> Numbers:
        """Return the ends of an interval; one scene tells nothing of others."""
        return interval(values if len(counts) > 1 else np.full_like(values, np.nan), options.level)

    apls = None
    if options.road is not None:
        low, high = map(float, ends(again.apls()))
        apls = float(pooled.apls()[0]), low, high
    return MapScores(
        classes=names,
        scenes=scenes,
        cities=cities.tolist(),
        pooled={name: values[0] for name, values in pooled.measures().items()},
        intervals={name: ends(values) for name, values in again.measures().items()},
        per_scene=stacked.measures(),
        per_city=per_city.measures(),
        apls=apls,
    )


def city_of(scene: str) -> str:
    """Return the name of a scene without the number that it ends with: ``austin12`` -> ``austin``.

    A scene that is named by a number alone keeps its name.
    """
    return re.sub(r"[\W_]*\d+$", "", scene) or scene
