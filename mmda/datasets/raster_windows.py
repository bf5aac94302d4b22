"""Training from source rasters, of which windows are read in place of tiles."""

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

    The samples equal those of :class:`TiledDataset` on tiles in a lossless format: pixels are
    resampled, labelled and masked in the same way. No-data pixels, which PNG tiles do not record,
    are known here. Needed are ``dataset.json`` and ``manifest.parquet`` (``mmda tile ... --format
    none`` writes nothing else), and the rasters and labels at the paths in the manifest. Reading is
    fast if the rasters are tiled internally (Cloud Optimized GeoTIFF). In a raster of strips, which
    are as wide as the scene, all strips that a window touches are read as a whole.

    Args:
        data_root: As in :class:`TiledDataset`, and all its other arguments.
        max_open: Number of scenes, with two files each, that a worker process keeps open. Before it
            opens another one, it closes the one whose last use was the earliest.

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
        own = self.labelled and not any("given_label" in row for row in rows)
        self.reader = self.tiles.window_reader(rows, own, self.max_open)
        place = ("scene", "row", "col", "height", "width")
        return [
            {
                **self._common(row),
                "img_path": row["source"],
                "image": None,
                **({"seg_map_path": row["given_label"]} if "given_label" in row else {}),
                **{key: row[key] for key in place},
            }
            for row in rows
        ]
