"""Street scenes: the Cityscapes classes and ids, and the option to resize whole images."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mmda.converters.base import NamedDataset
from mmda.errors import ConfigError
from mmda.raster.decoding import IGNORE
from mmda.utils.options import option

STREET_CLASSES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign",
    "vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus", "train",
    "motorcycle", "bicycle",
)  # fmt: skip
STREET_PALETTE = (
    (128, 64, 128), (244, 35, 232), (70, 70, 70), (102, 102, 156), (190, 153, 153),
    (153, 153, 153), (250, 170, 30), (220, 220, 0), (107, 142, 35), (152, 251, 152),
    (70, 130, 180), (220, 20, 60), (255, 0, 0), (0, 0, 142), (0, 0, 70), (0, 60, 100),
    (0, 80, 100), (0, 0, 230), (119, 11, 32),
)  # fmt: skip
TRAIN_IDS = {
    7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9, 23: 10, 24: 11, 25: 12,
    26: 13, 27: 14, 28: 15, 31: 16, 32: 17, 33: 18,
}  # fmt: skip
"""Cityscapes id to train id, the number of the class."""
LAST_ID = 33
# Licence plates are -1, which unsigned types hold as their highest value.
LICENCE_PLATE = (-1, 255, 65535)


def id_map(table: Mapping[int, int], known: range, other: int | None = None) -> str:
    """Return the decoding rule of an id table.

    Args:
        table: Id to class.
        known: Ids that may occur; those without a class become ignore.
        other: Class of all other ids; they are errors when ``None``.
    """
    pairs = {**dict.fromkeys([*LICENCE_PLATE, *known], IGNORE), **table}
    rest = [] if other is None else [f"*={other}"]
    return "idmap:" + ",".join([*(f"{key}={value}" for key, value in pairs.items()), *rest])


def cityscapes_rule() -> str:
    """Return the decoding rule of Cityscapes' ``labelIds``; unknown ids are errors."""
    return id_map(TRAIN_IDS, range(LAST_ID + 1))


def resize_option(usual: str) -> Any:
    """Declare the option ``resize`` of street scenes; ``usual`` says which size the field uses."""
    text = f"resample whole images to this size, labels by majority; {usual}"
    return option(text, None, shown="as they are", metavar="WxH", group="street scenes")


@dataclass(frozen=True, kw_only=True)
class StreetScenes(NamedDataset):
    """A dataset of whole images, by default in the classes of Cityscapes."""

    TASK = "street"
    CLASSES: ClassVar[Sequence[str]] = STREET_CLASSES
    PALETTE: ClassVar[Sequence[Sequence[int]]] = STREET_PALETTE

    resize: str | None = resize_option("not for testing: scores are taken at the labels' own size")

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_size(self.resize)

    @property
    def size(self) -> tuple[int, int] | None:
        """Height and width to resample to, or ``None``."""
        return parse_size(self.resize)


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Return height and width of a size such as ``1280x720`` (width first).

    Raises:
        ConfigError: When it is none.
    """
    if text is None:
        return None
    match = re.fullmatch(r"([1-9]\d*)[xX]([1-9]\d*)", text)
    if match is None:
        raise ConfigError(f"`{text}` is no size; expected WIDTHxHEIGHT in pixels, e.g. 1280x720.")
    return int(match[2]), int(match[1])
