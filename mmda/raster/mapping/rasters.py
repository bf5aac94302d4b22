"""The rasters of a map: class masks, and shares of 0..1 in bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import rasterio

from mmda.errors import DataError
from mmda.raster.decoding import IGNORE
from mmda.raster.mapping.cog import Pyramid, cog_writer
from mmda.raster.mapping.rows import STEPS
from mmda.raster.mapping.shrink import shrink_classes, shrink_values
from mmda.raster.mapping.write import Frame
from mmda.utils.names import check_name


@contextmanager
def mask_writer(
    path: Path,
    frame: Frame,
    classes: Sequence[str] | None = None,
    palette: Sequence[Sequence[int]] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Iterator[Pyramid]:
    """Write a class mask: class ids from 0, 255 = no data, colour table, names in the tags.

    Args:
        path: The file to write.
        frame: Size and place.
        classes: Class names; written as the JSON list of tag ``CLASSES``.
        palette: RGB 0..255 per class.
        tags: More tags.

    Yields:
        What takes the rows, ``(1, n, width)``.
    """
    with cog_writer(path, frame, 1, shrink_classes) as rows:
        if palette:
            table = {i: (*map(int, rgb), 255) for i, rgb in enumerate(palette)}
            rows.dataset.write_colormap(1, {**table, IGNORE: (0, 0, 0, 0)})
        named = {"CLASSES": json.dumps(list(classes))} if classes else {}
        rows.dataset.update_tags(**(tags or {}), **named)
        rows.dataset.set_band_description(1, "class")
        yield rows


@contextmanager
def share_writer(
    path: Path,
    frame: Frame,
    count: int,
    names: Sequence[str],
    tags: Mapping[str, str] | None = None,
) -> Iterator[Pyramid]:
    """Write a raster of shares of 0..1: 0..254 with scale 1/254, 255 = no data.

    Args:
        path: The file to write.
        frame: Size and place.
        count: Number of bands.
        names: Names of the bands; none where they are unknown.
        tags: Its tags.

    Yields:
        What takes the rows, ``(count, n, width)``.
    """
    options = {"interleave": "pixel", "photometric": "minisblack"}
    with cog_writer(path, frame, count, shrink_values, **options) as rows:
        rows.dataset.scales = [1 / STEPS] * count
        rows.dataset.update_tags(**(tags or {}))
        for band, name in enumerate(names, 1):
            rows.dataset.set_band_description(band, str(name))
        yield rows


def read_mask_classes(dataset: rasterio.DatasetReader) -> list[str] | None:
    """Return the class names that :func:`mask_writer` stored, or None.

    Raises:
        DataError: When the file's tag holds something else than lines of text.
    """
    stored = dataset.tags().get("CLASSES")
    if not stored:
        return None
    try:
        names = list(json.loads(stored))
    except (ValueError, TypeError) as error:
        raise DataError(
            f"`{dataset.name}`: the tag CLASSES is no list of names in JSON ({error}). Correct it "
            "with `gdal_edit.py -mo`, or take it away."
        ) from error
    for name in names:
        check_name("class", name, DataError)
    return names
