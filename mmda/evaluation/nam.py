"""Normalised adaptation measure."""

from __future__ import annotations

import math


def nam(source_only: float, adapted: float, target_only: float) -> float:
    """Return the share of the domain gap that adaptation closes, in percent.

    ``(adapted - source_only) / (target_only - source_only) * 100`` (ISIA/AIM paper, NAM): 0 for a
    model as good as source-only training, 100 for one as good as training on target labels.

    Args:
        source_only: Score of the model trained on the source alone, e.g. mIoU in percent.
        adapted: Score of the adapted model, in the same unit.
        target_only: Score of the model trained on target labels.

    Returns:
        The measure in percent; NaN if the gap is not positive, because there is nothing to close.
    """
    gap = target_only - source_only
    return 100 * (adapted - source_only) / gap if gap > 0 else math.nan
