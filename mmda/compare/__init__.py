"""Every method of the toolkit on two tiled datasets, under one budget: one table."""

from mmda.compare.comparison import Comparison, prepare

__all__ = ["Comparison", "prepare"]
