"""Cutting one strip of a scene into tiles: read once, slice, encode, describe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rasterio

from mmda.raster.dataset.scene_reader import Pixels, SceneReader
from mmda.raster.dataset.source_state import source_state
from mmda.raster.dataset.stats import BandStatistics, class_pixels
from mmda.raster.io.handles import scene_options
from mmda.raster.scene import scene_to_json
from mmda.raster.tiling.encode import NO_TILES, ImageEncoder, Written, encode_label, write_tile
from mmda.raster.tiling.options import TileOptions
from mmda.raster.tiling.plan import ScenePlan
from mmda.raster.windows import Window


@dataclass
class StripResult:
    """The result of tiling one strip.

    Attributes:
        statistics: Of the valid pixels.
        rows: Manifest rows, without the columns that the tiles of a scene have in common.
        dropped: Number of tiles without enough valid area.
    """

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
        # The no-data tag holds in a tile only where invalid pixels carry its value.
        header = plan.header
        nodata = header.nodata if header.nodata == header.fill else None
        self._encoder = ImageEncoder(options.format, plan.grid.crs, nodata)

    def shared_columns(self) -> dict[str, Any]:
        """Return the columns of the manifest that all tiles of the scene have in common."""
        scene, grid = self.plan.scene, self.plan.grid
        return {
            "domain": self._options.domain,
            "split": scene.split,
            "scene": scene.name,
            "city": scene.city,
            "source": scene.image,
            "label_source": scene.label.path if scene.label else None,
            "crs": grid.crs.to_wkt() if grid.crs else None,
            "gsd": grid.gsd,
            "scene_spec": scene_to_json(scene),
            "source_state": source_state(scene, self.plan.header),
            "nominal_gsd": grid.nominal,
        }

    def tile_strip(self, windows: Sequence[Window]) -> StripResult:
        """Read a rectangle of windows at once and write their tiles.

        Raises:
            DataError: When the image or its label cannot be read or decoded.
        """
        grid, header = self.plan.grid, self.plan.header
        (row, col, *_), last = windows[0], windows[-1]
        area = Window(row, col, last.row + last.height - row, last.col + last.width - col)
        with rasterio.Env(**scene_options(self.plan.scene)):
            pixels = self._reader.read(area.clip(grid.height, grid.width))
            result = StripResult(BandStatistics.empty(len(header.bands)))
            for window in windows:
                tile = pixels.cut(window.row - row, window.col - col, window, header.fill)
                self._add_tile(window, tile, result)
        return result

    def close(self) -> None:
        """Close the scene's files; no strip may be in work."""
        self._reader.close()

    def remove_tiles(self) -> None:
        """Remove the tiles of the scene that exist; no strip may be in work."""
        for window in self.plan.windows:
            self._remove(self._paths(self._name(window), self.plan.scene.label is not None))

    def _name(self, window: Window) -> str:
        return f"{self.plan.scene.name}_{window.row:06d}_{window.col:06d}"

    def _remove(self, paths: tuple[str | None, str | None]) -> None:
        for path in filter(None, paths):
            (self._root / path).unlink(missing_ok=True)

    def _add_tile(self, window: Window, tile: Pixels, result: StripResult) -> None:
        grid, name = self.plan.grid, self._name(window)
        inside = window.clip(grid.height, grid.width)
        valid = window.height * window.width if tile.valid is None else int(tile.valid.sum())
        image, label = self._paths(name, tile.label is not None)
        if valid == 0 or valid < self._options.min_valid * inside.height * inside.width:
            result.dropped += 1
            self._remove((image, label))
            return
        transform = grid.tile_transform(window)
        counts, ignored = (None, None)
        if tile.label is not None:
            counts, ignored = class_pixels(tile.label, len(self._options.classes))
        row = {
            "id": name,
            **window._asdict(),
            "transform": list(transform)[:6] if transform else None,
            "valid_fraction": valid / (window.height * window.width),
            "class_pixels": counts,
            "ignore_pixels": ignored,
        }
        if image is not None:
            data = self._encoder.encode(tile.image, tile.valid, transform)
            row |= _columns("image", image, write_tile(self._root / image, data))
        if label is not None and tile.label is not None:
            data = encode_label(tile.label)
            row |= _columns("label", label, write_tile(self._root / label, data))
        result.rows.append(row)
        result.statistics.merge(BandStatistics.of(tile.image, tile.valid))

    def _paths(self, name: str, labelled: bool) -> tuple[str | None, str | None]:
        """Return the tile's image and label below the root; none where no tiles are written."""
        split, suffix = self.plan.scene.split, self._options.format
        if suffix == NO_TILES:
            return None, None
        label = f"{split}/labels/{name}.png" if labelled else None
        return f"{split}/images/{name}.{suffix}", label


def _columns(kind: str, path: str, written: Written) -> dict[str, Any]:
    """Return the manifest's columns of a written file."""
    return {kind: path, f"{kind}_bytes": written.size, f"{kind}_crc32": written.crc32}
