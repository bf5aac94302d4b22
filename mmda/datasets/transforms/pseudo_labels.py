"""Reading the pseudo-label of a tile."""

from __future__ import annotations

from mmcv.transforms import BaseTransform

from mmda.errors import DataError
from mmda.raster.dataset.tile_files import pseudo_label_path, read_label
from mmda.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadPseudoLabel(BaseTransform):
    """Read a tile's pseudo-label as a map that geometric transforms treat as a label.

    Put it after ``LoadTile``. It does nothing until there are labels.

    Required keys: ``tile``, ``img``, ``seg_fields``.
    Added key: ``pseudo_seg_map`` (H, W) uint8, 255 = no label.

    Args:
        folder: Folder that ``mmda pseudo_label`` has written; None if ``PseudoLabelHook`` writes
            the labels during the training, and then sets the folder here.

    Raises:
        DataError: When the label is missing or of another size than the tile.
    """

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder

    def transform(self, results: dict) -> dict:
        """Read the pseudo-label of ``results``."""
        if self.folder is None:
            return results
        path = pseudo_label_path(self.folder, results["tile"])
        if not path.exists():
            raise DataError(
                f"The pseudo-label `{path}` is missing. Write the labels of this dataset and split "
                "with `mmda pseudo_label`, or resume from the checkpoint before the second step."
            )
        label = read_label(str(path))
        if label.shape != results["img"].shape[:2]:
            raise DataError(
                f"The pseudo-label `{path}` has {label.shape} pixels, its tile "
                f"{results['img'].shape[:2]}. Put `LoadPseudoLabel` right after `LoadTile`, and "
                "write the labels again where the tiles have changed."
            )
        results["pseudo_seg_map"] = label
        results["seg_fields"] = [*results["seg_fields"], "pseudo_seg_map"]
        return results
