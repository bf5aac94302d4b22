"""Pseudo-labels for a target domain: predict, count, choose thresholds, write.

A sweep predicts each tile once and keeps arg-max and confidence in small files; from the counts
over all tiles follow the thresholds, and from these the labels. The parts without a network
import without torch.
"""

from mmda.pseudo.report import PseudoLabelReport, format_report
from mmda.pseudo.thresholds import ThresholdRule

__all__ = ["PseudoLabelReport", "ThresholdRule", "format_report"]
