"""Transforms: loading tiles, radiometry, domain matching, packing."""

from mmda.datasets.transforms.domain_matching import MatchDomain
from mmda.datasets.transforms.formatting import KeepWeakView, PackDomainInputs
from mmda.datasets.transforms.geometry import Pad, RandomRotate90, ResizeImage
from mmda.datasets.transforms.loading import LoadTile
from mmda.datasets.transforms.pseudo_labels import LoadPseudoLabel
from mmda.datasets.transforms.radiometry import RadiometricJitter
from mmda.datasets.transforms.scale_matching import MatchScale
from mmda.datasets.transforms.tile_matching import MatchTile

__all__ = [
    "KeepWeakView",
    "LoadPseudoLabel",
    "LoadTile",
    "MatchDomain",
    "MatchScale",
    "MatchTile",
    "PackDomainInputs",
    "Pad",
    "RadiometricJitter",
    "RandomRotate90",
    "ResizeImage",
]
