"""Pseudo-labels for a target domain: predict, count, choose thresholds, write.

A sweep predicts each tile once and keeps arg-max and confidence in small files. The counts over all
tiles give the thresholds, and the thresholds give the labels. Modules that need no network do not
import torch.
"""

from mmda.pseudo.report import PseudoLabelReport, format_report
from mmda.pseudo.thresholds import ThresholdRule

__all__ = ["PseudoLabelReport", "ThresholdRule", "format_report"]
