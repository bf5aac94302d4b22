"""Scores of maps against true masks or layers, pooled and per scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely.geometry import box

from mmda.errors import DataError
from mmda.evaluation.bootstrap import draws, interval
from mmda.evaluation.options import LAYERS, ScoreOptions
from mmda.evaluation.scene_counts import PARTS, Numbers, SceneCounts, count_scene
from mmda.raster.io.georeference import georeference
from mmda.raster.io.ground import pixel_metres
from mmda.raster.io.handles import open_raster, quiet_georeference
from mmda.raster.mapping.write import read_mask_classes


@dataclass(frozen=True)
class MapScores:
    """Scores of maps in percent.

    Attributes:
        classes: Names of the classes.
        scenes: Names of the scenes.
        pooled: Score -> value per class over the pixels, bands and objects of all scenes together.
        intervals: Score -> lower and upper end per class, over scenes drawn anew; NaN for one
            scene, which tells nothing of others.
        per_scene: Score -> values by scene and class.
        apls: Path length similarity: pooled, lower, upper end; ``None`` without a road class.
    """

    classes: Sequence[str]
    scenes: Sequence[str]
    pooled: Mapping[str, Numbers]
    intervals: Mapping[str, Numbers]
    per_scene: Mapping[str, Numbers]
    apls: tuple[float, float, float] | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values; ``None`` for NaN."""
        return {
            "classes": list(self.classes),
            "scenes": list(self.scenes),
            "pooled": {name: _plain(values) for name, values in self.pooled.items()},
            "intervals": {name: _plain(values) for name, values in self.intervals.items()},
            "per_scene": {name: _plain(values) for name, values in self.per_scene.items()},
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
        pairs: The map, a mask of class ids, and the truth: a mask on the same pixels, or a layer of
            polygons, which are class 1.
        options: Distances and what is compared.
        classes: Names of the classes; by default those that the first map or mask names.

    Raises:
        DataError: When a file is missing, or the two of a pair do not fit.
    """
    names: list[str] = list(classes or ())
    counts = []
    for prediction, truth in pairs:
        predicted, label, pixel, stored = _read(prediction, truth, options.gsd)
        names = names or stored
        if options.road is not None and options.road >= len(names):
            raise DataError(f"`road` is {options.road}, but the classes are {names}, from id 0.")
        try:
            counts.append(count_scene(predicted, label, len(names), pixel, options))
        except ValueError as error:
            raise DataError(
                f"`{prediction}` and `{truth}`: {error} The classes are {names}."
            ) from error
    stacked = {name: np.stack([getattr(one, name) for one in counts]) for name in PARTS}
    drawn = draws(len(counts), options.repeats, options.seed).astype(float)
    sums = {name: np.tensordot(drawn, part, 1) for name, part in stacked.items()}
    pooled = SceneCounts(*(stacked[name].sum(0) for name in PARTS))
    again = SceneCounts(*(sums[name] for name in PARTS))
    alone = len(counts) < 2
    intervals = {
        name: interval(np.full_like(values, np.nan) if alone else values, options.level)
        for name, values in again.measures().items()
    }
    apls = None
    if options.road is not None:
        values = again.apls()
        low, high = interval(np.full_like(values, np.nan) if alone else values, options.level)
        apls = float(pooled.apls()), float(low), float(high)
    per_scene = SceneCounts(*(stacked[name] for name in PARTS)).measures()
    scenes = [prediction.stem.removesuffix("_mask") for prediction, _ in pairs]
    return MapScores(names, scenes, pooled.measures(), intervals, per_scene, apls)


def _read(
    prediction: Path, truth: Path, gsd: float | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], tuple[float, float], list[str]]:
    """Return both masks, width and height of a pixel in metres, and class names."""
    for path in (prediction, truth):
        if not path.exists():
            raise DataError(f"`{path}` does not exist; expected a map or its truth.")
    with quiet_georeference(), open_raster(str(prediction)) as dataset:
        predicted = _mask(dataset, prediction)
        place = georeference(dataset, str(prediction))
        metres = pixel_metres(place.crs, place.transform, dataset.height, dataset.width)
        if metres is None and gsd is None:
            raise DataError(
                f"`{prediction}` cannot be placed on the ground ({place.advice}), so distances in "
                "metres are unknown. Give the size of its pixels with --gsd METRES."
            )
        pixel = (gsd or 1.0, gsd or 1.0) if metres is None else (metres[1], metres[0])
        stored = read_mask_classes(dataset) or ["background", "class 1"]
        if truth.suffix.lower() in LAYERS:
            return predicted, _burnt(truth, dataset), pixel, stored
        with open_raster(str(truth)) as other:
            label = _mask(other, truth)
            same = _same_place(dataset, other)
    if label.shape != predicted.shape or not same:
        raise DataError(
            f"`{prediction}` ({predicted.shape[1]} x {predicted.shape[0]} pixels) and `{truth}` "
            f"({label.shape[1]} x {label.shape[0]}) have not the same pixels. Bring one onto the "
            "other's grid, for example with `gdalwarp -r near -te ... -ts ...`."
        )
    return predicted, label, pixel, stored


def _same_place(one: Any, other: Any) -> bool:
    """Tell whether two rasters of one size have the same pixels, to a tenth of one."""
    if one.crs and other.crs and one.crs != other.crs:
        return False
    corners = [(0, 0), (one.width, 0), (0, one.height)]
    back = ~one.transform
    moved = [np.subtract(back @ (other.transform @ corner), corner) for corner in corners]
    return bool(np.abs(moved).max() < 0.1)


def _mask(dataset: Any, path: Path) -> NDArray[np.uint8]:
    if dataset.count != 1 or dataset.dtypes[0] != "uint8":
        raise DataError(
            f"`{path}` has {dataset.count} bands of {dataset.dtypes[0]}; expected a class mask of "
            "one uint8 band."
        )
    return dataset.read(1)


def _burnt(layer: Path, dataset: rasterio.DatasetReader) -> NDArray[np.uint8]:
    """Return the polygons of a layer as class 1 on the pixels of a map."""
    reader = gpd.read_parquet if layer.suffix.lower() == ".parquet" else gpd.read_file
    try:
        frame = reader(layer)
    except Exception as error:  # the readers of each format have their own
        raise DataError(f"The layer `{layer}` cannot be read: {error}") from error
    if frame.crs is None or dataset.crs is None:
        raise DataError(
            f"`{layer}` and `{dataset.name}` need a CRS both, or nobody knows where they meet."
        )
    frame = frame.to_crs(dataset.crs.to_wkt())
    shapes = [one for one in frame.geometry if one is not None and not one.is_empty]
    if kinds := {one.geom_type for one in shapes} - {"Polygon", "MultiPolygon"}:
        raise DataError(
            f"`{layer}` holds {', '.join(sorted(kinds))}, expected polygons: buffer lines by half "
            "their width first."
        )
    if shapes and not box(*dataset.bounds).intersects(box(*frame.total_bounds)):
        raise DataError(f"`{layer}` lies elsewhere than `{dataset.name}`: check both CRS.")
    if not shapes:
        return np.zeros(dataset.shape, np.uint8)
    pairs = [(one, 1) for one in shapes]
    return rasterize(pairs, dataset.shape, fill=0, transform=dataset.transform, dtype="uint8")
