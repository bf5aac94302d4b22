"""Street scenes: the Cityscapes classes, shared by GTA5 and SYNTHIA."""

from mmseg.datasets import CityscapesDataset

from mmda.datasets.tiled import TiledDataset
from mmda.registry import DATASETS

# SYNTHIA has no terrain, truck or train; the field reports means over these 16 and 13 classes.
ABSENT_IN_SYNTHIA = ("terrain", "truck", "train")
THIN_IN_SYNTHIA = ("wall", "fence", "pole")
SYNTHIA_16 = tuple(c for c in CityscapesDataset.METAINFO["classes"] if c not in ABSENT_IN_SYNTHIA)
SYNTHIA_13 = tuple(c for c in SYNTHIA_16 if c not in THIN_IN_SYNTHIA)


@DATASETS.register_module()
class StreetDataset(TiledDataset):
    """GTA5, SYNTHIA or Cityscapes converted to the 19 Cityscapes train ids."""

    METAINFO = {
        "classes": tuple(CityscapesDataset.METAINFO["classes"]),
        "palette": CityscapesDataset.METAINFO["palette"],
    }
