"""Oxford RobotCar."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mmda.converters.base import Found
from mmda.converters.layout import (
    child_folder,
    find_root,
    layout_error,
    pair_if_labelled,
    require_folders,
)
from mmda.converters.street import LAST_ID, StreetScenes, id_map
from mmda.raster.scene import SPLITS, RasterLabels, Scene
from mmda.utils.options import option

NINE_IDS = {
    7: 0, 8: 1, 11: 2, 19: 3, 20: 4, 23: 5, 24: 6, 25: 6, 26: 7, 27: 7, 28: 7, 32: 8, 33: 8,
}  # fmt: skip
DECODE = {"nine": "ids", "cityscapes": id_map(NINE_IDS, range(LAST_ID + 1))}
LAYOUT = "train/images, test/images and test/labels"


@dataclass(frozen=True, kw_only=True)
class RobotCar(StreetScenes):
    """Oxford RobotCar, rainy drives: street scenes with nine classes shared with Cityscapes.

    Layout: train/images (895 images, no labels needed), test/images and test/labels (271) of equal
    names. Arrange the frames and the published annotations so; their archives have no common form.
    Classes: road, sidewalk, building, light, sign, sky, person, automobile, two-wheel.
    Labels (--label-ids): nine, the class ids 0 to 8 and 255 for ignore; or cityscapes, the ids of
    Cityscapes, of which car, truck and bus become automobile, motorcycle and bicycle two-wheel, and
    the rider a person.
    Splits: by the folders; train has no labels unless there is a folder train/labels.
    """

    NAME, TASK = "robotcar", "street-nine"
    CLASSES = (
        "road", "sidewalk", "building", "light", "sign", "sky", "person", "automobile", "two-wheel",
    )  # fmt: skip
    PALETTE = (
        (128, 64, 128), (244, 35, 232), (70, 70, 70), (250, 170, 30), (220, 220, 0), (70, 130, 180),
        (220, 20, 60), (0, 0, 142), (119, 11, 32),
    )  # fmt: skip

    label_ids: str = option(
        "what the labels hold", "nine", choices=sorted(DECODE), group="RobotCar"
    )

    def find_scenes(self, source: str) -> Found:
        """Find images and, where there are some, labels of equal names."""
        root = find_root(source, ["train/images", "test/images"], LAYOUT)
        scenes: list[Scene] = []
        for split in SPLITS:
            folder = child_folder(root, split)
            if folder is not None:
                scenes += self._scenes(folder, split)
        if not scenes:
            raise layout_error(root, ["train/images", "test/images"], LAYOUT)
        return Found(scenes, [f"split: by the folders; labels hold {self.label_ids} ids"])

    def _scenes(self, folder: Path, split: str) -> list[Scene]:
        needed = ["images"] if split == "train" else ["images", "labels"]
        images = require_folders(folder, needed, LAYOUT)[0]
        rule = DECODE[self.label_ids]
        return [
            Scene(
                f"{split}_{image.stem}",
                image.path,
                split,
                None if label is None else RasterLabels(label, rule, bands=1),
                size=self.size,
            )
            for image, label in pair_if_labelled(images, child_folder(folder, "labels"))
        ]
