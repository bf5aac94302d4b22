"""PNG tiles, at three to four times the speed of OpenCV's encoder.

Images are about as small as OpenCV's, masks up to 1.4 times as large. Nearly all of a
PNG's time goes into its deflate, which ISA-L does with vector instructions.
"""

from __future__ import annotations

import struct

import numpy as np
from isal import isal_zlib

from mmda.errors import ConfigError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {1: 0, 3: 2}  # by bands: grey, RGB
_BIG_ENDIAN = {np.dtype("uint8"): "u1", np.dtype("uint16"): ">u2"}
_SUB = 1  # the filter: every byte less the one of the pixel to its left
_LEVEL = 1
_ROWS = 64  # filtered at a time, so that they stay in the processor's cache


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
    data = _deflate(rows, rows.shape[1] // width)
    return b"".join([_SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", data), *_END])


def _deflate(rows: np.ndarray, pixel: int) -> bytes:
    """Filter and compress rows ``(height, bytes)`` of ``pixel`` bytes a pixel.

    In one call, as ISA-L's streams find other matches at other addresses of their state: about one
    of a few thousand small images then got other bytes now and then.
    """
    filtered = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = _SUB
    for row in range(0, len(rows), _ROWS):
        part, out = rows[row : row + _ROWS], filtered[row : row + _ROWS, 1:]
        out[:, :pixel] = part[:, :pixel]
        np.subtract(part[:, pixel:], part[:, :-pixel], out=out[:, pixel:])
    return isal_zlib.compress(filtered, _LEVEL)


def _chunk(kind: bytes, data: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    checksum = isal_zlib.crc32(data, isal_zlib.crc32(kind))
    return struct.pack(">I", len(data)), kind, data, struct.pack(">I", checksum)


_END = _chunk(b"IEND", b"")
