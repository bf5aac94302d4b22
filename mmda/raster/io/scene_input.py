"""Reading a whole scene as strips of full width, for prediction."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from mmda.errors import DataError
from mmda.raster.io.header import alpha_band
from mmda.raster.mapping.mosaic import MosaicGrid

METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Strip:
    """One strip of tiles.

    Attributes:
        index: Index of the strip in ``grid.rows``.
        image: ``(B, tile, padded width)`` in the raster's dtype; pixels without data hold the mean
            of the valid ones, so that a fill value such as -9999 does not reach the network.
        valid: ``(tile, padded width)``, False where there is no data and in the padding.
    """

    index: int
    image: NDArray[np.generic]
    valid: NDArray[np.bool_]


@contextmanager
def named_errors(path: Path | str) -> Iterator[None]:
    """Turn rasterio's errors into a :class:`DataError` that names ``path``."""
    try:
        yield
    except RasterioError as error:
        reason = str(error.__cause__ or error).rstrip(". ")
        raise DataError(
            f"Cannot read `{path}`: {reason}. Expected a whole raster that GDAL "
            "opens; it may be truncated or of another kind. Copy it again or leave it out."
        ) from error


@contextmanager
def open_scene(path: Path | str, gsd: float | None = None) -> Iterator[rasterio.DatasetReader]:
    """Open a raster, resampled to ``gsd`` metres per pixel when given.

    Args:
        path: Any raster that GDAL opens.
        gsd: Ground sample distance to read at in metres; None keeps the raster's own grid.

    Yields:
        The dataset, or a view of it on the resampled grid (averaged when shrinking, cubic when
        enlarging).

    Raises:
        DataError: If the file is missing or unreadable, or its pixel size is unknown.
    """
    remote = "://" in str(path) or str(path).startswith("/vsi")
    if not remote and not Path(path).is_file():
        raise DataError(f"Image `{path}` does not exist; expected a raster file. Check the path.")
    with ExitStack() as stack:
        with warnings.catch_warnings(), named_errors(path):
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = stack.enter_context(rasterio.open(path))
            if dataset.count == 0:
                raise DataError(f"`{path}` has no bands; expected an image raster.")
            if gsd is not None:
                dataset = stack.enter_context(_resampled(dataset, gsd))
        yield dataset


def _resampled(dataset: rasterio.DatasetReader, gsd: float) -> WarpedVRT:
    """Return a view of ``dataset`` at ``gsd`` metres per pixel, same CRS and corners."""
    across, down = pixel_size_metres(dataset)
    width = max(1, round(dataset.width * across / gsd))
    height = max(1, round(dataset.height * down / gsd))
    x, y, old = dataset.width / width, dataset.height / height, dataset.transform
    transform = rasterio.Affine(old.a * x, old.b * y, old.c, old.d * x, old.e * y, old.f)
    crs = dataset.crs or "EPSG:3857"  # the warper wants one; equal ones leave the grid alone
    flags = {flag for band in dataset.mask_flag_enums for flag in band}
    return WarpedVRT(
        dataset,
        src_crs=crs,
        crs=crs,
        transform=transform,
        width=width,
        height=height,
        resampling=Resampling.average if gsd > min(across, down) else Resampling.cubic,
        add_alpha=MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags,
    )


