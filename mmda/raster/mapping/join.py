"""Joining the bands of a map to cloud-optimised GeoTIFFs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from mmda.errors import DataError
from mmda.raster.io.handles import gdal_process, quiet_georeference
from mmda.raster.mapping.band_folder import BandFolder, BandPlan
from mmda.raster.mapping.cog import SMALLEST, Pyramid
from mmda.raster.mapping.like import MASK, writer_like
from mmda.raster.mapping.write import Frame


def join_bands(folder: BandFolder, plan: BandPlan) -> NDArray[np.int64]:
    """Write the rasters of a map from its bands; the mask appears last.

    Args:
        folder: The bands.
        plan: Their plan.

    Returns:
        Number of pixels per value of the mask, ``(256,)``.

    Raises:
        DataError: When bands are missing or cannot be read, or a map cannot be written.
    """
    if missing := folder.missing(plan):
        named = ", ".join(str(band + 1) for band in missing[:5])
        more = ", ..." if len(missing) > 5 else ""
        raise DataError(
            f"`{folder.path}`: {len(missing)} of {len(plan.rows)} bands are missing ({named}"
            f"{more}). Run the shards that did not end; finished bands are kept."
        )
    counts = np.zeros(256, np.int64)
    with quiet_georeference(), gdal_process():
        for kind in sorted(plan.kinds, key=lambda kind: kind == MASK):
            bands = [getattr(folder.files(plan, i), kind) for i in range(len(plan.rows))]
            with _writer(kind, folder, plan, bands[0]) as writer:
                for rows in _rows(plan, bands):
                    writer.write(rows)
                    if kind == MASK:
                        counts += np.bincount(rows.ravel(), minlength=256)
    return counts


def _writer(
    kind: str, folder: BandFolder, plan: BandPlan, first: Path
) -> AbstractContextManager[Pyramid]:
    """Return the writer of a joined raster, like the first band but for its height."""
    with _opened(first) as band:
        frame = Frame(plan.height, plan.width, _place(band))
        return writer_like(kind, band, folder.final(plan)[kind], frame)


def _place(band: Any) -> dict[str, Any]:
    points, crs = band.gcps
    if points:
        return {"gcps": points, "crs": crs}
    return {"transform": None if band.transform.is_identity else band.transform, "crs": band.crs}


def _rows(plan: BandPlan, bands: Sequence[Path]) -> Iterator[NDArray[np.uint8]]:
    """Yield the rows of a raster from its bands, ``(count, n, width)``."""
    for path, (start, stop) in zip(bands, plan.rows, strict=True):
        with _opened(path) as band:
            if band.shape != (stop - start, plan.width):
                raise _damaged(path, f"it has {band.height} x {band.width} pixels")
            for top in range(0, band.height, SMALLEST):
                rows = min(SMALLEST, band.height - top)
                try:
                    yield band.read(window=Window(0, top, band.width, rows))
                except RasterioError as error:
                    raise _damaged(path, error) from error


def _opened(path: Path) -> Any:
    try:
        return rasterio.open(path)
    except RasterioError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, why: object) -> DataError:
    return DataError(
        f"The band `{path}` is damaged ({why}). Remove it, and run its shard again to make it anew."
    )
