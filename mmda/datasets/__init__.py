"""Datasets, the paired-domain dataset and its sampler, and transforms."""

from mmda.datasets.aerial import BuildingDataset, LandCoverDataset, RoadDataset
from mmda.datasets.paired import PairedDomainDataset
from mmda.datasets.raster_windows import RasterWindowDataset
from mmda.datasets.sampler import PairedDomainSampler, PairIndex
from mmda.datasets.street import StreetDataset
from mmda.datasets.tiled import TiledDataset

__all__ = [
    "BuildingDataset",
    "LandCoverDataset",
    "PairIndex",
    "PairedDomainDataset",
    "PairedDomainSampler",
    "RasterWindowDataset",
    "RoadDataset",
    "StreetDataset",
    "TiledDataset",
]
