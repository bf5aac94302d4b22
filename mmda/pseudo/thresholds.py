"""Confidence thresholds per class, from histograms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mmda.errors import ConfigError, did_you_mean

BINS = 10_000  # per class, over [0, 1]: a threshold of up to four decimals is a bin's edge
UNSEEN = 0.9  # threshold of a class that was not predicted anywhere
_DEFAULTS = {"median": "0.9", "fixed": "", "portion": "", "balanced": ""}


@dataclass(frozen=True)
class ThresholdRule:
    """How confident a prediction must be to become a label.

    - ``median``: the median confidence of the class's pixels over the whole set, but at most
      ``value`` (ISIA and AIM; 0.9).
    - ``fixed``: ``value`` for each class.
    - ``portion``: the threshold above which the share ``value`` of the class's pixels lies (the
      thresholds of CBST, Zou et al. 2018).
    - ``balanced``: the same thresholds, and CBST's labels: the arg-max of the probabilities divided
      by the classes' thresholds, where that is 1 or more (Eq. 6). So a class that is predicted with
      low confidence gets labels also where another is slightly more probable. The network predicts
      all tiles twice for it.

    Attributes:
        kind: ``'median'``, ``'fixed'``, ``'portion'`` or ``'balanced'``.
        value: In [0, 1]; for ``portion`` and ``balanced`` above 0.
    """

    kind: str
    value: float

    @classmethod
    def parse(cls, text: str) -> ThresholdRule:
        """Read ``median``, ``median:0.95``, ``fixed:0.9``, ``portion:0.2`` or ``balanced:0.2``.

        Raises:
            ConfigError: When ``text`` is something else.
        """
        kind, _, number = text.partition(":")
        if kind not in _DEFAULTS:
            raise _error(text, did_you_mean(kind, _DEFAULTS))
        try:
            value = float(number or _DEFAULTS[kind])
        except ValueError:
            raise _error(text) from None
        if not 0 <= value <= 1 or (kind in ("portion", "balanced") and value == 0):
            raise _error(text)
        return cls(kind, value)

    @property
    def divides(self) -> bool:
        """Whether probabilities are divided by the thresholds before the arg-max is taken."""
        return self.kind == "balanced"

    def __str__(self) -> str:
        return f"{self.kind}:{self.value:g}"

    def thresholds(self, histograms: np.ndarray) -> np.ndarray:
        """Return the threshold of each class, (C,), float64.

        Args:
            histograms: Number of pixels by predicted class and bin of confidence, (C, BINS).
        """
        if self.kind == "fixed":
            return np.full(len(histograms), self.value)
        quantile = 0.5 if self.kind == "median" else 1 - self.value
        found = np.array([histogram_quantile(counts, quantile) for counts in histograms])
        if self.kind == "median":
            found = np.minimum(found, self.value)
        return np.where(np.isnan(found), UNSEEN, found)


def _error(text: str, hint: str = "") -> ConfigError:
    return ConfigError(
        f"Unknown thresholds `{text}`; expected `median`, `median:CAP`, `fixed:T`, `portion:P` or "
        f"`balanced:P` with numbers from 0 to 1, as in `fixed:0.9`.{hint}"
    )


def histogram_quantile(counts: np.ndarray, quantile: float) -> float:
    """Return a quantile of the values that are counted in a histogram over [0, 1].

    It differs from :func:`numpy.quantile` of the values by at most the width of one bin.

    Args:
        counts: Number of values by bin, (BINS,).
        quantile: In [0, 1].

    Returns:
        The quantile, interpolated between the two nearest values; NaN for an empty histogram.
    """
    total = int(counts.sum())
    if total == 0:
        return float("nan")
    position = (total - 1) * quantile
    lower = int(position)
    ranks = [lower, min(lower + 1, total - 1)]
    low, high = (np.searchsorted(np.cumsum(counts), ranks, side="right") + 0.5) / len(counts)
    return float(low + (position - lower) * (high - low))


def threshold_bins(thresholds: np.ndarray) -> np.ndarray:
    """Return the lowest bin that each threshold (C,) keeps, which is the bin it lies in, int64."""
    # The summand corrects rounding: 0.29 * 10_000 is a little less than 2900.
    return np.minimum(np.floor(thresholds * BINS + 1e-6).astype(np.int64), BINS - 1)
