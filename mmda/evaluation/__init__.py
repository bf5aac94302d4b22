"""Evaluation: confusion matrices, IoU, F1 and NAM.

``SegmentationMetric`` is registered by :mod:`mmda.evaluation.segmentation_metric`; this package
itself imports without torch.
"""

from mmda.evaluation.confusion import Scores, confusion_matrix, scores
from mmda.evaluation.nam import nam

__all__ = ["Scores", "confusion_matrix", "nam", "scores"]
