"""Cityscapes: street scenes of 50 cities, 2048 x 1024 pixels.

Layout: leftImg8bit/{train,val,test}/<city>/*_leftImg8bit.png and
gtFine/{train,val,test}/<city>/*_gtFine_labelIds.png.
Classes: the 19 that are evaluated; all other ids, the licence plate's -1 too, become ignore.
Splits: the official val is the split test, on which the field reports; the cities --val-cities of
the official train are val. The official test is left out: its labels are dummies.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmda.converters.layout import find_root, layout_error, pair_folders, require_folders
from mmda.converters.named import Conversion, NamedDataset, named_parser, run_named
from mmda.converters.street import CLASSES, PALETTE, add_resize_argument, cityscapes_rule
from mmda.errors import DataError
from mmda.raster.scene import RasterLabels, Scene

DATASET = NamedDataset("cityscapes", "street", CLASSES, PALETTE)
LAYOUT = (
    "leftImg8bit/{train,val}/<city>/*_leftImg8bit.png and "
    "gtFine/{train,val}/<city>/*_gtFine_labelIds.png"
)
PAIRING = "{stem}_leftImg8bit.png->{stem}_gtFine_labelIds.png"
VAL_CITIES = ("weimar", "zurich")
OFFICIAL = {"train": "train", "val": "test"}  # official split -> ours


def main(argv: Sequence[str]) -> int:
    """Convert Cityscapes; return 0, or 1 when a dry run met damaged files."""
    parser = named_parser("cityscapes", __doc__)
    parser.add_argument_group("split").add_argument(
        "--val-cities",
        nargs="*",
        default=list(VAL_CITIES),
        metavar="CITY",
        help=f"cities of the official train that are val [{' '.join(VAL_CITIES)}]",
    )
    add_resize_argument(parser, "not for testing: scores are taken at the labels' own size")
    args = parser.parse_args(argv)
    return run_named(args, DATASET, find_scenes(args))


def find_scenes(args: argparse.Namespace) -> Conversion:
    """Return the scenes of the dataset in ``args.src``.

    Raises:
        DataError: When folders or labels are missing.
    """
    root = find_root(args.src, ["leftImg8bit"], LAYOUT)
    require_folders(root, ["gtFine"], LAYOUT)
    scenes = []
    for official, split in OFFICIAL.items():
        for city in _cities(root / "leftImg8bit" / official):
            held_out = split == "train" and city.name in args.val_cities
            for image, label in pair_folders(city, root / "gtFine" / official / city.name, PAIRING):
                scenes.append(
                    Scene(
                        image.name.removesuffix("_leftImg8bit.png"),
                        image.path,
                        "val" if held_out else split,
                        RasterLabels(label.path, cityscapes_rule()),
                        city.name,
                        size=args.resize,
                    )
                )
    if not scenes:
        raise layout_error(root, ["leftImg8bit/train", "leftImg8bit/val"], LAYOUT)
    return Conversion(scenes, _notes(args, root, {scene.city for scene in scenes}))


def _notes(args: argparse.Namespace, root: Path, cities: set[str | None]) -> list[str]:
    missing = sorted(set(args.val_cities) - cities)  # type: ignore[type-var]
    if missing and args.val_cities != list(VAL_CITIES):
        raise DataError(
            f"`{root}` has no city {', '.join(missing)} (--val-cities); it has "
            f"{', '.join(sorted(filter(None, cities)))}."
        )
    val = f"the cities {', '.join(args.val_cities)} of train are val" if args.val_cities else ""
    notes = ["split: the official val is test" + (f"; {val}" if val else "; there is no val")]
    tests = sum(1 for _ in (root / "leftImg8bit").glob("test/*/*_leftImg8bit.png"))
    if tests:
        notes.append(f"{tests} images of the official test left out: their labels are dummies")
    return notes


def _cities(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
