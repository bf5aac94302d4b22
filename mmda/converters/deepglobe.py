"""DeepGlobe roads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mmda.converters.base import DrawnVal, Found, listed, val_fraction_option
from mmda.converters.layout import child_folder, find_root, layout_error, list_rasters
from mmda.errors import DataError
from mmda.raster.dataset.discovery import SPLIT_FOLDERS, FoundFile, PairingRule, pair_labels
from mmda.raster.scene import RasterLabels, Scene
from mmda.tasks import TASKS
from mmda.utils.options import option

LAYOUT = "<id>_sat.jpg beside <id>_mask.png, in one folder or in train, valid and test"
PAIRING = "{stem}_sat.jpg->{stem}_mask.png"
DECODE = "threshold:128"
NOMINAL_GSD = 0.5
_SUFFIX = re.compile(r"(_sat|_mask)?(\.\w+)?$")


@dataclass(frozen=True, kw_only=True)
class DeepGlobe(DrawnVal):
    """DeepGlobe roads: 1024 x 1024 pixels at 0.5 m, without CRS.

    Layout: a flat folder of <id>_sat.jpg and <id>_mask.png; or such folders train, valid and test,
    of which the official valid and test have no masks and become the split test, without labels.
    Classes: 0 background, 1 road. Masks have three equal bands, not purely 0/255: road from 128 up.
    Splits: val is drawn from the labelled images by a hash of the id (--val-fraction, --seed),
    unless --split-file gives lists of ids, as papers compare on. Ids do not tell the place, so
    neighbours may be torn apart. Masks in the folders valid or test make these folders the splits.
    """

    NAME, TASK = "deepglobe", "roads"
    CLASSES, PALETTE = TASKS["roads"].classes, TASKS["roads"].palette
    TILE = 512

    val_fraction: float = val_fraction_option(0.25)
    split_file: Sequence[str] | None = option(
        "lists of ids, one per line; the file's name says train, val or test",
        None,
        metavar="FILE",
        group="DeepGlobe",
    )
    skip_unlabelled: bool = option("leave out images without a mask", False, group="DeepGlobe")

    def find_scenes(self, source: str) -> Found:
        """Find images and masks; official folders without masks are an unlabelled test set."""
        folders = _find_folders(source)
        masked = {s: f for s, f in folders.items() if s == "train" or any(f.glob("*_mask.png"))}
        scenes, notes = [], []
        for split, folder in masked.items():
            images = _images(folder)
            kept = [i for i in images if not self.skip_unlabelled or _mask(i).is_file()]
            if len(kept) < len(images):
                notes.append(f"{len(images) - len(kept)} images without a mask left out")
            for image, label in pair_labels(kept, str(folder), PairingRule(PAIRING)):
                scenes.append(_scene(image, split, RasterLabels(label.path, DECODE)))
        scenes, rule = self._place(scenes, source, drawn=len(masked) == 1)
        bare = [image for s, f in folders.items() if s not in masked for image in _images(f)]
        if bare:
            notes.append(f"{len(bare)} images of the official valid and test sets have no masks")
        return Found(scenes + [_scene(image, "test", None) for image in bare], [rule, *notes])

    def _place(self, scenes: list[Scene], source: str, drawn: bool) -> tuple[list[Scene], str]:
        """Place the labelled scenes in splits; also return the rule in words."""
        if self.split_file:
            return _place_by_lists(scenes, self.split_file, source)
        if not drawn:
            return scenes, "split: by the folders train, valid and test"
        splits = self.draw_val([scene.name for scene in scenes])
        placed = [replace(scene, split=split) for scene, split in zip(scenes, splits, strict=True)]
        return placed, (
            f"split: drawn by a hash of the id, val fraction {self.val_fraction:g}, seed "
            f"{self.seed}; this is not a published list (--split-file)"
        )


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


def _place_by_lists(
    scenes: Sequence[Scene], paths: Sequence[str], source: str
) -> tuple[list[Scene], str]:
    """Place scenes as lists say; also return the rule in words."""
    table = read_lists(paths)
    names = {scene.name for scene in scenes}
    unknown = [f"`{name}`" for name in table if name not in names]
    if unknown:
        raise DataError(
            f"{len(unknown)} of {len(table)} ids in the split lists have no image with a mask "
            f"in `{source}`: {listed(unknown)}. Complete the dataset or correct the lists."
        )
    placed = [replace(s, split=table[s.name]) for s in scenes if s.name in table]
    rest = len(scenes) - len(placed)
    return placed, f"split: from {', '.join(paths)}; {rest} images in none of them"


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
