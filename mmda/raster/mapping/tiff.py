"""Joining tiled TIFFs, one per resolution, into one file, whose tiles are copied as they are.

Nothing is decoded or compressed again, so this takes as long as copying the files. All directories
stand before all tiles, and smaller overviews before larger ones: so a cloud-optimised GeoTIFF is
laid out (`GDAL's documentation of its driver COG
<https://gdal.org/en/stable/drivers/raster/cog.html#file-format-details>`_).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import tifffile

SUBFILE_TYPE, OFFSETS, SIZES = 254, 324, 325  # tags
OVERVIEW = 1  # value of SUBFILE_TYPE
LONG, LONG8 = 4, 16  # types of values: of 4 and of 8 bytes
AROUND = 4  # bytes before a tile, and behind it
CLASSIC_LIMIT = 2**32 - 2**20  # bytes; the directories have room in what is left
_LAYOUT = (
    b"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
    b"BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
)
_STRUCTURE = b"GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n" % len(_LAYOUT) + _LAYOUT


@dataclass
class _Level:
    """One resolution: the tags of its directory but for where the tiles stand, and the tiles.

    Attributes:
        path: The file.
        order: ``'<'`` or ``'>'``, the order of the bytes in it.
        tags: Type, number of values and the values' bytes by the tag's number.
        offsets: Where every tile begins in the file, 0 for one without data.
        sizes: Their lengths in bytes.
    """

    path: Path
    order: str
    tags: dict[int, tuple[int, int, bytes]] = field(default_factory=dict)
    offsets: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


class _Form:
    """How a classic TIFF, or a BigTIFF, writes its header and its directories."""

    def __init__(self, order: str, big: bool) -> None:
        self.order, self.big = order, big
        self.word, self.kind = ("Q", LONG8) if big else ("I", LONG)
        self.bytes = 8 if big else 4  # of a word

    def header(self) -> bytes:
        """Return the header: the first directory follows on it and on the layout's text."""
        mark = b"II" if self.order == "<" else b"MM"
        first = self.start()
        if self.big:
            return mark + struct.pack(f"{self.order}HHHQ", 43, 8, 0, first) + _STRUCTURE
        return mark + struct.pack(f"{self.order}HI", 42, first) + _STRUCTURE

    def start(self) -> int:
        """Return where the first directory stands."""
        return _even((16 if self.big else 8) + len(_STRUCTURE))

    def size(self, tags: dict[int, tuple[int, int, bytes]]) -> int:
        """Return the length of a directory with the values that stand behind it."""
        entries = (8 if self.big else 2) + len(tags) * (4 + 2 * self.bytes) + self.bytes
        return entries + sum(_even(len(v)) for *_, v in tags.values() if len(v) > self.bytes)

    def directory(self, tags: dict[int, tuple[int, int, bytes]], at: int, following: int) -> bytes:
        """Return a directory that stands at ``at``, the next one at ``following``."""
        head = struct.pack(self.order + ("Q" if self.big else "H"), len(tags))
        entries, values = [head], []
        place = at + len(head) + len(tags) * (4 + 2 * self.bytes) + self.bytes
        for tag, (kind, count, value) in sorted(tags.items()):
            entries.append(struct.pack(f"{self.order}HH{self.word}", tag, kind, count))
            if len(value) <= self.bytes:
                entries.append(value.ljust(self.bytes, b"\0"))
                continue
            entries.append(struct.pack(self.order + self.word, place))
            values.append(value.ljust(_even(len(value)), b"\0"))
            place += len(values[-1])
        entries.append(struct.pack(self.order + self.word, following))
        return b"".join(entries + values)


def join_levels(files: Sequence[Path], out: Path, classic_limit: int = CLASSIC_LIMIT) -> None:
    """Write one TIFF with a raster and its overviews.

    Args:
        files: Tiled TIFFs of one directory each: the raster, then its overviews, each smaller than
            the one before.
        out: The file to write; a BigTIFF where it needs to be.
        classic_limit: Bytes up to which it is none.
    """
    levels = [_read(path) for path in files]
    for overview in levels[1:]:
        overview.tags[SUBFILE_TYPE] = (LONG, 1, struct.pack(f"{overview.order}I", OVERVIEW))
    total = sum(_length(level) + 8 * len(level.sizes) for level in levels)
    form = _Form(levels[0].order, total > classic_limit)
    with out.open("wb") as file:
        file.write(b"".join(_head(levels, form)))
        for level in reversed(levels):
            _copy_tiles(level, file)


def _read(path: Path) -> _Level:
    """Read the directory of a tiled TIFF."""
    with tifffile.TiffFile(path) as tiff:
        page, level = tiff.pages.first, _Level(path, tiff.byteorder)
        for tag in page.tags:
            if tag.code not in (OFFSETS, SIZES):
                tiff.filehandle.seek(tag.valueoffset)
                value = tiff.filehandle.read(tag.valuebytecount)
                level.tags[tag.code] = (int(tag.dtype), tag.count, value)
        level.offsets, level.sizes = list(page.dataoffsets), list(page.databytecounts)
    return level


def _head(levels: Sequence[_Level], form: _Form) -> Iterator[bytes]:
    """Yield all that stands before the tiles."""
    layouts = [{**level.tags, **_places(level, form, 0)} for level in levels]
    starts = [form.start()]
    for tags in layouts:
        starts.append(_even(starts[-1] + form.size(tags)))
    firsts: list[int] = []
    data = starts[-1]
    for level in reversed(levels):
        firsts.insert(0, data)
        data += _length(level)
    yield form.header().ljust(starts[0], b"\0")
    for number, level in enumerate(levels):
        following = starts[number + 1] if number + 1 < len(levels) else 0
        tags = {**level.tags, **_places(level, form, firsts[number])}
        length = starts[number + 1] - starts[number]
        yield form.directory(tags, starts[number], following).ljust(length, b"\0")


def _places(level: _Level, form: _Form, first: int) -> dict[int, tuple[int, int, bytes]]:
    """Return the tags of where the tiles stand, the first of them at ``first``."""
    offsets = []
    for size in level.sizes:
        offsets.append(first + AROUND if size else 0)
        first += _room(size)
    tags = {}
    for tag, values in ((OFFSETS, offsets), (SIZES, level.sizes)):
        packed = struct.pack(f"{form.order}{len(values)}{form.word}", *values)
        tags[tag] = (form.kind, len(values), packed)
    return tags


def _copy_tiles(level: _Level, out: BinaryIO) -> None:
    """Write each tile between its length and a copy of its last bytes, as the layout says."""
    with level.path.open("rb") as file:
        for offset, size in zip(level.offsets, level.sizes, strict=True):
            if size:
                file.seek(offset)
                tile = file.read(size)
                out.write(struct.pack("<I", size) + tile + tile[-AROUND:])


def _length(level: _Level) -> int:
    """Return how many bytes the tiles of a level take."""
    return sum(map(_room, level.sizes))


def _room(size: int) -> int:
    return size + 2 * AROUND if size else 0


def _even(number: int) -> int:
    return number + number % 2
