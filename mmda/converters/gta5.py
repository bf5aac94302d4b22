"""GTA5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import rasterio
from rasterio.errors import RasterioError

from mmda.converters.base import DrawnVal, Found, listed
from mmda.converters.layout import find_root, list_rasters, require_folders
from mmda.converters.street import TRAIN_IDS, StreetScenes, id_map, resize_option
from mmda.errors import DataError
from mmda.raster.dataset.discovery import FoundFile, PairingRule, pair_labels
from mmda.raster.decoding import IGNORE
from mmda.raster.io.handles import quiet_georeference
from mmda.raster.scene import RasterLabels, Scene

LAYOUT = "images/<number>.png and labels/<number>.png"
BLANK = (15188, 17705)
MISSIZED = range(20801, 20861)
BLOCK = 100  # frames of one drive have consecutive numbers
DECODE = id_map(TRAIN_IDS, range(0), other=IGNORE)


@dataclass(frozen=True, kw_only=True)
class GTA5(DrawnVal, StreetScenes):
    """GTA5: street scenes of a computer game, about 1914 x 1052 pixels.

    Layout: images/<number>.png and labels/<number>.png, numbers of five digits, 1 to 24966; missing
    ones are fine. Labels are palette images whose index is the Cityscapes id.
    Classes: the 19 of Cityscapes; all other ids become ignore.
    Left out: 15188 and 17705 (blank), and those of 20801 to 20860 whose label has another size.
    Splits: val is drawn from blocks of 100 numbers, since neighbours are frames of one drive.
    """

    NAME = "gta5"

    resize: str | None = resize_option("the field trains at 1280x720")

    def find_scenes(self, source: str) -> Found:
        """Find images and labels; those that are known to be unfit are left out."""
        root = find_root(source, ["images"], LAYOUT)
        image_folder, label_folder = require_folders(root, ["images", "labels"], LAYOUT)
        images = list_rasters(image_folder)
        _check_names(images)
        blank = [image for image in images if int(image.stem) in BLANK]
        pairs = pair_labels(
            [image for image in images if image not in blank],
            str(label_folder),
            PairingRule("same-stem"),
        )
        with quiet_georeference():
            odd = [image for image, label in pairs if _known_misfit(image, label)]
        kept = [(image, label) for image, label in pairs if image not in odd]
        splits = self.draw_val([str(int(image.stem) // BLOCK) for image, _ in kept])
        scenes = [
            Scene(
                image.stem,
                image.path,
                split,
                RasterLabels(label.path, DECODE, bands=1),
                size=self.size,
            )
            for (image, label), split in zip(kept, splits, strict=True)
        ]
        return Found(scenes, self._notes(blank, odd))

    def _notes(self, blank: Sequence[FoundFile], odd: Sequence[FoundFile]) -> list[str]:
        notes = [
            f"split: val is drawn by a hash from blocks of {BLOCK} numbers, fraction "
            f"{self.val_fraction:g}, seed {self.seed}"
        ]
        for left_out, reason in ((blank, "blank"), (odd, "label of another size")):
            if left_out:
                names = ", ".join(image.stem for image in left_out)
                notes.append(f"{len(left_out)} images left out ({reason}): {names}")
        return notes


def _check_names(images: Sequence[FoundFile]) -> None:
    odd = [f"`{image.path}`" for image in images if not image.stem.isdecimal()]
    if odd:
        raise DataError(
            f"{len(odd)} images are not named by a number, e.g. `00373.png`: {listed(odd)}. "
            "Leave them out."
        )


def _known_misfit(image: FoundFile, label: FoundFile) -> bool:
    """Tell whether the pair is of the known range and differs in size."""
    if int(image.stem) not in MISSIZED:
        return False
    try:
        with rasterio.open(image.path) as one, rasterio.open(label.path) as other:
            return one.shape != other.shape
    except RasterioError:
        return False  # damaged: the tiling names it
