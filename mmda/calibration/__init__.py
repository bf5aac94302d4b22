"""Probabilities that mean what they say on the target, without its labels."""

from mmda.calibration.calibrate import Calibration, calibrate_checkpoint
from mmda.calibration.options import CalibrateOptions
from mmda.calibration.reliability import Reliability

__all__ = [
    "CalibrateOptions",
    "Calibration",
    "Reliability",
    "calibrate_checkpoint",
]
