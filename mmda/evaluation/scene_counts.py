"""What a map of one scene adds to the scores of all."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from mmda.evaluation.apls import apls
from mmda.evaluation.boundary import boundary_counts
from mmda.evaluation.confusion import confusion_matrix
from mmda.evaluation.objects import object_counts
from mmda.evaluation.options import ScoreOptions
from mmda.evaluation.relaxed import relaxed_counts
from mmda.raster.decoding import IGNORE
from mmda.raster.mapping.road_graph import RoadGraphOptions, road_graph

UNMENDED = RoadGraphOptions(spur=5.0, gap=0.0)
"""Roads as a map has them: gaps are not bridged before they are judged."""
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class SceneCounts:
    """Counts of one scene, or sums over several; C classes.

    Attributes:
        matrix: Pixels by (label, prediction), (..., C, C).
        bands: Intersection and union of the bands along outlines, (..., C, 2).
        near: Pixels within the radius, see ``MatchCounts``, (..., C, 4).
        objects: Objects, (..., C, 4).
        paths: Sum of path length similarity times metres of road, and these metres, those of the
            truth or of the map, whichever has more, (..., 2): invented roads count.
    """

    matrix: Numbers
    bands: Numbers
    near: Numbers
    objects: Numbers
    paths: Numbers

    def summed(self, weights: Numbers) -> SceneCounts:
        """Return weighted sums over the first axis, the scenes; ``weights`` are (sums, scenes)."""
        return SceneCounts(*(np.tensordot(weights, getattr(self, name), 1) for name in PARTS))

    def measures(self) -> dict[str, Numbers]:
        """Return the scores per class in percent, (..., C); NaN where there is nothing to score."""
        hits = np.diagonal(self.matrix, axis1=-2, axis2=-1)
        labelled, predicted = self.matrix.sum(-1), self.matrix.sum(-2)
        found = {
            "IoU": _share(hits, labelled + predicted - hits),
            "F1": _share(2 * hits, labelled + predicted),
            "precision": _share(hits, predicted),
            "recall": _share(hits, labelled),
            "boundary IoU": _share(self.bands[..., 0], self.bands[..., 1]),
            "relaxed precision": _share(self.near[..., 0], self.near[..., 1]),
            "relaxed recall": _share(self.near[..., 2], self.near[..., 3]),
            "object precision": _share(self.objects[..., 0], self.objects[..., 1]),
            "object recall": _share(self.objects[..., 2], self.objects[..., 3]),
        }
        for name, counts in (("relaxed F1", self.near), ("object F1", self.objects)):
            kind = name.split()[0]
            one, other = found[f"{kind} precision"], found[f"{kind} recall"]
            mean = _share(2 * np.nan_to_num(one) * np.nan_to_num(other) / 100, one + other)
            some = counts[..., 1] + counts[..., 3] > 0
            found[name] = np.where(some, np.nan_to_num(mean), np.nan)
        return found

    def apls(self) -> Numbers:
        """Return the path length similarity, weighted by metres of road, in percent."""
        return _share(self.paths[..., 0], self.paths[..., 1])


PARTS = tuple(field.name for field in fields(SceneCounts))


def _share(part: Numbers, whole: Numbers) -> Numbers:
    known = whole > 0
    return np.where(known, 100 * part / np.where(known, whole, 1), np.nan)


def count_scene(
    prediction: NDArray[np.uint8],
    label: NDArray[np.uint8],
    classes: int,
    pixel: tuple[float, float],
    options: ScoreOptions,
) -> SceneCounts:
    """Compare a map with the truth.

    Args:
        prediction: Class ids (H, W); 255 where the map has no data, which does not count.
        label: Class ids (H, W), 255 = ignore.
        classes: Number of classes C.
        pixel: Width and height of a pixel in metres on the ground.
        options: Distances and what is compared.

    Raises:
        ValueError: When an id is out of range.
    """
    unknown = (label == IGNORE) | (prediction == IGNORE)
    known = np.where(unknown, IGNORE, label)
    predicted = np.where(unknown, 0, prediction)
    sides = (pixel[1], pixel[0])  # metres down, metres across
    least = max(1, round(options.min_area / (pixel[0] * pixel[1])))
    parts: dict[str, list] = {"bands": [], "near": [], "objects": []}
    for index in range(classes):
        one, other = (predicted == index) & ~unknown, known == index
        parts["bands"].append(boundary_counts(one, other, options.boundary, unknown, sides))
        parts["near"].append(relaxed_counts(one, other, options.radius, unknown, sides))
        parts["objects"].append(object_counts(one, other, unknown, options.iou, least))
    paths = (0.0, 0.0)
    if options.road is not None:
        road = (predicted == options.road) & ~unknown
        paths = _paths(road, known == options.road, pixel, options)
    arrays = {name: np.array(values, float) for name, values in parts.items()}
    matrix = confusion_matrix(predicted, known, classes).astype(float)
    return SceneCounts(matrix, paths=np.array(paths), **arrays)


def _paths(
    prediction: NDArray[np.bool_],
    label: NDArray[np.bool_],
    pixel: tuple[float, float],
    options: ScoreOptions,
) -> tuple[float, float]:
    true, proposed = (road_graph(mask, pixel, UNMENDED) for mask in (label, prediction))
    lengths = [sum(e["length"] for *_, e in one.edges(data=True)) for one in (true, proposed)]
    similarity = apls(true, proposed, seed=options.seed)
    return (0.0, 0.0) if np.isnan(similarity) else (similarity * max(lengths), max(lengths))
