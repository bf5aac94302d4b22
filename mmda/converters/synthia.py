"""SYNTHIA."""

from __future__ import annotations

from dataclasses import dataclass

from mmda.converters.base import DrawnVal, Found
from mmda.converters.layout import find_root, pair_folders, require_folders
from mmda.converters.street import StreetScenes, id_map, resize_option
from mmda.raster.scene import RasterLabels, Scene

LAYOUT = "RGB/*.png and GT/LABELS/*.png"
LAST_ID = 22
OWN_IDS = {
    3: 0, 4: 1, 2: 2, 21: 3, 5: 4, 7: 5, 15: 6, 9: 7, 6: 8, 1: 10, 10: 11, 17: 12, 8: 13, 19: 15,
    12: 17, 11: 18,
}  # fmt: skip
DECODE = id_map(OWN_IDS, range(LAST_ID + 1))


@dataclass(frozen=True, kw_only=True)
class Synthia(DrawnVal, StreetScenes):
    """SYNTHIA-RAND-CITYSCAPES: generated street scenes, 1280 x 760 pixels.

    Layout: RGB/*.png and GT/LABELS/*.png of equal names. Labels are 16-bit PNGs of three bands
    whose first, red, holds SYNTHIA's own class; 8-bit copies are refused, since they lost it.
    Classes: the 19 of Cityscapes, of which terrain, truck and train do not occur: report the mean
    IoU over 16 or 13 classes.
    Splits: val is drawn by a hash of the file name.
    """

    NAME = "synthia"

    resize: str | None = resize_option("the field trains at 1280x760, their own size")

    def find_scenes(self, source: str) -> Found:
        """Find images and labels of equal names."""
        root = find_root(source, ["RGB"], LAYOUT)
        images, labels = require_folders(root, ["RGB", "GT/LABELS"], LAYOUT)
        pairs = pair_folders(images, labels)
        splits = self.draw_val([image.stem for image, _ in pairs])
        scenes = [
            Scene(
                image.stem,
                image.path,
                split,
                RasterLabels(label.path, DECODE, dtype="uint16"),
                size=self.size,
            )
            for (image, label), split in zip(pairs, splits, strict=True)
        ]
        rule = (
            f"split: val is drawn by a hash of the name, fraction {self.val_fraction:g}, seed "
            f"{self.seed}"
        )
        return Found(scenes, [rule])
