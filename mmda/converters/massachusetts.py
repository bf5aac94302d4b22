"""Massachusetts Buildings and Roads: 1500 x 1500 pixels at 1 m; --task says which.

Layout: {train,valid,test}/{sat,map}; also {train,val,test} beside {train,val,test}_labels, and
either below tiff/ or png/. Image and label share their name up to the suffix.
Classes: 0 background, 1 building or road. Three encodings of the masks are known: 0/1, 0/255 and
colours with red = 255; band 1 of each file tells which.
Splits: the official ones.
No data: areas of at least --white-area connected pixels that are exactly white; there the labels
go on, but become ignore. A tile with more of it than 1 - --min-valid is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from mmda.converters.layout import child_folder, find_root, layout_error, pair_folders
from mmda.converters.named import Conversion, NamedDataset, keep_splits, named_parser, run_named
from mmda.errors import DataError
from mmda.raster.io.handles import quiet_georeference
from mmda.raster.scene import RasterLabels, Scene
from mmda.tasks import TASKS

DATASETS = {
    task: NamedDataset(f"massachusetts_{task}", task, TASKS[task].classes, TASKS[task].palette)
    for task in ("buildings", "roads")
}
LAYOUT = (
    "train/sat and train/map (and so for valid or val, and test), or train and train_labels, "
    "perhaps below tiff/ or png/"
)
SPLIT_NAMES = {"train": ("train",), "val": ("valid", "val", "validation"), "test": ("test",)}
WHITE_AREA = 1000
NOMINAL_GSD = 1.0


def main(argv: Sequence[str]) -> int:
    """Tile one of the datasets; return 0, or 1 when a dry run met damaged files."""
    parser = named_parser("massachusetts", __doc__, tile=512)
    group = parser.add_argument_group("Massachusetts")
    group.add_argument("--task", required=True, choices=sorted(DATASETS), help="which dataset")
    group.add_argument(
        "--white-area",
        type=int,
        default=WHITE_AREA,
        help="smallest white area without data, pixels; 0: white is data [%(default)s]",
    )
    args = parser.parse_args(argv)
    found = find_scenes(args.src, args.white_area or None)
    check_foreground(keep_splits(args, found.scenes), DATASETS[args.task].classes[1])
    return run_named(args, DATASETS[args.task], found)


def find_scenes(src: str, white_area: int | None = WHITE_AREA) -> Conversion:
    """Return the scenes of the dataset in ``src``.

    Args:
        src: Folder of the dataset.
        white_area: Smallest white area without data, in pixels; ``None``: white is data.

    Raises:
        DataError: When folders or labels are missing.
    """
    folders = _find_folders(src)
    scenes = [
        Scene(
            image.stem,
            image.path,
            split,
            RasterLabels(label.path, "binary"),
            nominal_gsd=NOMINAL_GSD,
            white_area=white_area,
        )
        for split, (images, labels) in folders.items()
        for image, label in pair_folders(images, labels)
    ]
    notes = ["split: the official one"]
    absent = [split for split in SPLIT_NAMES if split not in folders]
    if absent:
        notes.append(f"no folder of the split {', '.join(absent)}")
    return Conversion(scenes, notes)


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
