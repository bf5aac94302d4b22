"""Datasets of tiles, as written by the converters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset

from mmda.datasets.few_labels import choose_rows, only_rows
from mmda.errors import ConfigError, DataError, check_choice
from mmda.raster.dataset.domain import ClassMap, TiledDomain, count_splits
from mmda.raster.dataset.training_data import TrainingData
from mmda.registry import DATASETS

BACKGROUND = "background"


@DATASETS.register_module()
class TiledDataset(BaseDataset):
    """One domain of a tiled dataset.

    Features:
        images of any band count in uint8, uint16 or float32, single-band uint8 labels.
    Format:
        ``data_root/dataset.json``, ``data_root/manifest.parquet`` and
        ``data_root/{split}/{images,labels}`` (see :mod:`mmda.raster`).
    Classes:
        those of ``dataset.json``, or of the sub-class's ``METAINFO``, which must agree.
    No-data:
        255 in the labels is ignored.

    Args:
        data_root: The tiled dataset's folder.
        split: One of the manifest's splits.
        labelled: Whether to load labels. False for the target domain of a training set: its
            labels, where they exist, are then never read.
        pipeline: Transforms; they start from ``img_path``, ``seg_map_path`` and ``domain``.
        split_file: CSV with the columns ``scene`` and ``split``, which replace the manifest's
            splits for the scenes that it names.
        class_map: The dataset's class name -> class name in ``metainfo['classes']``, or ``None`` to
            ignore the class. It is applied when labels are loaded.
        domain: Name of the domain, by which the data preprocessor chooses its statistics; by
            default that of ``dataset.json``.
        indices: Keep only the first ``n`` samples, or those listed.
        metainfo: ``classes`` and ``palette`` to use in place of the dataset's own, and
            ``background``, the name of the class of everything else, which class mixing does not
            paste; None for none. By default it is the class named "background", if there is one.
        labelled_tiles: The few tiles of an unlabelled target that have labels all the same, see
            :func:`~mmda.datasets.few_labels.choose_rows`. Where ``labelled`` is False they are kept
            for :class:`~mmda.datasets.PairedDomainDataset`, which mixes them into the source. Where
            it is True, the dataset consists of them.
        only_tiles: Keep only these tiles of the split, see
            :func:`~mmda.datasets.few_labels.only_rows`.
        test_mode: As in MMEngine.

    Raises:
        DataError: When the folder or the manifest is missing, the split is unknown or empty,
            ``labelled`` is True and a tile has no label, or ``labelled_tiles`` names no tile.
        ConfigError: When the classes differ from the sub-class's, ``class_map`` does not fit, or
            there is no class of the background's name.
    """

    METAINFO: dict = {}

    def __init__(
        self,
        data_root: str,
        split: str = "train",
        labelled: bool = True,
        pipeline: Sequence[Any] = (),
        split_file: str | None = None,
        class_map: ClassMap | None = None,
        domain: str | None = None,
        indices: int | Sequence[int] | None = None,
        metainfo: dict | None = None,
        labelled_tiles: str | Sequence[str] | None = None,
        only_tiles: str | Sequence[str] | None = None,
        test_mode: bool = False,
    ) -> None:
        self.tiles = TiledDomain(data_root, split_file, class_map, (metainfo or {}).get("classes"))
        info = self.tiles.info
        own = {key: info[key] for key in ("classes", "palette") if info.get(key)}
        expected = self.METAINFO.get("classes")
        if expected and list(expected) != list(own.get("classes", expected)):
            raise ConfigError(
                f"`{self.tiles.root / 'dataset.json'}` has the classes {list(own['classes'])}, but "
                f"{type(self).__name__} expects {list(expected)}. Use the dataset class of this "
                "task, or convert the data with these classes."
            )
        self.info, self.split, self.labelled = info, split, labelled
        self.labelled_tiles, self.only_tiles = labelled_tiles, only_tiles
        self.domain = domain or info["domain"]
        data = {"training_data": TrainingData.of(info).to_json()}
        meta = {**own, **data, **self.METAINFO, **(metainfo or {})}
        self.background = _background(meta.pop("background", BACKGROUND), meta.get("classes", ()))
        super().__init__(
            ann_file="",
            metainfo=meta,
            data_root=str(self.tiles.root),
            data_prefix={},
            indices=indices,
            pipeline=list(pipeline),
            test_mode=test_mode,
            lazy_init=False,
        )

    def load_data_list(self) -> list[dict]:
        """Return one record per tile of the split, in the manifest's order."""
        found = self.tiles.rows()
        rows = [row for row in found if row["split"] == self.split]
        if not rows:
            raise DataError(
                f"`{self.data_root}` has no tiles in split `{self.split}`; its splits are "
                f"{count_splits(found)}. Choose one of them, or tile the scenes again."
            )
        if self.only_tiles is not None:
            rows = only_rows(rows, self.only_tiles, str(self.data_root))
        if self.labelled and self.labelled_tiles is not None:
            classes = len(self.info["classes"])
            rows = choose_rows(rows, self.labelled_tiles, str(self.data_root), classes)
        bare = [row["id"] for row in rows if not _has_label(row)]
        if self.labelled and bare:
            advice = (
                "Set `labelled=False` for a target domain, or tile the scenes with labels."
                if self.labelled_tiles is None
                else "Tile the scenes with labels, or let `labelled_tiles` name a folder with "
                "labels/TILE.png."
            )
            raise DataError(
                f"`{self.data_root}` split `{self.split}` has tiles without labels, such as "
                f"`{bare[0]}`, but `labelled` is True. {advice}"
            )
        return self._records(rows)

    def read_image(self, index: int) -> np.ndarray:
        """Return the image of a sample as it is stored, (H, W, B), without the pipeline."""
        return self.tiles.read_image(self.get_data_info(index))[0]

    def _records(self, rows: Sequence[dict]) -> list[dict]:
        if any(row["image"] is None for row in rows):
            raise DataError(
                f"`{self.data_root}` has no tiles, only a manifest of windows (--format none): use "
                "`RasterWindowDataset` in the config."
            )
        root = self.tiles.root
        return [
            {
                **self._common(row),
                "img_path": str(root / row["image"]),
                "image": row["image"],
                **({"seg_map_path": self._label_path(row)} if self.labelled else {}),
            }
            for row in rows
        ]

    def _label_path(self, row: dict) -> str:
        return row.get("given_label") or str(self.tiles.root / row["label"])

    def _common(self, row: dict) -> dict:
        """Return the part of a tile's record that does not depend on where its pixels are read."""
        mapped = self.tiles.label_map
        return {
            "tile": row["id"],
            "tile_size": (row["height"], row["width"]),
            "valid_fraction": row["valid_fraction"],
            "domain": self.domain,
            "background": self.background,
            "seg_fields": [],
            "reduce_zero_label": False,
            **({} if mapped is None else {"label_map": mapped}),
        }

    def _join_prefix(self) -> None:
        """Do nothing, as the manifest's paths are complete."""


def _has_label(row: dict) -> bool:
    return row["class_pixels"] is not None or "given_label" in row


def _background(name: str | None, classes: Sequence[str]) -> int | None:
    """Return the id of the class that is the background; None if there is none."""
    names = [one.lower() for one in classes]
    if name is not None and name.lower() in names:
        return names.index(name.lower())
    if name not in (None, BACKGROUND):
        check_choice("background", str(name), classes, "metainfo")
    return None
