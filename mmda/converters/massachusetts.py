"""Massachusetts Buildings and Roads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from mmda.converters.base import Found, NamedDataset
from mmda.converters.layout import child_folder, find_root, layout_error, pair_folders
from mmda.errors import DataError
from mmda.raster.io.handles import quiet_georeference
from mmda.raster.scene import RasterLabels, Scene
from mmda.tasks import TASKS
from mmda.utils.options import option

LAYOUT = (
    "train/sat and train/map (and so for valid or val, and test), or train and train_labels, "
    "perhaps below tiff/ or png/"
)
SPLIT_NAMES = {"train": ("train",), "val": ("valid", "val", "validation"), "test": ("test",)}
NOMINAL_GSD = 1.0


@dataclass(frozen=True, kw_only=True)
class Massachusetts(NamedDataset):
    """Massachusetts Buildings and Roads: 1500 x 1500 pixels at 1 m; --task says which.

    Layout: {train,valid,test}/{sat,map}; also {train,val,test} beside {train,val,test}_labels, and
    either below tiff/ or png/. Image and label share their name up to the suffix.
    Classes: 0 background, 1 building or road. Three encodings of the masks are known: 0/1, 0/255
    and colours with red = 255; band 1 of each file tells which.
    Splits: the official ones.
    No data: areas of at least --white-area connected pixels that are exactly white; there the
    labels go on, but become ignore. A tile with more of it than 1 - --min-valid is dropped.
    """

    NAME = "massachusetts"
    TILE = 512

    task: str = option("which dataset", choices=("buildings", "roads"), group="Massachusetts")
    white_area: int = option(
        "smallest white area without data, pixels; 0: white is data", 1000, group="Massachusetts"
    )

    @property
    def name(self) -> str:
        """The dataset's name with its task."""
        return f"{self.NAME}_{self.task}"

    def known(self) -> dict[str, Any]:
        """Return task, domain, classes and palette."""
        found = TASKS[self.task]
        return {
            "task": self.task,
            "domain": self.domain or self.name,
            "classes": found.classes,
            "palette": found.palette,
        }

    def find_scenes(self, source: str) -> Found:
        """Find images and masks of the splits that are there; their masks must have foreground."""
        folders = _find_folders(source)
        scenes = [
            Scene(
                image.stem,
                image.path,
                split,
                RasterLabels(label.path, "binary"),
                nominal_gsd=NOMINAL_GSD,
                white_area=self.white_area or None,
            )
            for split, (images, labels) in folders.items()
            for image, label in pair_folders(images, labels)
        ]
        check_foreground(self.chosen(scenes, source), TASKS[self.task].classes[1])
        notes = ["split: the official one"]
        absent = [split for split in SPLIT_NAMES if split not in folders]
        if absent:
            notes.append(f"no folder of the split {', '.join(absent)}")
        return Found(scenes, notes)


def check_foreground(scenes: Sequence[Scene], name: str) -> None:
    """Refuse splits without any pixel of class 1: their encoding would have been misread.

    Raises:
        DataError: When a split has masks, but none with foreground.
    """
    for split in SPLIT_NAMES:
        paths = [s.label.path for s in scenes if s.split == split and s.label is not None]
        found: list[int] = []
        with quiet_georeference():
            for path in paths:
                found = _values(path)
                if max(found, default=0) == 1 or max(found, default=0) >= 128:
                    break
            else:
                if paths:
                    raise DataError(
                        f"The split `{split}` has no {name} in its {len(paths)} masks; band 1 of "
                        f"`{paths[-1]}` holds {found[:5]}. Expected 0/1, 0/255 or colours with red "
                        "= 255. Use the masks of the original archive."
                    )


def _find_folders(src: str) -> dict[str, tuple[Path, Path]]:
    """Return the folders of images and labels of every split that is there."""
    names = [name for choices in SPLIT_NAMES.values() for name in choices]
    markers = [f"{parent}{name}" for parent in ("", "tiff/", "png/") for name in names]
    root = find_root(src, markers, LAYOUT)
    parents = filter(None, (root, child_folder(root, "tiff"), child_folder(root, "png")))
    pairs = ({s: _split_folders(p, names) for s, names in SPLIT_NAMES.items()} for p in parents)
    found = ({s: pair for s, pair in each.items() if pair is not None} for each in pairs)
    return next(filter(None, found))


def _split_folders(root: Path, names: Sequence[str]) -> tuple[Path, Path] | None:
    folder = child_folder(root, *names)
    if folder is None:
        return None
    images = child_folder(folder, "sat")
    if images is None:
        images, labels = folder, child_folder(root, *(f"{name}_labels" for name in names))
    else:
        labels = child_folder(folder, "map")
    if labels is None:
        raise layout_error(root, [f"{folder.name}/map", f"{folder.name}_labels"], LAYOUT)
    return images, labels


def _values(path: str) -> list[int]:
    """Return the values of a mask's band 1; none when it is damaged, which the tiling reports."""
    try:
        with rasterio.open(path) as mask:
            return np.unique(mask.read(1)).tolist()
    except RasterioError:
        return []
