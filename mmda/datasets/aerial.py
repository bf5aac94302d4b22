"""Aerial tasks: classes and palettes shared by all aerial datasets of a task."""

from mmda.datasets.tiled import TiledDataset
from mmda.registry import DATASETS
from mmda.tasks import TASKS, Task


def _metainfo(task: Task) -> dict:
    return {"classes": task.classes, "palette": [list(color) for color in task.palette]}


@DATASETS.register_module()
class BuildingDataset(TiledDataset):
    """Building footprints: 0 background, 1 building."""

    METAINFO = _metainfo(TASKS["buildings"])


@DATASETS.register_module()
class RoadDataset(TiledDataset):
    """Roads: 0 background, 1 road."""

    METAINFO = _metainfo(TASKS["roads"])


@DATASETS.register_module()
class LandCoverDataset(TiledDataset):
    """Land cover of the toy cities, seven classes."""

    METAINFO = _metainfo(TASKS["landcover"])
