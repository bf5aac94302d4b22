"""PNG tiles: equal pixels give equal bytes, faster than with OpenCV's encoder.

Images take 0.6 of its time for 0.9 of its size, masks a third for 1.2 times (up to 1.4). Nearly all
of it is the deflate: zlib-ng's is the faster for masks, libdeflate's for images. ISA-L is faster
than both, but its fast levels give other bytes now and then: the address of its state has a say in
which matches it finds.
"""

from __future__ import annotations

import struct

import deflate
import numpy as np
from zlib_ng import zlib_ng

from mmda.errors import ConfigError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {1: 0, 3: 2}  # by bands: grey, RGB
_BIG_ENDIAN = {np.dtype("uint8"): "u1", np.dtype("uint16"): ">u2"}
_SUB = 1  # the filter: every byte less the one of the pixel to its left
_MASK_LEVEL, _IMAGE_LEVEL = 2, 1  # of zlib-ng, of libdeflate


def encode_png(pixels: np.ndarray) -> bytes:
    """Return an image as the bytes of a PNG; equal pixels give equal bytes.

    Args:
        pixels: ``(height, width, bands)`` or ``(height, width)``, 1 or 3 bands, uint8 or uint16.

    Raises:
        ConfigError: For pixels of other bands or another type.
    """
    height, width = pixels.shape[:2]
    bands = pixels.size // (height * width)
    if pixels.dtype not in _BIG_ENDIAN or bands not in _COLOR_TYPES:
        raise ConfigError(
            f"A PNG holds 1 or 3 bands of uint8 or uint16, but got {bands} of {pixels.dtype}: "
            "use another format, or convert the pixels."
        )
    depth = 8 * pixels.dtype.itemsize
    header = struct.pack(">IIBBBBB", width, height, depth, _COLOR_TYPES[bands], 0, 0, 0)
    big_endian = np.ascontiguousarray(pixels, _BIG_ENDIAN[pixels.dtype])
    rows = big_endian.reshape(height, -1).view(np.uint8)
    data = _compressed(rows, rows.shape[1] // width, bands)
    return b"".join([_SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", data), *_END])


def _compressed(rows: np.ndarray, pixel: int, bands: int) -> bytes | bytearray:
    """Filter and compress rows ``(height, bytes)`` of ``pixel`` bytes a pixel."""
    filtered = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = _SUB
    filtered[:, 1 : 1 + pixel] = rows[:, :pixel]
    np.subtract(rows[:, pixel:], rows[:, :-pixel], out=filtered[:, 1 + pixel :])
    if bands == 1:
        return zlib_ng.compress(filtered, _MASK_LEVEL)
    return deflate.zlib_compress(filtered, _IMAGE_LEVEL)


def _chunk(kind: bytes, data: bytes | bytearray) -> tuple[bytes, bytes, bytes | bytearray, bytes]:
    checksum = deflate.crc32(data, deflate.crc32(kind))
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)


_END = _chunk(b"IEND", b"")
