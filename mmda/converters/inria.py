"""Inria Aerial Image Labeling: buildings in ten cities, 5000 x 5000 pixels at 0.3 m.

Layout: AerialImageDataset/{train/images,train/gt,test/images}/*.tif; names <city><number>.tif;
gt has one band of 0/255 and the name of its image.
Classes: 0 background, 1 building.
Splits, by the usual convention: images 1 to 5 of each training city are val, the others train.
The labels of test/images are withheld: the split test has none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mmda.converters.layout import (
    find_folder,
    find_root,
    list_rasters,
    pair_folders,
    require_folders,
)
from mmda.converters.named import Conversion, NamedDataset, listed, named_parser, run_named
from mmda.errors import DataError
from mmda.raster.dataset.discovery import FoundFile
from mmda.raster.scene import RasterLabels, Scene
from mmda.tasks import TASKS

DATASET = NamedDataset("inria", "buildings", TASKS["buildings"].classes, TASKS["buildings"].palette)
LAYOUT = "train/images, train/gt and, if wanted, test/images with <city><number>.tif"
DECODE = "idmap:0=0,255=1"
LAST_OF_VAL = 5
NOMINAL_GSD = 0.3
_NAME = re.compile(r"^(.+?)(\d+)$")


def main(argv: Sequence[str]) -> int:
    """Tile the Inria dataset; return 0, or 1 when a dry run met damaged files."""
    args = named_parser("inria", __doc__, tile=512).parse_args(argv)
    return run_named(args, DATASET, find_scenes(args.src))


def find_scenes(src: str) -> Conversion:
    """Return the scenes of the dataset in ``src``.

    Raises:
        DataError: When folders or labels are missing, or names do not fit.
    """
    root = find_root(src, ["train/images"], LAYOUT)
    images, masks = require_folders(root, ["train/images", "train/gt"], LAYOUT)
    pairs = pair_folders(images, masks)
    test_folder = find_folder(root, "test/images")
    tests = [] if test_folder is None else list_rasters(test_folder)
    _check_names([image for image, _ in pairs] + tests, root)
    scenes = []
    for image, label in pairs:
        city, number = parse_name(image.stem)
        split = "val" if number <= LAST_OF_VAL else "train"
        labels = RasterLabels(label.path, DECODE)
        scenes.append(Scene(image.stem, image.path, split, labels, city, nominal_gsd=NOMINAL_GSD))
    for image in tests:
        city, _ = parse_name(image.stem)
        scenes.append(Scene(image.stem, image.path, "test", None, city, nominal_gsd=NOMINAL_GSD))
    notes = [f"split: images 1 to {LAST_OF_VAL} of each city are val, the others train"]
    if tests:
        notes.append(f"{len(tests)} test images have no labels (they are withheld)")
    return Conversion(scenes, notes)


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
