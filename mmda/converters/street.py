"""Street scenes: the Cityscapes classes and ids, and the option to resize whole images."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping

from mmda.raster.decoding import IGNORE

CLASSES = (
    "road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign",
    "vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus", "train",
    "motorcycle", "bicycle",
)  # fmt: skip
PALETTE = (
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


def add_resize_argument(parser: argparse.ArgumentParser, usual: str) -> None:
    """Add ``--resize``; ``usual`` says which size the field trains at."""
    parser.add_argument_group("street scenes").add_argument(
        "--resize",
        type=parse_size,
        metavar="WxH",
        help=f"resample whole images to this size, labels by majority [as they are]; {usual}",
    )


def parse_size(text: str) -> tuple[int, int]:
    """Return height and width of a size such as ``1280x720`` (width first).

    Raises:
        argparse.ArgumentTypeError: When it is none.
    """
    match = re.fullmatch(r"([1-9]\d*)[xX]([1-9]\d*)", text)
    if match is None:
        raise argparse.ArgumentTypeError(
            f"`{text}` is no size; expected WIDTHxHEIGHT in pixels, e.g. 1280x720"
        )
    return int(match[2]), int(match[1])
