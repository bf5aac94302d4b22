"""Cutting one strip of a scene into tiles: read once, slice, encode, describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rasterio

from mmda.raster.encode import NO_TILES, write_image, write_label
from mmda.raster.handles import GDAL_OPTIONS
from mmda.raster.options import TileOptions
from mmda.raster.pixels import Pixels, SceneReader
from mmda.raster.plan import ScenePlan
from mmda.raster.scene import scene_to_json
from mmda.raster.stats import BandStatistics, class_pixels
from mmda.raster.windows import Window


@dataclass
class StripResult:
    """What came of one strip: manifest rows, statistics, and tiles without enough valid area."""

    statistics: BandStatistics
    rows: list[dict[str, Any]] = field(default_factory=list)
    dropped: int = 0


class SceneTiler:
    """Tiles one scene, strip by strip, from any number of threads."""

    def __init__(self, plan: ScenePlan, options: TileOptions, root: Path) -> None:
        self.plan = plan
        self._options = options
        self._root = root
        self._reader = SceneReader(plan, options.classes)
        self._spec = scene_to_json(plan.scene)

    def tile_strip(self, windows: Sequence[Window]) -> StripResult:
        """Read the windows of one tile row at once and write their tiles.

        Raises:
            DataError: When the image or its label cannot be read or decoded.
        """
        grid, header = self.plan.grid, self.plan.header
        first, last = windows[0], windows[-1]
        area = Window(first.row, first.col, first.height, last.col + last.width - first.col)
        with rasterio.Env(**GDAL_OPTIONS):
            pixels = self._reader.read(area.clip(grid.height, grid.width))
            result = StripResult(BandStatistics.empty(len(header.bands)))
            for window in windows:
                tile = pixels.cut(0, window.col - area.col, window, header.fill)
                self._add_tile(window, tile, result)
        return result

    def close(self) -> None:
        """Close the scene's files; no strip may be in work."""
        self._reader.close()

    def _paths(self, name: str, tile: Pixels) -> tuple[str | None, str | None]:
        """Return the tile's image and label below the root; none where no tiles are written."""
        split, suffix = self.plan.scene.split, self._options.format
        if suffix == NO_TILES:
            return None, None
        label = None if tile.label is None else f"{split}/labels/{name}.png"
        return f"{split}/images/{name}.{suffix}", label

    def _add_tile(self, window: Window, tile: Pixels, result: StripResult) -> None:
        scene, grid, header = self.plan.scene, self.plan.grid, self.plan.header
        name = f"{scene.name}_{window.row:06d}_{window.col:06d}"
        image, label = self._paths(name, tile)
        inside = window.clip(grid.height, grid.width)
        valid = window.height * window.width if tile.valid is None else int(tile.valid.sum())
        if valid == 0 or valid < self._options.min_valid * inside.height * inside.width:
            result.dropped += 1
            for path in filter(None, (image, label)):
                (self._root / path).unlink(missing_ok=True)
            return
        transform = grid.tile_transform(window)
        # The no-data tag holds in the tile only where invalid pixels carry its value.
        nodata = header.nodata if header.nodata == header.fill else None
        counts, ignored = (None, None)
        if tile.label is not None:
            counts, ignored = class_pixels(tile.label, len(self._options.classes))
        result.rows.append(
            {
                "id": name,
                "domain": self._options.domain,
                "split": scene.split,
                "scene": scene.name,
                "city": scene.city,
                "source": scene.image,
                "label_source": scene.label.path if scene.label else None,
                **window._asdict(),
                "crs": grid.crs.to_wkt() if grid.crs else None,
                "transform": list(transform)[:6] if transform else None,
                "gsd": grid.gsd,
                "scene_spec": self._spec,
                "nominal_gsd": grid.nominal,
                "valid_fraction": valid / (window.height * window.width),
                "class_pixels": counts,
                "ignore_pixels": ignored,
                "image": image,
                "label": label,
                "image_bytes": write_image(
                    self._root / image, tile.image, tile.valid, grid.crs, transform, nodata
                )
                if image is not None
                else None,
                "label_bytes": write_label(self._root / label, tile.label)
                if label is not None and tile.label is not None
                else None,
            }
        )
        result.statistics.merge(BandStatistics.of(tile.image, tile.valid))
