"""One tiled dataset as a domain of a task: its own splits and classes, or a pair's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mmda.errors import ConfigError, DataError, did_you_mean
from mmda.raster.dataset.manifest import read_dataset_info, read_manifest
from mmda.raster.dataset.splits import read_split_table
from mmda.raster.dataset.tile_files import read_tile
from mmda.raster.dataset.window_reader import WindowReader, scenes_of, states_of
from mmda.raster.decoding import IGNORE
from mmda.raster.scene import SPLITS
from mmda.raster.windows import Window

ClassMap = Mapping[str, str | None]


class TiledDomain:
    """Rows, splits and classes of a tiled dataset.

    Args:
        root: Folder of the tiled dataset.
        split_file: CSV with the columns ``scene`` and ``split``: splits that replace those of
            the manifest, for the scenes it names.
        class_map: The dataset's own class names -> names in ``classes``; ``None`` is ignored.
        classes: Class names after ``class_map``; the dataset's own by default.

    Attributes:
        label_map: Class id in the labels -> class id of the domain, 255 = ignore; ``None`` where
            they are the same.

    Raises:
        DataError: When a file is missing, or the table names unknown scenes.
        ConfigError: When ``class_map`` does not fit the classes.
    """

    def __init__(
        self,
        root: str | Path,
        split_file: str | None = None,
        class_map: ClassMap | None = None,
        classes: Sequence[str] | None = None,
    ) -> None:
        self.root = Path(root)
        self.info = read_dataset_info(self.root)
        self.split_file = split_file
        self.class_map = class_map
        self.classes = list(self.info["classes"] if classes is None else classes)
        self.label_map = None if class_map is None else self._label_map(class_map)

    def rows(self, split: str | None = None) -> list[dict[str, Any]]:
        """Read the manifest's rows, in its order.

        Args:
            split: Only the tiles of this split; all by default.

        Returns:
            One dict per tile, with the splits and the pixels per class of this domain.
        """
        rows = read_manifest(self.root)
        if self.split_file is not None:
            self._place(rows, self.split_file)
        if self.label_map is not None:
            for row in rows:
                self._map_counts(row, self.label_map)
        return [row for row in rows if split is None or row["split"] == split]

    def window_reader(
        self, rows: Sequence[Mapping[str, Any]], labelled: bool, max_open: int = 32
    ) -> WindowReader:
        """Return a reader of the windows of ``rows``, in the dataset's own classes."""
        gsd = self.info["options"]["gsd"]
        return WindowReader(
            scenes_of(rows), self.info["classes"], gsd, labelled, max_open, states_of(rows)
        )

    def read_image(self, row: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray | None]:
        """Read the image of a tile from its file, or from the raster where there are no tiles.

        Returns:
            Image ``(H, W, B)``; and validity ``(H, W)``, bool, or ``None`` where all is valid.
        """
        if row["image"] is not None:
            return read_tile(str(self.root / row["image"]))
        pixels = self._windows.read(row["scene"], row_window(row))
        return np.ascontiguousarray(np.moveaxis(pixels.image, 0, -1)), pixels.valid

    @cached_property
    def _windows(self) -> WindowReader:
        return self.window_reader(self.rows(), labelled=False)

    def _label_map(self, class_map: ClassMap) -> dict[int, int]:
        own = list(self.info["classes"])
        for name in class_map:
            if name not in own:
                raise ConfigError(
                    f"The class map of `{self.root}` names the class `{name}`, but its classes are "
                    f"{', '.join(own)}." + did_you_mean(name, own)
                )
        table = {}
        for index, name in enumerate(own):
            if name not in class_map:
                raise ConfigError(
                    f"The class map of `{self.root}` lacks the class `{name}`. Map it to one of "
                    f"{', '.join(self.classes)}, or to None to ignore it."
                )
            target = class_map[name]
            if target is not None and target not in self.classes:
                raise ConfigError(
                    f"The class map of `{self.root}` maps `{name}` to `{target}`; expected one of "
                    f"{', '.join(self.classes)}." + did_you_mean(target, self.classes)
                )
            table[index] = IGNORE if target is None else self.classes.index(target)
        return table

    def _place(self, rows: list[dict[str, Any]], split_file: str) -> None:
        table = read_split_table(split_file)
        unknown = sorted(set(table) - {row["scene"] for row in rows})
        if unknown:
            raise DataError(
                f"The split table `{split_file}` names {len(unknown)} scenes that `{self.root}` "
                f"does not have, e.g. `{unknown[0]}`: the data have changed. Pair them again."
            )
        for row in rows:
            if row["scene"] in table:
                row["split"] = table[row["scene"]].split

    def _map_counts(self, row: dict[str, Any], label_map: Mapping[int, int]) -> None:
        if row["class_pixels"] is None:
            return
        counts = [0] * len(self.classes)
        for own, pixels in enumerate(row["class_pixels"]):
            if label_map[own] == IGNORE:
                row["ignore_pixels"] += pixels
            else:
                counts[label_map[own]] += pixels
        row["class_pixels"] = counts


def count_splits(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of tiles of every split that has some."""
    names = [row["split"] for row in rows]
    return {split: names.count(split) for split in SPLITS if split in names}


def row_window(row: Mapping[str, Any]) -> Window:
    """Return the window of a manifest row on its scene's grid."""
    return Window(row["row"], row["col"], row["height"], row["width"])


def typical_gsd(rows: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the tiles' median metres per pixel; ``None`` if it is unknown for all of them."""
    known = [row["gsd"] for row in rows if row["gsd"] is not None]
    return float(np.median(known)) if known else None
