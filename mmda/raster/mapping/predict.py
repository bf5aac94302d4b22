"""Mapping a whole raster to a georeferenced class mask by a blended sliding window."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from tqdm import tqdm

from mmda.errors import ConfigError
from mmda.raster.io.scene_input import Strip, StripReader, choose_bands, open_scene
from mmda.raster.mapping.mosaic import MosaicGrid, StripMosaic
from mmda.raster.mapping.write import (
    IGNORE,
    PROBABILITY_STEPS,
    RowWriter,
    mask_writer,
    probability_writer,
)
from mmda.utils.files import atomic_path, ensure_free_space

Predictor = Callable[[NDArray[np.generic]], NDArray[np.float32]]


@dataclass
class PredictionSummary:
    """What :func:`predict_raster` did.

    Attributes:
        image: The raster that was mapped.
        out: The mask that was written.
        height: Mask height in pixels.
        width: Mask width in pixels.
        tiles: Number of tiles that went through the network.
        empty_tiles: Number of tiles skipped because they hold no data.
        class_pixels: Pixels per class.
        ignore_pixels: Pixels without data.
        seconds: Wall time in seconds.
        warnings: What the user should know, in sentences.
    """

    image: Path | str
    out: Path
    height: int
    width: int
    class_pixels: list[int]
    tiles: int = 0
    empty_tiles: int = 0
    ignore_pixels: int = 0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)


def predict_raster(
    image: Path | str,
    out: Path | str,
    predict: Predictor,
    *,
    num_classes: int,
    tile: int = 512,
    overlap: float = 0.25,
    batch_size: int = 4,
    bands: Sequence[int] | None = None,
    num_bands: int | None = None,
    gsd: float | None = None,
    classes: Sequence[str] | None = None,
    palette: Sequence[Sequence[int]] | None = None,
    probabilities: Path | str | None = None,
    progress: bool = True,
) -> PredictionSummary:
    """Write the class mask of a whole raster.

    Memory holds ``classes x tile x raster width`` float32 sums and two strips of the image,
    whatever the raster's height. Equal input and a deterministic ``predict`` give equal bytes.

    Args:
        image: Any raster that GDAL opens, a `/vsi...` path or URL too.
        out: The mask GeoTIFF: uint8, class ids from 0, 255 where the image has no data (tag,
            alpha, mask band or NaN), CRS and transform of the image, colour table.
        predict: Maps ``(N, B, tile, tile)`` in the raster's dtype to ``(N, C, tile, tile)``
            float32 probabilities.
        num_classes: Number of classes C, 1 to 255.
        tile: Side of the square tiles in pixels. A smaller raster is padded by reflection.
        overlap: Share of a tile in common with its neighbour, in [0, 0.9].
        batch_size: Largest number N of tiles per call of ``predict``.
        bands: 1-based bands in the model's order; all but alpha by default.
        num_bands: Number of bands that the model expects, to be checked.
        gsd: Ground sample distance in metres to predict at; the mask is then on that grid. None
            keeps the raster's own.
        classes: Class names, stored in the mask.
        palette: RGB 0..255 per class, stored as colour table.
        probabilities: Also write the blended probabilities to this GeoTIFF, one uint8 band per
            class with scale 1/254.
        progress: Show a progress bar on stderr.

    Returns:
        A summary with counts, time and warnings.

    Raises:
        DataError: If the raster is missing, unreadable, truncated or has other bands than
            expected, or the disk is too full.
        ConfigError: If an option is out of range or ``predict`` returns another shape.
    """
    out = Path(out)
    targets = [out] if probabilities is None else [out, Path(probabilities)]
    _check_options(image, targets, num_classes, batch_size)
    began = time.perf_counter()
    with ExitStack() as stack:
        scene = stack.enter_context(open_scene(image, gsd))
        chosen = choose_bands(scene, image, bands, num_bands)
        grid = MosaicGrid(scene.height, scene.width, tile, overlap)
        for target, count in zip(targets, (1, num_classes), strict=False):
            ensure_free_space(target.parent, grid.height * grid.width * count)
        paths = [stack.enter_context(atomic_path(target)) for target in targets]
        writers = [stack.enter_context(mask_writer(paths[0], scene, classes, palette))]
        if probabilities is not None:
            writer = probability_writer(paths[1], scene, num_classes, classes)
            writers.append(stack.enter_context(writer))
        summary = PredictionSummary(image, out, grid.height, grid.width, [0] * num_classes)
        summary.warnings += _georeference_warnings(scene, image)
        total = len(grid.rows) * len(grid.cols)
        bar = tqdm(total=total, desc=Path(image).name, unit="tile", disable=not progress)
        runner = _TilePredictor(
            predict, grid, num_classes, batch_size, summary, stack.enter_context(bar)
        )
        _map_strips(StripReader(scene, image, chosen, grid), runner, writers)
    summary.seconds = time.perf_counter() - began
    return summary


def _check_options(
    image: Path | str, targets: list[Path], num_classes: int, batch_size: int
) -> None:
    if not 1 <= num_classes <= IGNORE:
        raise ConfigError(f"Expected 1 to 255 classes for a uint8 mask, but got {num_classes}.")
    if batch_size < 1:
        raise ConfigError(f"Expected a batch size of at least 1, but got {batch_size}.")
    resolved = [Path(path).resolve() for path in (image, *targets)]
    if len(set(resolved)) < len(resolved):
        raise ConfigError(
            f"The outputs {', '.join(f'`{t}`' for t in targets)} of `{image}` must be files of "
            "their own; choose other names."
        )


def _georeference_warnings(scene: rasterio.DatasetReader, image: Path | str) -> list[str]:
    if scene.crs is None and not scene.gcps[0]:
        return [f"`{image}` has no CRS; the mask is written without one."]
    return []


class _TilePredictor:
    """Runs the network on the tiles of a strip that hold data, in batches."""

    def __init__(
        self,
        predict: Predictor,
        grid: MosaicGrid,
        num_classes: int,
        batch_size: int,
        summary: PredictionSummary,
        bar: tqdm,
    ) -> None:
        self.predict = predict
        self.grid = grid
        self.num_classes = num_classes
        self.batch_size = batch_size
        self.summary = summary
        self.bar = bar

    def __call__(self, strip: Strip) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Yield ``(column index, (C, tile, tile))`` for the tiles with data, left to right."""
        windows = [slice(left, left + self.grid.tile) for left in self.grid.cols]
        filled = [i for i, w in enumerate(windows) if strip.valid[:, w].any()]
        empty = len(windows) - len(filled)
        self.summary.empty_tiles += empty
        self.bar.update(empty)
        for start in range(0, len(filled), self.batch_size):
            columns = filled[start : start + self.batch_size]
            batch = np.stack([strip.image[:, :, windows[i]] for i in columns])
            yield from zip(columns, self._run(batch), strict=True)
            self.summary.tiles += len(columns)
            self.bar.update(len(columns))

    def _run(self, batch: NDArray[np.generic]) -> NDArray[np.float32]:
        result = self.predict(batch)
        expected = (len(batch), self.num_classes, self.grid.tile, self.grid.tile)
        if result.shape != expected:
            raise ConfigError(
                f"Expected predictions of shape {expected} (tiles, classes, height, width), but "
                f"got {result.shape}; do the classes belong to this checkpoint?"
            )
        return result


