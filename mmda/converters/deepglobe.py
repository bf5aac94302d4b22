"""DeepGlobe roads: 1024 x 1024 pixels at 0.5 m, without CRS.

Layout: a flat folder of <id>_sat.jpg and <id>_mask.png; or such folders train, valid and test, of
which the official valid and test have no masks and become the split test, without labels.
Classes: 0 background, 1 road. Masks have three equal bands, not purely 0/255: road from 128 up.
Splits: val is drawn from the labelled images by a hash of the id (--val-fraction, --seed), unless
--split-file gives lists of ids, as papers compare on. Ids do not tell the place, so neighbours
may be torn apart. Masks in the folders valid or test make these folders the splits.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mmda.converters.layout import child_folder, find_root, layout_error, list_rasters
from mmda.converters.named import (
    Conversion,
    NamedDataset,
    add_draw_arguments,
    draw_val,
    listed,
    named_parser,
    run_named,
)
from mmda.errors import DataError
from mmda.raster.dataset.discovery import SPLIT_FOLDERS, FoundFile, PairingRule, pair_labels
from mmda.raster.scene import RasterLabels, Scene
from mmda.tasks import TASKS

DATASET = NamedDataset("deepglobe", "roads", TASKS["roads"].classes, TASKS["roads"].palette)
LAYOUT = "<id>_sat.jpg beside <id>_mask.png, in one folder or in train, valid and test"
PAIRING = "{stem}_sat.jpg->{stem}_mask.png"
DECODE = "threshold:128"
NOMINAL_GSD = 0.5
_SUFFIX = re.compile(r"(_sat|_mask)?(\.\w+)?$")


def main(argv: Sequence[str]) -> int:
    """Tile the DeepGlobe roads; return 0, or 1 when a dry run met damaged files."""
    parser = named_parser("deepglobe", __doc__, tile=512)
    add_draw_arguments(parser, val_fraction=0.25)
    group = parser.add_argument_group("DeepGlobe")
    group.add_argument(
        "--split-file",
        nargs="+",
        metavar="FILE",
        help="lists of ids, one per line; the file's name says train, val or test",
    )
    group.add_argument(
        "--skip-unlabelled", action="store_true", help="leave out images without a mask"
    )
    args = parser.parse_args(argv)
    return run_named(args, DATASET, find_scenes(args))


def find_scenes(args: argparse.Namespace) -> Conversion:
    """Return the scenes of the dataset in ``args.src``.

    Raises:
        DataError: When images or masks are missing, or the lists do not fit them.
    """
    folders = _find_folders(args.src)
    masked = {s: f for s, f in folders.items() if s == "train" or any(f.glob("*_mask.png"))}
    scenes, notes = [], []
    for split, folder in masked.items():
        images = _images(folder)
        kept = [i for i in images if not args.skip_unlabelled or _mask(i).is_file()]
        if len(kept) < len(images):
            notes.append(f"{len(images) - len(kept)} images without a mask left out")
        for image, label in pair_labels(kept, str(folder), PairingRule(PAIRING)):
            scenes.append(_scene(image, split, RasterLabels(label.path, DECODE)))
    scenes, rule = _place(args, scenes, drawn=len(masked) == 1)
    bare = [image for s, f in folders.items() if s not in masked for image in _images(f)]
    if bare:
        notes.append(f"{len(bare)} images of the official valid and test sets have no masks")
    return Conversion(scenes + [_scene(image, "test", None) for image in bare], [rule, *notes])


def read_lists(paths: Sequence[str]) -> dict[str, str]:
    """Return the split of every id in lists such as ``train.txt`` and ``deepglobe_val.txt``.

    A line holds an id or a file name; the name of the list says which split it is.

    Raises:
        DataError: When a list is missing, is of no split, or an id is in two lists.
    """
    table: dict[str, str] = {}
    for path in map(Path, paths):
        words = re.split(r"[^a-z]+", path.stem.lower())
        splits = {SPLIT_FOLDERS[word] for word in words if word in SPLIT_FOLDERS}
        if len(splits) != 1 or not path.is_file():
            raise DataError(
                f"`{path}` is no split list: expected a text file with one of train, val or test "
                "in its name and an id per line."
            )
        split = splits.pop()
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            name = _SUFFIX.sub("", line.split()[0].replace("\\", "/").rsplit("/", 1)[-1])
            if table.setdefault(name, split) != split:
                raise DataError(f"The id `{name}` is in the lists of {table[name]} and {split}.")
    return table


def _place(args: argparse.Namespace, scenes: list[Scene], drawn: bool) -> tuple[list[Scene], str]:
    """Place the labelled scenes in splits; also return the rule in words."""
    if args.split_file:
        table = read_lists(args.split_file)
        names = {scene.name for scene in scenes}
        unknown = [f"`{name}`" for name in table if name not in names]
        if unknown:
            raise DataError(
                f"{len(unknown)} of {len(table)} ids in the split lists have no image with a mask "
                f"in `{args.src}`: {listed(unknown)}. Complete the dataset or correct the lists."
            )
        placed = [replace(s, split=table[s.name]) for s in scenes if s.name in table]
        rest = len(scenes) - len(placed)
        return placed, f"split: from {', '.join(args.split_file)}; {rest} images in none of them"
    if not drawn:
        return scenes, "split: by the folders train, valid and test"
    splits = draw_val(args, [scene.name for scene in scenes])
    placed = [replace(scene, split=split) for scene, split in zip(scenes, splits, strict=True)]
    rule = (
        f"split: drawn by a hash of the id, val fraction {args.val_fraction:g}, seed {args.seed}; "
        "this is not a published list (--split-file)"
    )
    return placed, rule


def _find_folders(src: str) -> dict[str, Path]:
    """Return the folder of every split; a flat one is ``train``."""
    root = find_root(src, ["train", "*_sat.jpg"], LAYOUT)
    if any(root.glob("*_sat.jpg")):
        return {"train": root}
    names = {"train": ("train",), "val": ("valid", "val"), "test": ("test",)}
    found = {split: child_folder(root, *choices) for split, choices in names.items()}
    if found["train"] is None:
        raise layout_error(root, ["train"], LAYOUT)
    return {split: folder for split, folder in found.items() if folder is not None}


def _images(folder: Path) -> list[FoundFile]:
    found = [image for image in list_rasters(folder) if image.name.endswith("_sat.jpg")]
    if not found:
        raise DataError(f"`{folder}` holds no *_sat.jpg. Expected layout: {LAYOUT}.")
    return found


def _mask(image: FoundFile) -> Path:
    return Path(image.path.removesuffix("_sat.jpg") + "_mask.png")


def _scene(image: FoundFile, split: str, labels: RasterLabels | None) -> Scene:
    name = image.name.removesuffix("_sat.jpg")
    return Scene(name, image.path, split, labels, nominal_gsd=NOMINAL_GSD)
