"""SYNTHIA-RAND-CITYSCAPES: generated street scenes, 1280 x 760 pixels.

Layout: RGB/*.png and GT/LABELS/*.png of equal names. Labels are 16-bit PNGs of three bands whose
first, red, holds SYNTHIA's own class; 8-bit copies are refused, since they lost it.
Classes: the 19 of Cityscapes, of which terrain, truck and train do not occur: report the mean IoU
over 16 or 13 classes.
Splits: val is drawn by a hash of the file name.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.converters.layout import find_root, pair_folders, require_folders
from mmda.converters.named import (
    Conversion,
    NamedDataset,
    add_draw_arguments,
    draw_val,
    named_parser,
    run_named,
)
from mmda.converters.street import CLASSES, PALETTE, add_resize_argument, id_map
from mmda.raster.scene import RasterLabels, Scene

DATASET = NamedDataset("synthia", "street", CLASSES, PALETTE)
LAYOUT = "RGB/*.png and GT/LABELS/*.png"
LAST_ID = 22
OWN_IDS = {
    3: 0, 4: 1, 2: 2, 21: 3, 5: 4, 7: 5, 15: 6, 9: 7, 6: 8, 1: 10, 10: 11, 17: 12, 8: 13, 19: 15,
    12: 17, 11: 18,
}  # fmt: skip
DECODE = id_map(OWN_IDS, range(LAST_ID + 1))


def main(argv: Sequence[str]) -> int:
    """Convert SYNTHIA; return 0, or 1 when a dry run met damaged files."""
    parser = named_parser("synthia", __doc__)
    add_draw_arguments(parser, val_fraction=0.02)
    add_resize_argument(parser, "the field trains at 1280x760, their own size")
    args = parser.parse_args(argv)
    return run_named(args, DATASET, find_scenes(args))


def find_scenes(args: argparse.Namespace) -> Conversion:
    """Return the scenes of the dataset in ``args.src``.

    Raises:
        DataError: When folders or labels are missing.
    """
    root = find_root(args.src, ["RGB"], LAYOUT)
    images, labels = require_folders(root, ["RGB", "GT/LABELS"], LAYOUT)
    pairs = pair_folders(images, labels)
    splits = draw_val(args, [image.stem for image, _ in pairs])
    scenes = [
        Scene(
            image.stem,
            image.path,
            split,
            RasterLabels(label.path, DECODE, dtype="uint16"),
            size=args.resize,
        )
        for (image, label), split in zip(pairs, splits, strict=True)
    ]
    rule = (
        f"split: val is drawn by a hash of the name, fraction {args.val_fraction:g}, seed "
        f"{args.seed}"
    )
    return Conversion(scenes, [rule])
