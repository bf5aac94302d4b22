"""How far the probabilities of models can be trusted, as a chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from mmda.report.curves import run_colour
from mmda.report.svg import TEXT, inline_svg


class BinnedPredictions(Protocol):
    """Predictions in bins by confidence, such as a ``mmda.calibration`` ``Reliability``.

    Attributes:
        counts: Number of predictions per bin, (B,).
        confidence: Mean of the largest probability in each bin, (B,); any value where it is empty.
        accuracy: Share of right predictions in each bin, (B,).
        ece: Expected calibration error, 0 to 1.
    """

    @property
    def counts(self) -> np.ndarray: ...  # noqa: D102

    @property
    def confidence(self) -> np.ndarray: ...  # noqa: D102

    @property
    def accuracy(self) -> np.ndarray: ...  # noqa: D102

    @property
    def ece(self) -> float: ...  # noqa: D102


def reliability_chart(models: Mapping[str, BinnedPredictions]) -> str:
    """Return accuracy over confidence, a line per model, as inline SVG.

    Args:
        models: The predictions of each run, by its key.
    """

    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=TEXT, alpha=0.4, linewidth=0.8)
        for index, (key, one) in enumerate(models.items()):
            known = one.counts > 0
            places = one.confidence[known], one.accuracy[known]
            axes.plot(*places, "o-", color=run_colour(key, index), markersize=3.5, linewidth=1.4)
        axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.01), ylim=(0, 1.01))

    return inline_svg("reliability", draw, (4.4, 3.4))
