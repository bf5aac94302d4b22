"""The manifest of pseudo-labels: that of the target, with the pseudo-labels as its labels."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.raster.dataset.manifest import MANIFEST
from mmda.utils.files import atomic_path

if TYPE_CHECKING:
    import pyarrow

_ROWS = 512  # in memory at a time


@dataclass(frozen=True)
class LabelRow:
    """A written label.

    Attributes:
        path: Path of the file, relative to the folder of the pseudo-labels.
        size: Size of the file, in bytes.
        crc32: CRC-32 of the file.
        class_pixels: Number of labelled pixels per class.
        ignore_pixels: Number of pixels without label.
    """

    path: str
    size: int
    crc32: int
    class_pixels: list[int]
    ignore_pixels: int


def write_label_manifest(
    root: Path, target: Path, split: str, labels: Mapping[str, LabelRow]
) -> None:
    """Write the manifest of the tiles that have pseudo-labels, some rows at a time.

    Georeference and footprint are the target's. Image paths refer to the target's folder; the
    manifest does not refer to the true labels.

    Args:
        root: Folder of the pseudo-labels.
        target: Folder of the tiled target.
        split: The split that was labelled.
        labels: The labels by tile id.
    """
    import pyarrow.parquet

    source = pyarrow.parquet.ParquetFile(target / MANIFEST)
    relative = os.path.relpath(target, root)
    with atomic_path(root / MANIFEST) as temporary, ExitStack() as stack:
        writer = None
        for batch in source.iter_batches(_ROWS):
            table = _relabelled(pyarrow.Table.from_batches([batch]), relative, split, labels)
            if writer is None:
                table = table.replace_schema_metadata(source.schema_arrow.metadata)
                writer = pyarrow.parquet.ParquetWriter(temporary, table.schema, compression="zstd")
                stack.enter_context(writer)
            writer.write_table(table.cast(writer.schema))


def _relabelled(
    table: pyarrow.Table, target: str, split: str, labels: Mapping[str, LabelRow]
) -> pyarrow.Table:
    """Return the rows of the tiles that have pseudo-labels, with these labels.

    Args:
        table: Rows of the target's manifest.
        target: Path of the target's folder, relative to that of the pseudo-labels.
        split: The split that was labelled.
        labels: The labels by tile id.
    """
    import pyarrow

    table = table.filter(pyarrow.array([tile in labels for tile in table["id"].to_pylist()]))
    rows = [labels[tile] for tile in table["id"].to_pylist()]
    text, whole = pyarrow.string(), pyarrow.int64()
    images = [None if i is None else os.path.join(target, i) for i in table["image"].to_pylist()]
    columns = {
        "split": pyarrow.array([split] * len(rows), text),
        "image": pyarrow.array(images, text),
        "label_source": pyarrow.nulls(len(rows), text),
        "scene_spec": _unlabelled_scenes(table["scene_spec"]),
        "label": pyarrow.array([row.path for row in rows], text),
        "label_bytes": pyarrow.array([row.size for row in rows], whole),
        "label_crc32": pyarrow.array([row.crc32 for row in rows], whole),
        "class_pixels": pyarrow.array([r.class_pixels for r in rows], pyarrow.list_(whole)),
        "ignore_pixels": pyarrow.array([row.ignore_pixels for row in rows], whole),
    }
    for name, column in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return table


def _unlabelled_scenes(scenes: pyarrow.ChunkedArray) -> pyarrow.Array:
    """Return scene descriptions without the paths of their labels."""
    import pyarrow

    def bare(text: str) -> str:
        return json.dumps({**json.loads(text), "label": None})

    by_scene = {text: bare(text) for text in scenes.unique().to_pylist()}
    return pyarrow.array((by_scene[text.as_py()] for text in scenes), pyarrow.string())
