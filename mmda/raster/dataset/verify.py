"""Checking a tiled dataset on disk against its manifest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import deflate
import numpy as np
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from tqdm import tqdm

from mmda.errors import DataError
from mmda.raster.dataset.domain import row_window
from mmda.raster.dataset.manifest import read_dataset_info, read_manifest
from mmda.raster.dataset.stats import class_pixels, pixels_per_split
from mmda.raster.dataset.window_reader import WindowReader, scenes_of, states_of
from mmda.raster.decoding import IGNORE
from mmda.raster.io.handles import quiet_georeference
from mmda.raster.scene import SPLITS
from mmda.utils.threads import map_in_threads

_CHUNK = 256  # tiles per task handed to the threads


@dataclass(frozen=True)
class Verification:
    """What a check found.

    Attributes:
        tiles: Number of tiles in the manifest.
        files: Number of files that were read.
        bytes: What they take on disk.
        problems: One sentence per problem, in the order of the tiles; empty when all is well.
    """

    tiles: int
    files: int
    bytes: int
    problems: list[str] = field(default_factory=list)


def verify_dataset(root: str | Path, workers: int = 2, progress: bool = True) -> Verification:
    """Read every tile again and compare it with the manifest.

    Checked are the counts per split and class, the set of files, and of every file its size,
    checksum, height, width, bands and data type; of labels also the values and their counts.
    Without tiles, the windows are read from the rasters: these must have kept their size and
    georeference, and the windows their valid share and their pixels per class.

    Args:
        root: Folder of the tiled dataset.
        workers: Number of threads.
        progress: Show a progress bar on stderr.

    Raises:
        DataError: When there is no manifest or ``dataset.json``, or it cannot be read.
    """
    folder = Path(root)
    info, rows = read_dataset_info(folder), read_manifest(folder)
    problems = [*_check_counts(info, rows), *_check_files(folder, rows)]
    chunks = [rows[i : i + _CHUNK] for i in range(0, len(rows), _CHUNK)]
    with (
        quiet_georeference(),
        tqdm(total=len(rows), unit="tile", desc="verifying", disable=not progress) as bar,
    ):
        reader = _window_reader(rows, info)
        checked = map_in_threads(lambda c: _check_tiles(folder, c, info, reader), chunks, workers)
        for chunk, found in zip(chunks, checked, strict=True):
            problems += found
            bar.update(len(chunk))
    sizes = [row[f"{kind}_bytes"] for kind in ("image", "label") for row in rows if row[kind]]
    return Verification(len(rows), len(sizes), sum(sizes), problems)


def _check_counts(info: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    counts = {split: sum(row["split"] == split for row in rows) for split in SPLITS}
    counts = {split: count for split, count in counts.items() if count}
    if counts != info["splits"]:
        yield f"manifest.parquet lists the tiles {counts}, dataset.json {info['splits']}"
    if len({row["id"] for row in rows}) < len(rows):
        yield "manifest.parquet lists a tile twice"
    labelled = [row for row in rows if row["class_pixels"] is not None]
    if (pixels_per_split(labelled) or None) != info["class_pixels"]:
        yield "the class_pixels of dataset.json are not the sums of those in manifest.parquet"


def _check_files(folder: Path, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Find files that the manifest does not list; hidden ones are leftovers that nothing reads."""
    listed = {row[kind] for row in rows for kind in ("image", "label")}
    for split in SPLITS:
        for kind in ("images", "labels"):
            for path in sorted((folder / split / kind).glob("[!.]*")):
                if f"{split}/{kind}/{path.name}" not in listed:
                    yield f"`{path}` is not in the manifest"


def _window_reader(rows: Sequence[dict[str, Any]], info: dict[str, Any]) -> WindowReader:
    """Return a reader of the tiles that have no file; it opens nothing before it is used."""
    bare = [row for row in rows if row["image"] is None]
    gsd = info["options"]["gsd"] if bare else None
    return WindowReader(scenes_of(bare), info["classes"], gsd, states=states_of(bare))


def _check_tiles(
    folder: Path, rows: Sequence[dict[str, Any]], info: dict[str, Any], reader: WindowReader
) -> list[str]:
    problems: list[str] = []
    for row in rows:
        if row["image"] is None:
            problem = _check_window(row, info, reader)
            problems += [problem] if problem and problem not in problems else []
        for kind in ("image", "label"):
            if row[kind] is not None:
                path = folder / row[kind]
                problem = _check_file(path, row, kind, info)
                problems += [f"`{path}` {problem}"] if problem else []
    return problems


def _check_window(row: dict[str, Any], info: dict[str, Any], reader: WindowReader) -> str | None:
    """Read the pixels of a tile without a file."""
    try:
        pixels = reader.read(row["scene"], row_window(row))
    except DataError as error:
        return str(error)
    valid = 1.0 if pixels.valid is None else float(pixels.valid.mean())
    if abs(valid - row["valid_fraction"]) > 1e-9:
        expected = row["valid_fraction"]
        return f"`{row['id']}` is valid to {valid:.2%}, the manifest says {expected:.2%}"
    if pixels.label is None:
        return None
    problem = _check_counts_of(pixels.label, row, len(info["classes"]))
    return f"`{row['id']}` {problem}" if problem else None


def _check_file(path: Path, row: dict[str, Any], kind: str, info: dict[str, Any]) -> str | None:
    try:
        data = path.read_bytes()
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    size, checksum = row[f"{kind}_bytes"], row.get(f"{kind}_crc32")
    if len(data) != size:
        return f"has {len(data)} bytes, the manifest says {size}"
    if checksum is not None and deflate.crc32(data) != checksum:
        return f"has the checksum {deflate.crc32(data):08x}, the manifest says {checksum:08x}"
    return _check_label(data, row, info) if kind == "label" else _check_image(data, row, info)


def _check_image(data: bytes, row: dict[str, Any], info: dict[str, Any]) -> str | None:
    try:
        with MemoryFile(data) as file, file.open() as dataset:
            found = dataset.read()
    except RasterioError as error:
        return f"cannot be decoded ({error.__cause__ or error})"
    return _differs(found, (info["bands"], row["height"], row["width"]), info["dtype"])


def _check_label(data: bytes, row: dict[str, Any], info: dict[str, Any]) -> str | None:
    label = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if label is None:
        return "cannot be decoded"
    problem = _differs(label, (row["height"], row["width"]), "uint8")
    if problem:
        return problem
    classes = len(info["classes"])
    values = np.flatnonzero(np.bincount(label.ravel(), minlength=256))
    unknown = [int(value) for value in values if classes <= value < IGNORE]
    if unknown:
        return f"holds the values {unknown[:5]}; expected 0..{classes - 1} and 255"
    return _check_counts_of(label, row, classes)


def _check_counts_of(label: np.ndarray, row: dict[str, Any], classes: int) -> str | None:
    counts, ignored = class_pixels(label, classes)
    if (counts, ignored) != (row["class_pixels"], row["ignore_pixels"]):
        expected = (row["class_pixels"], row["ignore_pixels"])
        return f"has {counts} pixels per class and {ignored} ignored, the manifest says {expected}"
    return None


def _differs(found: np.ndarray, shape: tuple[int, ...], dtype: str) -> str | None:
    if found.shape == shape and found.dtype == dtype:
        return None
    return f"holds {found.shape} {found.dtype}, the manifest says {shape} {dtype}"
