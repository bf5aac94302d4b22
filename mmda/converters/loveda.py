"""LoveDA: land cover of rural and urban areas, 1024 x 1024 pixels at 0.3 m.

Layout: {Train,Val,Test}/{Rural,Urban}/{images_png,masks_png}; Test has no masks. Rural and urban
images share their numbering, so that split and area are part of a scene's name.
Classes: 7; the masks hold 1 to 7, and 0 for no data, which becomes ignore.
Splits: the official ones. --area rural or --area urban makes one domain of the two.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mmda.converters.layout import (
    child_folder,
    find_root,
    layout_error,
    pair_if_labelled,
    require_folders,
)
from mmda.converters.named import Conversion, NamedDataset, named_parser, run_named
from mmda.raster.decoding import IGNORE
from mmda.raster.scene import RasterLabels, Scene

CLASSES = ("background", "building", "road", "water", "barren", "forest", "agricultural")
PALETTE = (
    (255, 255, 255), (255, 0, 0), (255, 255, 0), (0, 0, 255), (159, 129, 183), (0, 255, 0),
    (255, 195, 128),
)  # fmt: skip
DATASET = NamedDataset("loveda", "loveda", CLASSES, PALETTE)
LAYOUT = "{Train,Val,Test}/{Rural,Urban}/images_png and, but for Test, masks_png"
SPLIT_NAMES = {"train": "Train", "val": "Val", "test": "Test"}
AREAS = ("rural", "urban")
DECODE = "idmap:" + ",".join([f"0={IGNORE}", *(f"{i + 1}={i}" for i in range(len(CLASSES)))])
NOMINAL_GSD = 0.3


def main(argv: Sequence[str]) -> int:
    """Tile LoveDA; return 0, or 1 when a dry run met damaged files."""
    parser = named_parser("loveda", __doc__, tile=512)
    parser.add_argument_group("LoveDA").add_argument(
        "--area", choices=AREAS, help="only this area; the domain is then loveda_AREA [both]"
    )
    args = parser.parse_args(argv)
    dataset = replace(DATASET, name=f"loveda_{args.area}") if args.area else DATASET
    return run_named(args, dataset, find_scenes(args))


def find_scenes(args: argparse.Namespace) -> Conversion:
    """Return the scenes of the dataset in ``args.src``.

    Raises:
        DataError: When folders or labels are missing.
    """
    root = find_root(args.src, list(SPLIT_NAMES.values()), LAYOUT)
    areas = [args.area] if args.area else AREAS
    scenes: list[Scene] = []
    for split, name in SPLIT_NAMES.items():
        for area in areas:
            parent = child_folder(root, name)
            folder = None if parent is None else child_folder(parent, area)
            if folder is not None:
                scenes += _scenes(folder, split, area)
    if not scenes:
        raise layout_error(root, [f"Train/{area.title()}" for area in areas], LAYOUT)
    return Conversion(scenes, ["split: the official one"])


def _scenes(folder: Path, split: str, area: str) -> list[Scene]:
    needed = ["images_png"] if split == "test" else ["images_png", "masks_png"]
    images = require_folders(folder, needed, LAYOUT)[0]
    return [
        Scene(
            f"{split}_{area}_{image.stem}",
            image.path,
            split,
            None if label is None else RasterLabels(label, DECODE, bands=1),
            area,
            nominal_gsd=NOMINAL_GSD,
        )
        for image, label in pair_if_labelled(images, child_folder(folder, "masks_png"))
    ]