def pixel_size_metres(dataset: rasterio.DatasetReader) -> tuple[float, float]:
    """Return the pixel's (width, height) in metres on the ground.

    Degrees are converted at the scene's centre. Without a CRS the unit is taken to be metres.

    Raises:
        DataError: If the raster has no georeference.
    """
    transform = dataset.transform
    if transform.is_identity:
        raise DataError(
            f"`{dataset.name}` has no georeference, so its pixel size is unknown; leave out the "
            "ground sample distance (`--gsd`) or georeference the raster."
        )
    width, height = np.hypot(transform.a, transform.d), np.hypot(transform.b, transform.e)
    if dataset.crs is None:
        return float(width), float(height)
    if dataset.crs.is_geographic:
        _, latitude = dataset.xy(dataset.height // 2, dataset.width // 2)
        east = METRES_PER_DEGREE * np.cos(np.radians(latitude))
        return float(width * east), float(height * METRES_PER_DEGREE)
    metres = dataset.crs.linear_units_factor[1] if dataset.crs.is_projected else 1.0
    return float(width * metres), float(height * metres)


def choose_bands(
    dataset: rasterio.DatasetReader,
    path: Path | str,
    bands: Sequence[int] | None,
    num_bands: int | None,
) -> list[int]:
    """Return the 1-based bands to read: ``bands``, or all but alpha.

    Args:
        dataset: The open raster.
        path: Its path, for the message.
        bands: 1-based band numbers in the order that the model wants them.
        num_bands: Number of bands that the model expects; None skips the check.

    Raises:
        DataError: If a band does not exist or their number is not ``num_bands``.
    """
    with named_errors(path):
        alpha = alpha_band(dataset, str(path))
    chosen = list(bands) if bands else [i for i in dataset.indexes if i != alpha]
    if missing := [band for band in chosen if band not in dataset.indexes]:
        raise DataError(f"`{path}` has {dataset.count} bands, but bands {missing} were asked for.")
    if num_bands is not None and len(chosen) != num_bands:
        raise DataError(
            f"`{path}`: got {len(chosen)} bands {chosen}, but the model expects {num_bands}. "
            "Choose them with `--bands`, for example `--bands 1 2 3`."
        )
    return chosen


class StripReader:
    """Reads the strips of ``grid`` in order, the next one while the current one is used.

    Args:
        dataset: The open raster.
        path: Its path, for error messages.
        bands: 1-based bands to read.
        grid: Where the tiles stand.
    """

    def __init__(
        self,
        dataset: rasterio.DatasetReader,
        path: Path | str,
        bands: Sequence[int],
        grid: MosaicGrid,
    ) -> None:
        self.dataset = dataset
        self.path = path
        self.bands = list(bands)
        self.grid = grid
        # GDAL takes a measured band that is tagged as alpha for the mask.
        self._false_alpha = any(dataset.colorinterp[b - 1] == ColorInterp.alpha for b in bands)

    def __iter__(self) -> Iterator[Strip]:
        with ThreadPoolExecutor(1, thread_name_prefix="strip-reader") as pool:
            count = len(self.grid.rows)
            pending = pool.submit(self.read, 0)
            for index in range(count):
                strip = pending.result()
                if index + 1 < count:
                    pending = pool.submit(self.read, index + 1)
                yield strip

    def read(self, index: int) -> Strip:
        """Read one strip, padded to ``(tile, padded width)`` by reflection."""
        grid, top = self.grid, self.grid.rows[index]
        window = Window(0, top, grid.width, min(grid.tile, grid.height - top))
        with named_errors(self.path):
            image = self.dataset.read(self.bands, window=window)
            valid = self._valid(image, window)
        if np.issubdtype(image.dtype, np.floating):
            valid &= np.isfinite(image).all(axis=0)
        if not valid.all():
            _fill(image, valid)
        pad = ((0, grid.tile - window.height), (0, grid.padded_width - window.width))
        if any(after for _, after in pad):
            image = np.pad(image, ((0, 0), *pad), mode="reflect")
            valid = np.pad(valid, pad)
        return Strip(index, image, valid)

    def _valid(self, image: NDArray[np.generic], window: Window) -> NDArray[np.bool_]:
        """Return where the raster has data, ``(height, width)``."""
        if not self._false_alpha:
            return self.dataset.dataset_mask(window=window) > 0
        if self.dataset.nodata is None:
            return np.ones(image.shape[1:], dtype=bool)
        return (image != self.dataset.nodata).any(axis=0)


def _fill(image: NDArray[np.generic], valid: NDArray[np.bool_]) -> None:
    """Overwrite the invalid pixels of each band by the mean of its valid ones."""
    for band in image:
        band[~valid] = band[valid].mean(dtype=np.float64) if valid.any() else 0
