"""Inria Aerial Image Labeling."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmda.converters.base import Found, NamedDataset, listed
from mmda.converters.layout import (
    find_folder,
    find_root,
    list_rasters,
    pair_folders,
    require_folders,
)
from mmda.errors import DataError
from mmda.raster.dataset.discovery import FoundFile
from mmda.raster.scene import RasterLabels, Scene
from mmda.tasks import TASKS

LAYOUT = "train/images, train/gt and, if wanted, test/images with <city><number>.tif"
DECODE = "idmap:0=0,255=1"
LAST_OF_VAL = 5
NOMINAL_GSD = 0.3
_NAME = re.compile(r"^(.+?)(\d+)$")


@dataclass(frozen=True, kw_only=True)
class Inria(NamedDataset):
    """Inria Aerial Image Labeling: buildings in ten cities, 5000 x 5000 pixels at 0.3 m.

    Layout: AerialImageDataset/{train/images,train/gt,test/images}/*.tif; names <city><number>.tif;
    gt has one band of 0/255 and the name of its image.
    Classes: 0 background, 1 building.
    Splits, by the usual convention: images 1 to 5 of each training city are val, the others train.
    The labels of test/images are withheld: the split test has none.
    """

    NAME = "inria"
    TASK = "buildings"
    CLASSES, PALETTE = TASKS["buildings"].classes, TASKS["buildings"].palette
    TILE = 512

    def find_scenes(self, source: str) -> Found:
        """Find images, masks and, if they are there, the images of the test set."""
        root = find_root(source, ["train/images"], LAYOUT)
        images, masks = require_folders(root, ["train/images", "train/gt"], LAYOUT)
        pairs = pair_folders(images, masks)
        test_folder = find_folder(root, "test/images")
        tests = [] if test_folder is None else list_rasters(test_folder)
        _check_names([image for image, _ in pairs] + tests, root)
        scenes = [_scene(image, RasterLabels(label.path, DECODE)) for image, label in pairs]
        notes = [f"split: images 1 to {LAST_OF_VAL} of each city are val, the others train"]
        if tests:
            notes.append(f"{len(tests)} test images have no labels (they are withheld)")
        return Found(scenes + [_scene(image, None) for image in tests], notes)


def _scene(image: FoundFile, label: RasterLabels | None) -> Scene:
    city, number = parse_name(image.stem)
    split = "test" if label is None else "val" if number <= LAST_OF_VAL else "train"
    return Scene(image.stem, image.path, split, label, city, nominal_gsd=NOMINAL_GSD)


def parse_name(stem: str) -> tuple[str, int]:
    """Return city and number of an image's file name without suffix, e.g. ``tyrol-w12``."""
    match = _NAME.match(stem)
    if match is None:
        raise DataError(f"`{stem}` is no Inria name: expected <city><number>, e.g. `tyrol-w12`.")
    return match[1], int(match[2])


def _check_names(images: Sequence[FoundFile], root: Path) -> None:
    odd = [f"`{image.path}`" for image in images if not _NAME.match(image.stem)]
    if odd:
        raise DataError(
            f"{len(odd)} images of `{root}` are not named <city><number>.tif: {listed(odd)}. "
            "Rename them or leave them out."
        )
