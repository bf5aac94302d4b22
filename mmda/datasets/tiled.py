"""Datasets of tiles, as written by the converters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.dataset import BaseDataset

from mmda.errors import ConfigError, DataError
from mmda.raster.manifest import read_dataset_info, read_manifest
from mmda.registry import DATASETS


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
        indices: Keep only the first ``n`` samples, or those listed.
        metainfo: ``classes`` and ``palette`` to use in place of the dataset's own.
        test_mode: As in MMEngine.

    Raises:
        DataError: When the folder or the manifest is missing, the split is unknown or empty, or
            labels are asked for and absent.
        ConfigError: When the classes differ from the sub-class's.
    """

    METAINFO: dict = {}

    def __init__(
        self,
        data_root: str,
        split: str = "train",
        labelled: bool = True,
        pipeline: Sequence[Any] = (),
        indices: int | Sequence[int] | None = None,
        metainfo: dict | None = None,
        test_mode: bool = False,
    ) -> None:
        root = Path(data_root)
        info = read_dataset_info(root)
        own = {key: info[key] for key in ("classes", "palette") if info.get(key)}
        expected = self.METAINFO.get("classes")
        if expected and list(expected) != list(own.get("classes", expected)):
            raise ConfigError(
                f"`{root / 'dataset.json'}` has the classes {list(own['classes'])}, but "
                f"{type(self).__name__} expects {list(expected)}. Use the dataset class of this "
                "task, or convert the data with these classes."
            )
        self.info, self.split, self.labelled = info, split, labelled
        super().__init__(
            ann_file="",
            metainfo={**own, **self.METAINFO, **(metainfo or {})},
            data_root=str(root),
            data_prefix={},
            indices=indices,
            pipeline=list(pipeline),
            test_mode=test_mode,
            lazy_init=False,
        )

    def load_data_list(self) -> list[dict]:
        """Return one record per tile of the split, in the manifest's order."""
        root = Path(self.data_root)
        rows = [row for row in read_manifest(root) if row["split"] == self.split]
        if not rows:
            raise DataError(
                f"`{root}` has no tiles in split `{self.split}`; its splits are "
                f"{self.info.get('splits')}. Choose one of these, or tile the scenes again."
            )
        if self.labelled and any(row["label"] is None for row in rows):
            raise DataError(
                f"`{root}` split `{self.split}` has tiles without labels, but labels are asked "
                "for. Set `labelled=False` for a target domain, or tile the scenes with labels."
            )
        return [self._record(root, row) for row in rows]

    def _record(self, root: Path, row: dict) -> dict:
        record = {
            "img_path": str(root / row["image"]),
            "tile": row["id"],
            "domain": self.info["domain"],
            "seg_fields": [],
            "reduce_zero_label": False,
        }
        if self.labelled:
            record["seg_map_path"] = str(root / row["label"])
        return record

    def _join_prefix(self) -> None:
        """Do nothing: the manifest's paths are complete."""
