"""Cityscapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmda.converters.base import Found
from mmda.converters.layout import find_root, layout_error, pair_folders, require_folders
from mmda.converters.street import StreetScenes, cityscapes_rule
from mmda.errors import DataError
from mmda.raster.scene import RasterLabels, Scene
from mmda.utils.options import option

LAYOUT = (
    "leftImg8bit/{train,val}/<city>/*_leftImg8bit.png and "
    "gtFine/{train,val}/<city>/*_gtFine_labelIds.png"
)
PAIRING = "{stem}_leftImg8bit.png->{stem}_gtFine_labelIds.png"
VAL_CITIES = ("weimar", "zurich")
OFFICIAL = {"train": "train", "val": "test"}  # official split -> ours


@dataclass(frozen=True, kw_only=True)
class Cityscapes(StreetScenes):
    """Cityscapes: street scenes of 50 cities, 2048 x 1024 pixels.

    Layout: leftImg8bit/{train,val,test}/<city>/*_leftImg8bit.png and
    gtFine/{train,val,test}/<city>/*_gtFine_labelIds.png.
    Classes: the 19 that are evaluated; all other ids, the licence plate's -1 too, become ignore.
    Splits: the official val is the split test, on which the field reports; the cities --val-cities
    of the official train are val. The official test is left out: its labels are dummies.
    """

    NAME = "cityscapes"

    val_cities: Sequence[str] = option(
        "cities of the official train that are val",
        VAL_CITIES,
        nargs="*",
        metavar="CITY",
        group="split",
    )

    def find_scenes(self, source: str) -> Found:
        """Find images and labels of the official train and val."""
        root = find_root(source, ["leftImg8bit"], LAYOUT)
        require_folders(root, ["gtFine"], LAYOUT)
        scenes = [scene for official in OFFICIAL for scene in self._scenes(root, official)]
        if not scenes:
            raise layout_error(root, ["leftImg8bit/train", "leftImg8bit/val"], LAYOUT)
        self._check_cities(root, {scene.city for scene in scenes})
        return Found(scenes, self._notes(root))

    def _scenes(self, root: Path, official: str) -> list[Scene]:
        """Return the scenes of an official split."""
        split = OFFICIAL[official]
        return [
            Scene(
                image.name.removesuffix("_leftImg8bit.png"),
                image.path,
                "val" if split == "train" and city.name in self.val_cities else split,
                RasterLabels(label.path, cityscapes_rule()),
                city.name,
                size=self.size,
            )
            for city in _cities(root / "leftImg8bit" / official)
            for image, label in pair_folders(city, root / "gtFine" / official / city.name, PAIRING)
        ]

    def _check_cities(self, root: Path, cities: set[str | None]) -> None:
        missing = sorted(set(self.val_cities) - {city for city in cities if city})
        if missing and tuple(self.val_cities) != VAL_CITIES:
            raise DataError(
                f"`{root}` has no city {', '.join(missing)} (--val-cities); it has "
                f"{', '.join(sorted(filter(None, cities)))}."
            )

    def _notes(self, root: Path) -> list[str]:
        cities = ", ".join(self.val_cities)
        val = f"the cities {cities} of train are val" if cities else "there is no val"
        notes = [f"split: the official val is test; {val}"]
        tests = sum(1 for _ in (root / "leftImg8bit").glob("test/*/*_leftImg8bit.png"))
        if tests:
            notes.append(f"{tests} images of the official test left out: their labels are dummies")
        return notes


def _cities(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
