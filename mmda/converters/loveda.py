"""LoveDA."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mmda.converters.base import Found, NamedDataset
from mmda.converters.layout import (
    child_folder,
    find_root,
    layout_error,
    pair_if_labelled,
    require_folders,
)
from mmda.raster.decoding import IGNORE
from mmda.raster.scene import RasterLabels, Scene
from mmda.utils.options import option

LAYOUT = "{Train,Val,Test}/{Rural,Urban}/images_png and, but for Test, masks_png"
SPLIT_NAMES = {"train": "Train", "val": "Val", "test": "Test"}
AREAS = ("rural", "urban")
DECODE = f"idmap:0={IGNORE},1=0,2=1,3=2,4=3,5=4,6=5,7=6"
NOMINAL_GSD = 0.3


@dataclass(frozen=True, kw_only=True)
class LoveDA(NamedDataset):
    """LoveDA: land cover of rural and urban areas, 1024 x 1024 pixels at 0.3 m.

    Layout: {Train,Val,Test}/{Rural,Urban}/{images_png,masks_png}; Test has no masks. Rural and
    urban images share their numbering, so that split and area are part of a scene's name.
    Classes: 7; the masks hold 1 to 7, and 0 for no data, which becomes ignore.
    Splits: the official ones. --area rural or --area urban makes one domain of the two.
    """

    NAME = TASK = "loveda"
    CLASSES = ("background", "building", "road", "water", "barren", "forest", "agricultural")
    PALETTE = (
        (255, 255, 255), (255, 0, 0), (255, 255, 0), (0, 0, 255), (159, 129, 183), (0, 255, 0),
        (255, 195, 128),
    )  # fmt: skip
    TILE = 512

    area: str | None = option(
        "only this area; the domain is then loveda_AREA",
        None,
        shown="both",
        choices=AREAS,
        group="LoveDA",
    )

    @property
    def name(self) -> str:
        """The dataset's name, with the area where it is one."""
        return f"{self.NAME}_{self.area}" if self.area else self.NAME

    def find_scenes(self, source: str) -> Found:
        """Find images and masks of every split and area that is there."""
        root = find_root(source, list(SPLIT_NAMES.values()), LAYOUT)
        areas = [self.area] if self.area else AREAS
        scenes: list[Scene] = []
        for split, name in SPLIT_NAMES.items():
            for area in areas:
                parent = child_folder(root, name)
                folder = None if parent is None else child_folder(parent, area)
                if folder is not None:
                    scenes += _scenes(folder, split, area)
        if not scenes:
            raise layout_error(root, [f"Train/{area.title()}" for area in areas], LAYOUT)
        return Found(scenes, ["split: the official one"])


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
