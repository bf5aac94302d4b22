"""What the values of a mask mean, and in which colours they are drawn."""

from __future__ import annotations

import colorsys
from typing import Any, NamedTuple

from mmda.raster.mapping.rasters import read_mask_classes

_GOLDEN = 0.618034  # turns of the colour wheel between two classes: neighbours look unlike


class LegendEntry(NamedTuple):
    """A class: its value, its name (the value where it has none) and its RGB colour, 0..255."""

    value: int
    name: str
    colour: tuple[int, int, int]


def read_legend(mask: Any) -> list[LegendEntry]:
    """Return the classes of an open mask; of one without names those that its overview shows."""
    names = read_mask_classes(mask)
    if names is None:
        step = max(1, max(mask.shape) // 512)
        shown = mask.read(1, out_shape=(-(-mask.height // step), -(-mask.width // step)))
        top = int(shown[shown != mask.nodata].max(initial=0))
        names = [str(value) for value in range(top + 1)]
    try:
        table = mask.colormap(1)
    except ValueError:  # the file has none
        table = {}
    return [
        LegendEntry(value, name, tuple(table[value][:3]) if value in table else _colour(value))
        for value, name in enumerate(names)
    ]


def _colour(value: int) -> tuple[int, int, int]:
    if value == 0:
        return (60, 60, 60)
    red, green, blue = colorsys.hsv_to_rgb(value * _GOLDEN % 1, 0.65, 0.9)
    return round(red * 255), round(green * 255), round(blue * 255)
