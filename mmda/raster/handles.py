"""Open raster handles, one per thread and file."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from mmda.errors import DataError
from mmda.raster.scene import is_local

# A truncated JPEG is only a warning to libjpeg, which fills the rest with grey.
GDAL_OPTIONS = {"GDAL_ERROR_ON_LIBJPEG_WARNING": "YES"}


@contextmanager
def quiet_georeference() -> Iterator[None]:
    """Silence rasterio's warning about plain images, which are welcome here.

    For the main thread, around the threads' work: warning filters are shared by all threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def open_raster(path: str, nodata: float | None = None) -> Any:
    """Open a raster for reading at full resolution.

    Overviews are switched off: resampling must not depend on how they were built.

    Args:
        path: A path or URL that GDAL opens.
        nodata: No-data value that replaces the one in the file.

    Returns:
        An open ``rasterio.DatasetReader``.

    Raises:
        DamagedError: When the file is missing or is not a raster.
    """
    name = path if nodata is None else f"vrt://{path}?a_nodata={nodata!r}"
    try:
        return rasterio.open(name, OVERVIEW_LEVEL="NONE")
    except (RasterioError, OSError) as error:
        raise unreadable(path, error) from error


class DamagedError(DataError):
    """A raster that cannot be opened or read."""


def unreadable(path: str, error: BaseException) -> DamagedError:
    """Return the error for a raster that cannot be opened or read."""
    cause = error.__cause__ or error
    hint = "copy it again, or leave it out" if is_local(path) else "check the URL and the access"
    return DamagedError(f"Cannot read the raster `{path}` ({cause}): it may be damaged; {hint}.")


class HandlePool:
    """Keeps a scene's rasters open: opening is slow, and threads may not share GDAL handles.

    Scenes do not share pools: one that is finished closes its handles while others still read,
    perhaps the same file.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, float | None, int], Any] = {}

    def get(self, path: str, nodata: float | None = None) -> Any:
        """Return this thread's handle of ``path``, opening it at first use."""
        key = (path, nodata, threading.get_ident())
        handle = self._open.get(key)
        if handle is None:
            handle = open_raster(path, nodata)
            with self._lock:
                self._open[key] = handle
        return handle

    def close(self) -> None:
        """Close every thread's handles. No thread may be reading from them."""
        with self._lock:
            handles = list(self._open.values())
            self._open.clear()
        for handle in handles:
            handle.close()
