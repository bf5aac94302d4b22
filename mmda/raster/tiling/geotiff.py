"""GeoTIFF tiles (zstd, predictor, pixel-interleaved) at the speed of their compressor.

GDAL spends more time on a small GeoTIFF around its compression than on the compression. The tiles
of a scene differ in place and pixels alone, so GDAL writes the head of one (as a file without
data), and every tile is that head with its place, followed by its compressed strips. GDAL writes
all of a tile that is floating-point, masked, rotated, narrow or very large.
"""

from __future__ import annotations

import io
import struct
from typing import Any, NamedTuple

import cv2
import numpy as np
import pyarrow
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.io import MemoryFile

_ROWS_PER_STRIP = 64
_ZSTD_LEVEL = 1
_MOST_BYTES = 2**31  # beyond, GDAL decides between TIFF and BigTIFF
_MOST_CHANNELS = 64  # of an OpenCV array
_UINT32 = 4  # by TIFF's numbers, as are the tags
_OFFSETS, _COUNTS, _TIEPOINT = 273, 279, 33922


class _Head(NamedTuple):
    """A GeoTIFF without data, and the positions of the values that differ between tiles."""

    data: bytes
    offsets: int
    counts: int
    origin: int | None


class GeoTiffEncoder:
    """Encodes the tiles of one scene; safe to use from several threads."""

    def __init__(self, crs: CRS | None, nodata: float | None) -> None:
        """Prepare to encode.

        Args:
            crs: CRS of the tiles, if they have a transform.
            nodata: No-data value of the tiles. Without one, a mask band marks invalid pixels.
        """
        self._crs = crs
        self._nodata = nodata
        self._heads: dict[Any, _Head | None] = {}

    def encode(
        self, image: np.ndarray, valid: np.ndarray | None = None, transform: Affine | None = None
    ) -> bytes:
        """Return a tile as the bytes of a GeoTIFF.

        Args:
            image: ``(bands, height, width)``.
            valid: ``(height, width)``, bool; ``None`` when every pixel is valid.
            transform: Affine transform of the tile.
        """
        mask = valid if self._nodata is None else None
        if mask is None and image.dtype.kind != "f" and image.nbytes <= _MOST_BYTES:
            linear = None if transform is None else (*transform[:2], *transform[3:5])
            key = (image.shape, image.dtype, linear)
            if key not in self._heads:
                self._heads[key] = self._make_head(image, transform)
            head = self._heads[key]
            if head is not None:
                return _assemble(head, _compressed_strips(image), transform)
        return self._encode_by_gdal(image, mask, transform)

    def _make_head(self, image: np.ndarray, transform: Affine | None) -> _Head | None:
        with MemoryFile() as memory:
            with memory.open(**self._profile(image, transform), sparse_ok=True):
                pass
            return _find_positions(memory.read(), transform is not None)

    def _encode_by_gdal(
        self, image: np.ndarray, valid: np.ndarray | None, transform: Affine | None
    ) -> bytes:
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), MemoryFile() as memory:
            with memory.open(**self._profile(image, transform)) as out:
                out.write(image)
                if valid is not None:
                    out.write_mask(valid)
            return memory.read()

    def _profile(self, image: np.ndarray, transform: Affine | None) -> dict[str, Any]:
        bands, height, width = image.shape
        place = {} if transform is None else {"crs": self._crs, "transform": transform}
        return {
            "driver": "GTiff",
            "height": height,
            "width": width,
            "count": bands,
            "dtype": image.dtype,
            "compress": "zstd",
            "zstd_level": _ZSTD_LEVEL,
            "predictor": 3 if image.dtype.kind == "f" else 2,
            "interleave": "pixel",
            "blockysize": min(_ROWS_PER_STRIP, height),
            "nodata": self._nodata,
            # By default GDAL declares the fourth of four 8-bit bands to be alpha.
            **({} if bands == 3 else {"photometric": "minisblack"}),
            **place,
        }


def interleaved(image: np.ndarray) -> np.ndarray:
    """Return bands ``(bands, height, width)`` as contiguous pixels ``(height, width, bands)``."""
    if 1 < len(image) <= _MOST_CHANNELS:
        return cv2.merge(list(image))  # 20 times faster than NumPy's copy
    return np.ascontiguousarray(image.transpose(1, 2, 0))


def _find_positions(data: bytes, placed: bool) -> _Head | None:
    """Return the head of a file without data; ``None`` when it is of another build than here."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags: Any = file.pages[0].tags  # type: ignore[union-attr]
        offsets, counts, tiepoint = tags[_OFFSETS], tags[_COUNTS], tags.get(_TIEPOINT)
        known = (
            not file.is_bigtiff
            and file.byteorder == "<"
            and offsets.dtype == counts.dtype == _UINT32
            and placed == (tiepoint is not None)
        )
        if not known:
            return None
        # A tie point is three numbers of the raster, then x, y and z on the ground.
        origin = tiepoint.valueoffset + 3 * 8 if placed else None
        return _Head(data, offsets.valueoffset, counts.valueoffset, origin)


def _compressed_strips(image: np.ndarray) -> list[bytes]:
    """Take differences to the left neighbours (TIFF predictor 2), and compress strip by strip."""
    pixels = interleaved(image)
    differences = np.empty(pixels.shape, pixels.dtype)
    differences[:, 0] = pixels[:, 0]
    np.subtract(pixels[:, 1:], pixels[:, :-1], out=differences[:, 1:])
    codec = pyarrow.Codec("zstd", compression_level=_ZSTD_LEVEL)
    return [
        codec.compress(differences[row : row + _ROWS_PER_STRIP], asbytes=True)
        for row in range(0, len(differences), _ROWS_PER_STRIP)
    ]


def _assemble(head: _Head, strips: list[bytes], transform: Affine | None) -> bytes:
    counts = np.array([len(strip) for strip in strips], "<u4")
    offsets = len(head.data) + np.cumsum(counts, dtype="<u4") - counts
    data = bytearray(head.data)
    data[head.offsets : head.offsets + offsets.nbytes] = offsets.tobytes()
    data[head.counts : head.counts + counts.nbytes] = counts.tobytes()
    if head.origin is not None and transform is not None:
        struct.pack_into("<dd", data, head.origin, transform.c, transform.f)
    return b"".join([data, *strips])
