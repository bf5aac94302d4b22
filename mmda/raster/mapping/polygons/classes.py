"""Which classes of a mask are written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmda.errors import ConfigError, did_you_mean
from mmda.raster.decoding import IGNORE

BACKGROUND = {"background", "bg", "void", "none", "nothing", "no data", "unlabelled", "unlabeled"}
ROADS = ("road", "street", "highway")


def chosen_classes(given: Sequence[str | int] | None, names: Sequence[str], path: str) -> list[int]:
    """Return the ids of the classes to write.

    Args:
        given: Names or ids that the user gave; by default all classes but the background. That is
            class 0 of two; of more, or fewer, it is class 0 if it is named like a background.
            Where the mask holds no names, class 0 is the background.
        names: Names of the mask's classes; empty when it holds none.
        path: The mask, for errors.

    Raises:
        ConfigError: When the mask has no such class.
    """
    if given is None:
        if not names:
            return list(range(1, IGNORE))
        plain = names[0].lower().replace("_", " ").replace("-", " ")
        return list(range(int(len(names) == 2 or plain in BACKGROUND), len(names)))
    return sorted({_class_id(one, names, path) for one in given})


def road_classes(given: Sequence[str | int] | None, names: Sequence[str], path: str) -> list[int]:
    """Return the ids of the classes that are roads: those given, called so, or the only one.

    Raises:
        ConfigError: When these are none, or the mask has no such class.
    """
    found = chosen_classes(given, names, path)
    if given is None and len(found) > 1 and names:
        found = [i for i in found if any(word in names[i].lower() for word in ROADS)]
        if not found:
            raise ConfigError(
                f"`{path}`: which of its classes {', '.join(names)} are roads? "
                "Name them by --classes."
            )
    return found


def _class_id(given: str | int, names: Sequence[str], path: str) -> int:
    if given in names:
        return list(names).index(str(given))
    count = len(names) or IGNORE
    if str(given).isdecimal() and int(given) < count:
        return int(given)
    has = f"it has {', '.join(names)}" if names else "it holds no names, so give ids from 0 to 254"
    raise ConfigError(f"`{path}` has no class `{given}`; {has}.{did_you_mean(str(given), names)}")


def class_table(ids: Sequence[int]) -> NDArray[np.uint8]:
    """Return what stands for each of the 256 values: its class id plus 1, 0 if it is unwanted."""
    table = np.zeros(256, np.uint8)
    table[list(ids)] = np.array(ids) + 1
    return table


def class_name(index: int, names: Sequence[str]) -> str:
    """Return the name of a class, its id where it has none."""
    return names[index] if index < len(names) else str(index)
