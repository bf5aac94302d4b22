"""Polygons or road centre lines of a class mask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmda.errors import ConfigError
from mmda.raster.mapping.polygons.classes import chosen_classes, class_name, road_classes
from mmda.raster.mapping.polygons.layers import Columns, Layer, check_replaceable, layer_places
from mmda.raster.mapping.polygons.mask import Mask
from mmda.raster.mapping.polygons.objects import ObjectMaker, Objects
from mmda.raster.mapping.polygons.options import VectoriseOptions, layer_suffix
from mmda.raster.mapping.polygons.parts import Parts
from mmda.utils.options import field_names, split_options

FIELDS = {"id": "int64", "class_id": "int16", "class": "string", "area_m2": "double",
          "orientation": "double"}  # fmt: skip


@dataclass(frozen=True)
class Polygons:
    """The polygons of a class mask, or the centre lines of its roads.

    Attributes:
        path: The file; for roads in a format of one layer, that of the edges.
        counts: Number of polygons per class name (the id where there are no names); for roads of
            ``nodes`` and ``edges``.
    """

    path: Path
    counts: Mapping[str, int]


def vectorise(
    mask: Path | str, out: Path | str, *, probabilities: Path | str | None = None, **options: Any
) -> Polygons:
    """Write the connected areas of a class mask as polygons, or its roads as centre lines.

    The layer ``polygons`` has the columns ``id`` (number of the object's first pixel in reading
    order, so it stays the same as long as the object does), ``class_id``, ``class``, ``area_m2``
    (on the ellipsoid), ``orientation`` (direction of the long side, degrees clockwise from the
    CRS's north) and, with probabilities, ``confidence`` (mean probability of its class).
    Neighbours share their border, simplified or not. The mask is read in blocks; memory holds one
    of them and what may go on below it: the polygons that reach its last row and, with a tolerance
    or filled holes, those that touch them, in a chain.

    With ``roads`` the layers ``nodes`` and ``edges`` (``from``, ``to``, ``length_m``, ``width_m``)
    are written in place of polygons, and the mask is held whole.

    Args:
        mask: Class mask with a CRS, as :func:`~mmda.raster.mapping.predict.predict_raster` makes
            it.
        out: The file to write; its suffix tells the format: ``.gpkg`` (which keeps its other
            layers), ``.geojson`` (in WGS 84), ``.fgb`` or ``.parquet``.
        probabilities: Raster of the probabilities beside the mask.
        **options: Fields of :class:`~mmda.raster.mapping.polygons.options.VectoriseOptions`:
            ``classes``, ``min_area``, ``tolerance``, ``connectivity``, ``fill_holes``, ``roads``,
            ``overwrite``, ``progress`` and more.

    Returns:
        The file and the number of polygons.

    Raises:
        DataError: If the mask is unreadable, has no CRS or is not a single uint8 band, the
            probabilities do not fit it, or the file cannot be written.
        ConfigError: If an option is out of range, the mask has no such class, no format has such a
            suffix, or the layer is there already and ``overwrite`` is not chosen.

    Example:
        >>> from mmda import vectorise
        >>> polygons = vectorise("mask.tif", "polygons.gpkg", min_area=2.0, progress=False)
        >>> list(polygons.counts)
        ['1']
    """
    names: dict[type, set[str]] = {VectoriseOptions: field_names(VectoriseOptions)}
    (given,) = split_options(options, names, "vectorise")
    return vectorise_mask(mask, out, VectoriseOptions(**given), probabilities)


def vectorise_mask(
    mask: Path | str,
    out: Path | str,
    options: VectoriseOptions,
    probabilities: Path | str | None = None,
) -> Polygons:
    """Do what :func:`vectorise` does, with its options as one object."""
    out = Path(out)
    if layer_suffix(out) is None:
        raise ConfigError(f"`{out}` is a folder; give a file such as `{out / 'polygons.gpkg'}`.")
    places = layer_places(out, options.roads)
    check_replaceable(places, options.overwrite)
    with Mask(mask, probabilities) as source:
        if options.roads:
            counts = _write_roads(source, places, options)
            return Polygons(places["edges"], counts)
        classes = chosen_classes(options.classes, source.names, source.path)
        counts = {class_name(i, source.names): 0 for i in classes if source.names}
        kind = "MultiPolygon" if options.connectivity == 8 else "Polygon"
        fields = {**FIELDS, **({"confidence": "double"} if source.has_probabilities else {})}
        layer = Layer(out, "polygons", kind, source.crs)
        layer.write(fields, _columns(source, classes, options, counts))
    return Polygons(out, counts)


def _write_roads(
    mask: Mask, places: Mapping[str, Path], options: VectoriseOptions
) -> dict[str, int]:
    from mmda.raster.mapping.polygons.roads import write_roads

    classes = road_classes(options.classes, mask.names, mask.path)
    return write_roads(mask, places, classes, options)


def _columns(
    mask: Mask, classes: list[int], options: VectoriseOptions, counts: dict[str, int]
) -> Iterator[Columns]:
    """Yield the columns of the layer, batch by batch, and count the polygons of each class."""
    maker = ObjectMaker(mask.ground, mask.width, options)
    for objects in make_objects(mask, classes, options, maker):
        of_class = [class_name(i, mask.names) for i in objects.class_id.tolist()]
        for name in of_class:
            counts[name] = counts.get(name, 0) + 1
        yield {
            "id": objects.id,
            "class_id": objects.class_id,
            "class": np.array(of_class, dtype=object),
            "area_m2": objects.area_m2,
            "orientation": objects.orientation,
            "confidence": objects.confidence,
            "geometry": objects.geometry,
        }
    for index in sorted(maker.classes):
        counts.setdefault(class_name(index, mask.names), 0)


def make_objects(
    mask: Mask, classes: list[int], options: VectoriseOptions, maker: ObjectMaker
) -> Iterator[Objects]:
    """Yield the objects of a mask in batches, in an order that does not depend on the blocks."""
    parts = Parts(
        mask.width,
        diagonal=options.connectivity == 8,
        clusters=bool(options.tolerance or options.fill_holes),
    )
    blocks = mask.blocks(classes, options.block, options.progress)
    done = (complete for block in blocks for complete in parts.push(block.values, block.confidence))
    for complete in done:
        yield maker.make(complete, int(parts.open.first.min()))
    for complete in parts.finish():
        yield maker.make(complete, int(parts.open.first.min(initial=0)))
