"""GeoTIFF tiles (zstd, predictor, pixel-interleaved) at the speed of their compressor.

GDAL takes longer to set up a small GeoTIFF than to compress it. The tiles of a scene differ in
place and pixels alone, so GDAL writes the head of one (as a file without data) and every further
tile is that head with its place, followed by its compressed strips.
"""

from __future__ import annotations

import io
import struct
import sys
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pyarrow
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.io import MemoryFile

ROWS_PER_STRIP = 64
_ZSTD_LEVEL = 1
# By TIFF's numbers.
_TYPES: dict[int, np.dtype[Any]] = {3: np.dtype("uint16"), 4: np.dtype("uint32")}
_MOST_BYTES = 2**31  # beyond, GDAL decides between TIFF and BigTIFF
_MOST_CHANNELS = 64  # of an OpenCV array
_TIEPOINT, _TRANSFORMATION = 33922, 34264
_OFFSETS, _COUNTS = 273, 279


@dataclass(frozen=True)
class _Head:
    """A GeoTIFF without data, and where in it the values stand that differ between tiles."""

    data: bytes
    offsets: int
    counts: int
    count_type: np.dtype
    origin: tuple[int, int] | None


class GeoTiffEncoder:
    """Encodes the tiles of one scene; safe to use from several threads."""

    def __init__(self, crs: CRS | None, nodata: float | None) -> None:
        """Prepare to encode.

        Args:
            crs: CRS of the tiles, if they have a transform.
            nodata: No-data value of the tiles. Without one, invalid pixels are told by a mask.
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
        masked = valid is not None and self._nodata is None
        if masked or image.dtype.kind == "f" or image.nbytes > _MOST_BYTES:
            return self._encode_by_gdal(image, valid if masked else None, transform)
        linear = None if transform is None else (*transform[:2], *transform[3:5])
        key = (image.shape, image.dtype, linear)
        if key not in self._heads:
            self._heads[key] = self._make_head(image, transform)
        head = self._heads[key]
        if head is not None:
            strips = _compressed_strips(image)
            if max(map(len, strips)) <= np.iinfo(head.count_type).max:
                return _assemble(head, strips, transform)
        return self._encode_by_gdal(image, None, transform)

    def _make_head(self, image: np.ndarray, transform: Affine | None) -> _Head | None:
        with MemoryFile() as memory:
            with memory.open(**self._profile(image, transform), sparse_ok=True):
                pass
            return _find_places(memory.read(), transform is not None)

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
            "blockysize": min(ROWS_PER_STRIP, height),
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


def _find_places(data: bytes, placed: bool) -> _Head | None:
    """Find the places to fill in; ``None`` for a head of another build than is known here."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags: Any = file.pages[0].tags  # type: ignore[union-attr]
        offsets, counts = tags[_OFFSETS], tags[_COUNTS]
        tiepoint, matrix = tags.get(_TIEPOINT), tags.get(_TRANSFORMATION)
        origin = None
        if tiepoint is not None:
            origin = (tiepoint.valueoffset + 24, tiepoint.valueoffset + 32)
        elif matrix is not None:
            origin = (matrix.valueoffset + 24, matrix.valueoffset + 56)
        known = (
            not file.is_bigtiff
            and file.byteorder == "<"
            and sys.byteorder == "little"
            and _TYPES.get(offsets.dtype) == np.uint32
            and counts.dtype in _TYPES
            and placed == (origin is not None)
        )
        if not known:
            return None
        places = offsets.valueoffset, counts.valueoffset
        return _Head(data, *places, _TYPES[counts.dtype], origin)


def _compressed_strips(image: np.ndarray) -> list[bytes]:
    """Take differences to the left neighbours (TIFF predictor 2), and compress strip by strip."""
    pixels = interleaved(image)
    differences = np.empty(pixels.shape, pixels.dtype)
    differences[:, 0] = pixels[:, 0]
    np.subtract(pixels[:, 1:], pixels[:, :-1], out=differences[:, 1:])
    codec = pyarrow.Codec("zstd", compression_level=_ZSTD_LEVEL)
    return [
        codec.compress(differences[row : row + ROWS_PER_STRIP], asbytes=True)
        for row in range(0, len(differences), ROWS_PER_STRIP)
    ]


def _assemble(head: _Head, strips: list[bytes], transform: Affine | None) -> bytes:
    counts = np.array([len(strip) for strip in strips], head.count_type)
    offsets = len(head.data) + np.cumsum(counts, dtype=np.uint32) - counts
    data = bytearray(head.data)
    for place, values in ((head.offsets, offsets), (head.counts, counts)):
        data[place : place + values.nbytes] = values.tobytes()
    if head.origin is not None and transform is not None:
        for place, value in zip(head.origin, (transform.c, transform.f), strict=True):
            struct.pack_into("<d", data, place, value)
    return b"".join([data, *strips])
