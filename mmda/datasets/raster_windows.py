"""Training straight from source rasters: windows in place of tiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmda.datasets.tiled import TiledDataset
from mmda.raster.dataset.domain import row_window
from mmda.raster.dataset.window_reader import WindowReader
from mmda.registry import DATASETS


@DATASETS.register_module()
class RasterWindowDataset(TiledDataset):
    """One domain, read from its source rasters by the windows of its manifest.

    The samples are those of :class:`TiledDataset` on tiles in a lossless format: the same pixels,
    resampled, labelled and masked alike (no-data pixels, which PNG tiles do not tell, are known
    here). Only ``dataset.json`` and
    ``manifest.parquet`` are needed (``mmda tile ... --format none`` writes nothing else), and the
    rasters and labels at the paths that the manifest names. Reading is fast where the rasters are
    tiled inside (Cloud Optimized GeoTIFF); from strips as wide as the scene, each window costs a
    whole row of them.

    Args:
        data_root: As in :class:`TiledDataset`, and all its other arguments.
        max_open: Scenes that each worker process keeps open, of two files each; the one used
            longest ago is closed for the next.

    Raises:
        DataError: As :class:`TiledDataset`, and when a raster is missing or has changed.
    """

    def __init__(self, data_root: str, *args: Any, max_open: int = 32, **kwargs: Any) -> None:
        self.max_open = max_open
        self.reader: WindowReader
        super().__init__(data_root, *args, **kwargs)

    def prepare_data(self, idx: int) -> Any:
        """Read a window and send it through the pipeline."""
        record = self.get_data_info(idx)
        window = row_window(record)
        return self.pipeline({**record, "pixels": self.reader.read(record["scene"], window)})

    def _records(self, rows: Sequence[dict]) -> list[dict]:
        self.reader = self.tiles.window_reader(rows, self.labelled, self.max_open)
        place = ("scene", "row", "col", "height", "width")
        return [
            {
                **self._common(row),
                "img_path": row["source"],
                "image": None,
                **{key: row[key] for key in place},
            }
            for row in rows
        ]
