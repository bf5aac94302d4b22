"""A map and its truth on the same pixels: a mask, or a layer that is burnt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmda.errors import DataError
from mmda.evaluation.options import LAYERS, NO_COLUMN, ScoreOptions
from mmda.raster.io.georeference import Georeference, georeference
from mmda.raster.io.grid import Grid
from mmda.raster.io.ground import pixel_metres
from mmda.raster.io.handles import open_raster, quiet_georeference
from mmda.raster.labels.vector_files import check_place, check_vectors, extents, read_schema
from mmda.raster.labels.vectors import VectorBurner
from mmda.raster.mapping.rasters import read_mask_classes
from mmda.raster.scene import VectorLabels
from mmda.raster.windows import Window

CLASS_COLUMN = "class"
"""The column in which ``mmda vectorise`` writes classes."""


@dataclass(frozen=True)
class ScenePair:
    """A map and its truth.

    Attributes:
        prediction: Class ids (H, W) uint8, 255 where the map has no data.
        label: Class ids (H, W) uint8, 255 = ignore.
        pixel: Width and height of a pixel in metres on the ground.
        classes: Names of the classes that the map stores, or two that stand for them.
    """

    prediction: NDArray[np.uint8]
    label: NDArray[np.uint8]
    pixel: tuple[float, float]
    classes: list[str]


def read_pair(
    prediction: Path, truth: Path, options: ScoreOptions, classes: list[str]
) -> ScenePair:
    """Read a map and its truth whole.

    Args:
        prediction: The map.
        truth: A mask on the same pixels, or a layer.
        options: ``gsd``, ``class_column`` and ``line_width`` are used.
        classes: Names of the classes; empty for those that the map stores.

    Raises:
        DataError: When a file is missing or cannot be read, or the two do not fit.
    """
    for path in (prediction, truth):
        if not path.exists():
            raise DataError(f"`{path}` does not exist; expected a map or its truth.")
    with quiet_georeference(), open_raster(str(prediction)) as dataset:
        predicted = _mask(dataset, prediction)
        place = georeference(dataset, str(prediction))
        pixel = _pixel(place, dataset, options.gsd)
        names = classes or read_mask_classes(dataset) or ["background", "class 1"]
        if truth.suffix.lower() in LAYERS:
            label = _burnt(truth, place, dataset, options, names)
            return ScenePair(predicted, label, pixel, names)
        with open_raster(str(truth)) as other:
            label = _mask(other, truth)
            same = _same_place(dataset, other)
    if label.shape != predicted.shape or not same:
        raise DataError(
            f"`{prediction}` ({predicted.shape[1]} x {predicted.shape[0]} pixels) and `{truth}` "
            f"({label.shape[1]} x {label.shape[0]}) have not the same pixels. Bring one onto the "
            "other's grid, for example with `gdalwarp -r near -te ... -ts ...`."
        )
    return ScenePair(predicted, label, pixel, names)


def _pixel(place: Georeference, dataset: Any, gsd: float | None) -> tuple[float, float]:
    metres = pixel_metres(place.crs, place.transform, dataset.height, dataset.width)
    if metres is not None:
        return metres[1], metres[0]
    if gsd is None:
        raise DataError(
            f"`{dataset.name}` cannot be placed on the ground ({place.advice}), so distances in "
            "metres are unknown. Give the size of its pixels with --gsd METRES."
        )
    return gsd, gsd


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


def _burnt(
    layer: Path, place: Georeference, dataset: Any, options: ScoreOptions, classes: list[str]
) -> NDArray[np.uint8]:
    """Return the features of a layer as class ids on the pixels of a map."""
    if place.crs is None or place.transform is None:
        raise DataError(
            f"`{dataset.name}` has no CRS ({place.advice}), so the layer `{layer}` cannot be "
            "placed on it. Give the truth as a mask."
        )
    spec = VectorLabels(
        str(layer), attribute=_class_column(layer, options), width=options.line_width
    )
    schema = check_vectors(spec, len(classes))
    height, width = dataset.shape
    check_place(str(layer), schema, extents([(place.crs, place.transform, height, width)]))
    grid = Grid(height, width, 1, 1, place.crs, place.transform, None, nominal=False)
    try:
        burner = VectorBurner(spec, grid, classes)
    except DataError as error:
        raise DataError(
            f"{error} Or name another column with --class-column; "
            f"`--class-column {NO_COLUMN}` makes all features class 1."
        ) from error
    if kinds := burner.kinds() - {"Polygon", "MultiPolygon"}:
        raise DataError(
            f"`{layer}` holds {', '.join(sorted(kinds))}, expected polygons: give the width of its "
            "lines with --line-width METRES."
        )
    return burner.read(Window(0, 0, height, width))


def _class_column(layer: Path, options: ScoreOptions) -> str | None:
    """Return the column that holds the classes of a layer; None where all are class 1."""
    if options.class_column is not None:
        return None if options.class_column == NO_COLUMN else options.class_column
    columns = read_schema(VectorLabels(str(layer))).columns
    return CLASS_COLUMN if CLASS_COLUMN in columns else None
