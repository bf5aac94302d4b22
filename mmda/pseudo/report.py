"""The report of a sweep: for each class the threshold, the kept pixels and their accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from prettytable import PrettyTable

from mmda.pseudo.counts import LabelCounts


@dataclass(frozen=True)
class ClassReport:
    """One class.

    Attributes:
        name: The class.
        threshold: Confidence from which its pixels are kept.
        predicted: Number of pixels that are predicted as the class; by the rule ``balanced``, those
            on which its probability, divided by its threshold, is the largest.
        kept: Number of these that became labels.
        accuracy: Percentage of the predicted pixels whose true label is the class; None if no true
            label is known.
        kept_accuracy: The same for the kept pixels.
    """

    name: str
    threshold: float
    predicted: int
    kept: int
    accuracy: float | None = None
    kept_accuracy: float | None = None

    @property
    def kept_fraction(self) -> float:
        """Share of the predicted pixels that were kept; 0 for a class never predicted."""
        return self.kept / max(self.predicted, 1)


@dataclass(frozen=True)
class PseudoLabelReport:
    """A finished sweep.

    Attributes:
        key: Digest of the network, the tiles and the settings of the predictions.
        rule: The threshold rule, as on the command line.
        tiles: Number of tiles.
        empty: Number of pixels without data.
        classes: One report per class.
    """

    key: str
    rule: str
    tiles: int
    empty: int
    classes: tuple[ClassReport, ...]

    @property
    def kept_fraction(self) -> float:
        """Share of the pixels with data that became labels."""
        predicted = sum(report.predicted for report in self.classes)
        return sum(report.kept for report in self.classes) / max(predicted, 1)

    @property
    def judged(self) -> bool:
        """Whether true labels are known."""
        return any(one.accuracy is not None for one in self.classes)

    @classmethod
    def of(
        cls,
        key: str,
        rule: str,
        tiles: int,
        names: Sequence[str],
        thresholds: np.ndarray,
        counts: LabelCounts,
    ) -> PseudoLabelReport:
        """Return the report of a sweep.

        Args:
            key: Digest of the network, the tiles and the settings.
            rule: The threshold rule.
            tiles: Number of tiles.
            names: Name of each class.
            thresholds: Threshold of each class, (C,).
            counts: The counts over all tiles.
        """
        classes = [
            ClassReport(
                name,
                float(thresholds[i]),
                int(counts.predicted[i]),
                int(counts.kept[i]),
                *(_percentage(counts.right[row, i], counts.judged[row, i]) for row in (0, 1)),
            )
            for i, name in enumerate(names)
        ]
        return cls(key, rule, tiles, counts.empty, tuple(classes))

    def to_json(self) -> dict[str, Any]:
        """Return the report as values for JSON, with the fractions."""
        content = asdict(self)
        for one, report in zip(content["classes"], self.classes, strict=True):
            one["kept_fraction"] = report.kept_fraction
        return {**content, "kept_fraction": self.kept_fraction}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> PseudoLabelReport:
        """Return the report that :meth:`to_json` gave."""
        names = ("name", "threshold", "predicted", "kept", "accuracy", "kept_accuracy")
        classes = tuple(ClassReport(**{n: one[n] for n in names}) for one in content["classes"])
        plain = {name: content[name] for name in ("key", "rule", "tiles", "empty")}
        return cls(**plain, classes=classes)


def _percentage(part: int, whole: int) -> float | None:
    return 100 * float(part) / float(whole) if whole else None


def format_report(report: PseudoLabelReport) -> str:
    """Return the report as a table, with accuracies if true labels are known.

    A warning below it names the classes that are not predicted anywhere.
    """
    columns = ["class", "pixels", "threshold", "kept (%)"]
    columns += ["right (%)", "right of kept (%)"] if report.judged else []
    table = PrettyTable(columns, align="r")
    table.align["class"] = "l"
    for one in report.classes:
        row = [one.name, one.predicted, f"{one.threshold:.4f}", f"{100 * one.kept_fraction:.1f}"]
        accuracies = (one.accuracy, one.kept_accuracy) if report.judged else ()
        table.add_row([*row, *("-" if value is None else f"{value:.1f}" for value in accuracies)])
    unseen = [f"`{one.name}`" for one in report.classes if not one.predicted]
    return table.get_string() + (_unseen(unseen) if unseen else "")


def _unseen(names: Sequence[str]) -> str:
    return (
        f"\nWARNING: no pixel is predicted as {', '.join(names)}. Training on these labels teaches "
        "the model not to predict it. Use a model that was trained for longer, or one that finds "
        "these classes in the target."
    )
