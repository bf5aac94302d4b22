"""Warns when instances of a class are not matched because there are too few source features."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from mmengine.logging import print_log

from mmda.models.alignments.feature_bank import FeatureBank

INTERVAL = 1000  # iterations between two checks, each of which waits for the device


class BankWarning:
    """Warns once per class that still has too few features :data:`INTERVAL` after the start.

    Args:
        min_fill: Number of features from which a class is matched.
    """

    def __init__(self, min_fill: int) -> None:
        self.min_fill = min_fill
        self.warned: set[int] = set()

    def __call__(self, age: int, bank: FeatureBank, classes: Sequence[int]) -> None:
        """Check a bank every :data:`INTERVAL` iterations.

        Args:
            age: Iterations since the alignment's start.
            bank: The stored features.
            classes: The class ids of the bank's rows.
        """
        if age == 0 or age % INTERVAL:
            return
        needed = min(self.min_fill, bank.capacity)
        filled = dict(zip(classes, bank.filled.tolist(), strict=True))
        for name, count in filled.items():
            if count < needed and name not in self.warned:
                self.warned.add(name)
                print_log(self._message(name, age, count, needed), "current", logging.WARNING)

    def _message(self, name: int, age: int, count: int, needed: int) -> str:
        return (
            f"AIM: after {age} iterations class {name} has {count} of the {needed} source features "
            "that it needs, so its instances in the target are not matched. The class may be rare, "
            "or seldom predicted correctly in the source. Lower `min_fill` to match it earlier."
        )
