"""The aerial tasks: class names and palettes, without torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """A segmentation task.

    Attributes:
        classes: Class names, id 0 first.
        palette: One ``(r, g, b)`` per class, 0..255.
    """

    classes: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]


TASKS = {
    "buildings": Task(("background", "building"), ((60, 60, 60), (230, 70, 60))),
    "roads": Task(("background", "road"), ((60, 60, 60), (250, 190, 40))),
    "landcover": Task(
        ("ground", "building", "road", "tree", "field", "water", "vehicle"),
        (
            (190, 180, 160),
            (230, 70, 60),
            (90, 90, 90),
            (40, 130, 60),
            (220, 200, 90),
            (60, 120, 220),
            (200, 60, 200),
        ),
    ),
}
