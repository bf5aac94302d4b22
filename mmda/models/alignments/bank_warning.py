"""Says when instances of a class cannot be matched for want of source features."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from mmengine.logging import print_log

from mmda.models.alignments.feature_bank import FeatureBank

INTERVAL = 1000  # iterations between two looks, each of which waits for the device


class BankWarning:
    """Warns, once per class, when a class still has too few features ``INTERVAL`` after the start.

    Args:
        min_fill: Features that a class needs before it is used.
    """

    def __init__(self, min_fill: int) -> None:
        self.min_fill = min_fill
        self.warned: set[int] = set()

    def __call__(self, age: int, bank: FeatureBank, classes: Sequence[int]) -> None:
        """Look at a bank each ``INTERVAL`` iterations.

        Args:
            age: Iterations since the alignment's start.
            bank: Features by class.
            classes: The bank's classes, in its order.
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
            "that it needs, and its instances in the target are not matched. The class may be "
            "rare or seldom predicted correctly in the source; lower `min_fill` to use it earlier."
        )