def _map_strips(reader: StripReader, tiles: _TilePredictor, writers: list[RowWriter]) -> None:
    """Predict, blend and write strip after strip."""
    summary = tiles.summary
    mosaic = StripMosaic(reader.grid, tiles.num_classes)
    for strip in reader:
        for column, probabilities in tiles(strip):
            mosaic.add(strip.index, column, probabilities)
        rows = mosaic.final_rows(strip.index)
        nodata = ~strip.valid[: rows.shape[1], : rows.shape[2]]
        mask = _argmax(rows)
        mask[nodata] = IGNORE
        writers[0].write(mask[None])
        for writer in writers[1:]:
            writer.write(_quantised(rows, nodata))
        mosaic.advance(strip.index)
        counts = np.bincount(mask.ravel(), minlength=IGNORE + 1)
        summary.ignore_pixels += int(counts[IGNORE])
        for index in range(tiles.num_classes):
            summary.class_pixels[index] += int(counts[index])


def _argmax(rows: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the class of the largest value, the first one on a tie; planar, so it streams."""
    best = rows[0].copy()
    mask = np.zeros(best.shape, dtype=np.uint8)
    for index, plane in enumerate(rows[1:], 1):
        mask[plane > best] = index
        np.maximum(best, plane, out=best)
    return mask


def _quantised(rows: NDArray[np.float32], nodata: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return probabilities 0..1 as 0..254, and 255 where there is no data."""
    steps = np.empty(rows.shape, dtype=np.uint8)
    for plane, out in zip(rows, steps, strict=True):
        np.copyto(out, np.rint(plane.clip(0, 1) * PROBABILITY_STEPS), casting="unsafe")
        out[nodata] = IGNORE
    return steps
