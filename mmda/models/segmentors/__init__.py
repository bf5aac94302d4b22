"""The segmentor and its teacher."""

from mmda.models.segmentors.teacher import Teacher
from mmda.models.segmentors.uda_segmentor import UDASegmentor

__all__ = ["Teacher", "UDASegmentor"]
