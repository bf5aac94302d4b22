"""Open raster handles, one per thread and file."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import rasterio
from affine import Affine
from rasterio.env import get_gdal_config, set_gdal_config
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from mmda.errors import DataError
from mmda.raster.scene import Scene, is_local

# GDAL's configuration, where the user has not set it.
GDAL_OPTIONS = {
    # A truncated JPEG is only a warning to libjpeg, which fills the rest with grey.
    "GDAL_ERROR_ON_LIBJPEG_WARNING": "YES",
    # GDAL's short cut for reading a whole PNG gives noise for a truncated one, and no error.
    "GDAL_PNG_WHOLE_IMAGE_OPTIM": "NO",
}
REMOTE_OPTIONS = {
    # Listing the folder of every remote raster is slow; its side-car files are asked for by name.
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "GDAL_HTTP_MAX_RETRY": "3",
    "GDAL_HTTP_RETRY_DELAY": "1",
}
# By default GDAL keeps blocks of up to 5 % of the machine's memory; a strip needs each only once.
BLOCK_CACHE = "GDAL_CACHEMAX"
BLOCK_CACHE_BYTES = 64 * 2**20
_SCHEMES = {
    "s3": "/vsis3/",
    "gs": "/vsigs/",
    "az": "/vsiaz/",
    "http": "/vsicurl/http://",
    "https": "/vsicurl/https://",
}


def gdal_options(*paths: str) -> dict[str, str]:
    """Return the options to read rasters with: those that the user has not set."""
    options = GDAL_OPTIONS if all(map(is_local, paths)) else GDAL_OPTIONS | REMOTE_OPTIONS
    return {name: value for name, value in options.items() if not _is_given(name)}


def _is_given(name: str) -> bool:
    """Tell whether the user has set an option, in the environment or in ``rasterio.Env``."""
    return name in os.environ or (rasterio.env.hasenv() and name in rasterio.env.getenv())


def scene_options(scene: Scene) -> dict[str, str]:
    """Return the options to read a scene's image and label with."""
    label = () if scene.label is None else (scene.label.path,)
    return gdal_options(scene.image, *label)


def bound_block_cache() -> None:
    """Bound this process's block cache from now on, unless the user has set it."""
    if not _is_given(BLOCK_CACHE):
        set_gdal_config(BLOCK_CACHE, BLOCK_CACHE_BYTES)


@contextmanager
def gdal_process() -> Iterator[None]:
    """Bound GDAL's block cache, which all threads share, unless the user has set it."""
    if _is_given(BLOCK_CACHE):
        yield
        return
    before = get_gdal_config(BLOCK_CACHE)
    bound_block_cache()
    try:
        yield
    finally:
        set_gdal_config(BLOCK_CACHE, before)


def gdal_path(path: str) -> str:
    """Return GDAL's own name of a URL (``s3://bucket/key`` is ``/vsis3/bucket/key``)."""
    scheme, separator, rest = path.partition("://")
    return _SCHEMES[scheme] + rest if separator and scheme in _SCHEMES else path


@contextmanager
def quiet_georeference() -> Iterator[None]:
    """Silence rasterio's warning about plain images, which are welcome here.

    For the main thread, around the threads' work: warning filters are shared by all threads.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def open_raster(path: str) -> Any:
    """Open a raster for reading at full resolution.

    Overviews are switched off: resampling must not depend on how they were built. (Those of a file
    without georeference stay on, but for JPEG's: GDAL's view without them would have a
    georeference of unset memory.)

    Args:
        path: A path or URL that GDAL opens.

    Returns:
        An open ``rasterio.DatasetReader``.

    Raises:
        DamagedError: When the file is missing or is not a raster.
    """
    name = gdal_path(path)
    try:
        dataset = rasterio.open(name)
        placed = dataset.transform != Affine.identity()
        shrunk = dataset.count > 0 and bool(dataset.overviews(1))
        if not shrunk or not (placed or dataset.driver == "JPEG"):
            return dataset
        dataset.close()
        option = "OVERVIEW_LEVEL" if placed else "USE_INTERNAL_OVERVIEWS"
        return rasterio.open(name, **{option: "NONE" if placed else "NO"})
    except (RasterioError, OSError) as error:
        raise unreadable(path, error) from error


class DamagedError(DataError):
    """A raster that cannot be opened or read."""


def unreadable(path: str, error: BaseException) -> DamagedError:
    """Return the error for a raster that cannot be opened or read."""
    cause = error.__cause__ or error
    hint = "copy it again, or leave it out" if is_local(path) else "check the URL and the access"
    return DamagedError(
        f"Cannot read the raster `{path}` ({cause}): it may be damaged or truncated; {hint}."
    )


class HandlePool:
    """Keeps a scene's rasters open: opening is slow, and threads may not share GDAL handles.

    Scenes do not share pools: one that is finished closes its handles while others still read,
    perhaps the same file.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int], Any] = {}

    def get(self, path: str) -> Any:
        """Return this thread's handle of ``path``, opening it at first use."""
        key = (path, threading.get_ident())
        handle = self._open.get(key)
        if handle is None:
            handle = open_raster(path)
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
