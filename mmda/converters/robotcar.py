"""Oxford RobotCar, rainy drives: street scenes with nine classes shared with Cityscapes.

Layout: train/images (895 images, no labels needed), test/images and test/labels (271) of equal
names. Arrange the frames and the published annotations so; their archives have no common form.
Classes: road, sidewalk, building, light, sign, sky, person, automobile, two-wheel.
Labels (--label-ids): nine, the class ids 0 to 8 and 255 for ignore; or cityscapes, the ids of
Cityscapes, of which car, truck and bus become automobile, motorcycle and bicycle two-wheel, and
the rider a person.
Splits: by the folders; train has no labels unless there is a folder train/labels.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmda.converters.layout import (
    child_folder,
    find_root,
    layout_error,
    pair_if_labelled,
    require_folders,
)
from mmda.converters.named import Conversion, NamedDataset, named_parser, run_named
from mmda.converters.street import LAST_ID, add_resize_argument, id_map
from mmda.raster.scene import RasterLabels, Scene

CLASSES = (
    "road", "sidewalk", "building", "light", "sign", "sky", "person", "automobile", "two-wheel",
)  # fmt: skip
PALETTE = (
    (128, 64, 128), (244, 35, 232), (70, 70, 70), (250, 170, 30), (220, 220, 0), (70, 130, 180),
    (220, 20, 60), (0, 0, 142), (119, 11, 32),
)  # fmt: skip
NINE_IDS = {
    7: 0, 8: 1, 11: 2, 19: 3, 20: 4, 23: 5, 24: 6, 25: 6, 26: 7, 27: 7, 28: 7, 32: 8, 33: 8,
}  # fmt: skip
DECODE = {"nine": "ids", "cityscapes": id_map(NINE_IDS, range(LAST_ID + 1))}
DATASET = NamedDataset("robotcar", "street-nine", CLASSES, PALETTE)
LAYOUT = "train/images, test/images and test/labels"
SPLIT_NAMES = ("train", "val", "test")


def main(argv: Sequence[str]) -> int:
    """Convert Oxford RobotCar; return 0, or 1 when a dry run met damaged files."""
    parser = named_parser("robotcar", __doc__)
    parser.add_argument_group("RobotCar").add_argument(
        "--label-ids", choices=sorted(DECODE), default="nine", help="what the labels hold [nine]"
    )
    add_resize_argument(parser, "not for testing: scores are taken at the labels' own size")
    args = parser.parse_args(argv)
    return run_named(args, DATASET, find_scenes(args))


def find_scenes(args: argparse.Namespace) -> Conversion:
    """Return the scenes of the dataset in ``args.src``.

    Raises:
        DataError: When folders or labels are missing.
    """
    root = find_root(args.src, ["train/images", "test/images"], LAYOUT)
    scenes: list[Scene] = []
    for split in SPLIT_NAMES:
        folder = child_folder(root, split)
        if folder is not None:
            scenes += _scenes(args, folder, split)
    if not scenes:
        raise layout_error(root, ["train/images", "test/images"], LAYOUT)
    return Conversion(scenes, [f"split: by the folders; labels hold {args.label_ids} ids"])


def _scenes(args: argparse.Namespace, folder: Path, split: str) -> list[Scene]:
    needed = ["images"] if split == "train" else ["images", "labels"]
    images = require_folders(folder, needed, LAYOUT)[0]
    rule = DECODE[args.label_ids]
    return [
        Scene(
            f"{split}_{image.stem}",
            image.path,
            split,
            None if label is None else RasterLabels(label, rule, bands=1),
            size=args.resize,
        )
        for image, label in pair_if_labelled(images, child_folder(folder, "labels"))
    ]
