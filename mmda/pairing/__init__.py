"""Transfer tasks from two tiled datasets: classes, splits, statistics, overlap, configs."""

from mmda.pairing.options import PairOptions
from mmda.pairing.pair import make_pair
from mmda.pairing.presets import PRESETS

__all__ = ["PRESETS", "PairOptions", "make_pair"]
