"""Groupings, which divide the pixels of a domain into K groups."""

from mmda.models.grouping.base import FittedGrouping, Grouping
from mmda.models.grouping.group_head import GroupHead
from mmda.models.grouping.kmeans import KMeansGrouping
from mmda.models.grouping.nmf import NMFGrouping

__all__ = ["FittedGrouping", "GroupHead", "Grouping", "KMeansGrouping", "NMFGrouping"]
