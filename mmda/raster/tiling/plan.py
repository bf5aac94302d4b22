"""Planning from headers alone: which tiles a run will write, and what does not fit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import rasterio

from mmda.errors import DataError
from mmda.raster.dataset.scene_reader import SceneGrid
from mmda.raster.io.grid import make_grid
from mmda.raster.io.handles import DamagedError, scene_options
from mmda.raster.io.header import read_header
from mmda.raster.labels.vectors import require_crs
from mmda.raster.scene import RasterLabels, Scene
from mmda.raster.tiling.encode import NO_TILES, check_format
from mmda.raster.tiling.failure import why
from mmda.raster.tiling.label_checks import check_mask
from mmda.raster.tiling.options import TileOptions
from mmda.raster.tiling.scene_checks import (
    check_places,
    check_same,
    check_scenes,
    scaling_warnings,
    shape_warnings,
)
from mmda.raster.windows import Window, tile_windows
from mmda.utils.shards import Shard

STRIP_BYTES = 24 * 2**20  # source pixels that a thread reads at a time
ROW_STRIP_BYTES = 96 * 2**20  # the same for files that are organised in whole rows
MOST_ROWS = 2048  # grid pixels: taller blocks are read more than once
_JPEG_SHARE = 0.5  # of the raw bytes, for pure noise in colour; any picture takes less


@dataclass(frozen=True)
class ScenePlan(SceneGrid):
    """One scene and the tiling of its target grid.

    Attributes:
        tiling: Tile size, stride and edge rule, see :func:`mmda.raster.windows.tile_windows`.
    """

    tiling: tuple[int | None, int | None, str]

    @property
    def windows(self) -> list[Window]:
        """The tile windows, row by row."""
        return tile_windows(self.grid.height, self.grid.width, *self.tiling)

    def strips(self) -> list[list[Window]]:
        """Group the windows into rectangles, so that one read feeds them all.

        A rectangle is as wide as the raster where memory allows, and as high as it takes to read
        tall blocks, and the pixels that tiles share, only once.
        """
        rows: dict[int, list[Window]] = {}
        for window in self.windows:
            rows.setdefault(window.row, []).append(window)
        high = self._rows_together()
        lines = list(rows.values())
        groups = [lines[i : i + high] for i in range(0, len(lines), high)]
        wide = self._columns_together(high)
        return [
            [window for line in group for window in line[i : i + wide]]
            for group in groups
            for i in range(0, len(group[0]), wide)
        ]

    def _rows_together(self) -> int:
        tile, stride, _ = self.tiling
        if tile is None:
            return 1
        step = stride or tile
        shared = 2 if step < tile else 1
        block = min(self.header.block[0] / self.grid.step_y, MOST_ROWS)
        return max(shared, math.ceil(block / step))

    def _columns_together(self, high: int) -> int:
        tile, stride, _ = self.tiling
        if tile is None:
            return 1
        step = stride or tile
        depth = len(self.header.bands) * np.dtype(self.header.dtype).itemsize
        column = (tile + (high - 1) * step) * step * self.grid.step_y * self.grid.step_x * depth
        # Cut short, such a strip would decompress every row of the file once per piece.
        whole_rows = self.header.block[1] >= self.header.width
        return max(1, int((ROW_STRIP_BYTES if whole_rows else STRIP_BYTES) / column))

    def tile_bytes(self, format: str) -> int:
        """Upper estimate of what the tiles take on disk in a format, in bytes."""
        if format == NO_TILES:
            return 0
        windows = self.windows
        pixels = sum(window.height * window.width for window in windows)
        depth = float(len(self.header.bands) * np.dtype(self.header.dtype).itemsize)
        if format == "jpg" and len(self.header.bands) == 3:
            depth *= _JPEG_SHARE
        return int(pixels * (depth + 0.1)) + 4096 * len(windows)


@dataclass(frozen=True)
class Plan:
    """All scenes of a run, or of one shard of it.

    Attributes:
        scenes: The scenes that can be tiled, in the order given.
        damaged: Scenes whose rasters could not be opened, and why.
        warnings: What looks wrong about the scenes, in sentences.
    """

    scenes: list[ScenePlan]
    damaged: list[tuple[Scene, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def tiles_per_split(self) -> dict[str, int]:
        """Return the planned number of tiles of every split."""
        counts: Counter[str] = Counter()
        for plan in self.scenes:
            counts[plan.scene.split] += len(plan.windows)
        return dict(counts)


def plan_tiles(
    scenes: Sequence[Scene], options: TileOptions, workers: int = 2, shard: Shard | None = None
) -> Plan:
    """Plan a run from the headers of its files, in the order of the scenes.

    A raster that cannot be opened is noted; anything else that does not fit ends the run before
    it starts.

    Args:
        scenes: All scenes.
        options: The options of the run.
        workers: Number of threads.
        shard: Plan only the scenes of this shard.

    Raises:
        DataError: For scenes that do not fit the options or each other.
    """
    layers = check_scenes(scenes, options.classes)
    if shard is not None:
        scenes = [scene for scene in scenes if shard.owns(scene.name)]
    damaged: list[tuple[Scene, str]] = []
    plans: list[ScenePlan] = []
    misfits: list[str] = []
    with ThreadPoolExecutor(workers) as executor:
        outcomes = executor.map(lambda scene: _plan_scene(scene, options), scenes)
        for scene, outcome in zip(scenes, outcomes, strict=True):
            if isinstance(outcome, ScenePlan):
                plans.append(outcome)
            elif isinstance(outcome, DamagedError):
                damaged.append((scene, str(outcome)))
            else:
                misfits.append(str(outcome))
    if misfits:
        more = f"\n({len(misfits)} scenes do not fit)" if len(misfits) > 1 else ""
        raise DataError("\n".join(misfits[:5]) + more)
    if not plans and shard is None:
        listed = "\n".join(message for _, message in damaged[:5])
        raise DataError(f"None of the rasters can be read:\n{listed}")
    check_places(plans, layers)
    check_same(plans, "bands", lambda plan: len(plan.header.bands))
    check_same(plans, "data type", lambda plan: plan.header.dtype)
    for plan in plans[:1]:
        check_format(options.format, len(plan.header.bands), plan.header.dtype)
    return Plan(plans, damaged, [*scaling_warnings(plans), *shape_warnings(plans)])


def _plan_scene(scene: Scene, options: TileOptions) -> ScenePlan | DataError:
    with rasterio.Env(**scene_options(scene)):
        try:
            header = read_header(scene.image, scene.nodata, scene.bands)
            grid = make_grid(scene, header, options.gsd)
            if isinstance(scene.label, RasterLabels):
                check_mask(scene, scene.label, header)
            elif scene.label is not None:
                require_crs(scene.label, grid, header.place.advice)
        except DataError as error:
            return error
        except Exception as error:
            return DamagedError(why(error, scene))
    return ScenePlan(scene, header, grid, (options.tile, options.stride, options.edge))
