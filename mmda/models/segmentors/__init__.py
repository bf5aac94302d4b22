"""The segmentor of all methods, its teacher, and a student with two classifiers."""

from mmda.models.segmentors.teacher import Teacher
from mmda.models.segmentors.twin import TwinEncoderDecoder
from mmda.models.segmentors.uda_segmentor import UDASegmentor

__all__ = ["Teacher", "TwinEncoderDecoder", "UDASegmentor"]
