"""Evaluation: confusion matrices, IoU, F1 and NAM; outlines, objects and roads of maps.

``SegmentationMetric`` and ``MapMetric`` are registered by modules of their names; this package
itself imports without torch.
"""

from mmda.evaluation.confusion import Scores, confusion_matrix, scores
from mmda.evaluation.nam import nam

__all__ = ["Scores", "confusion_matrix", "nam", "scores"]
