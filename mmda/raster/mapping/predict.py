"""Mapping a whole raster to a georeferenced class mask by a blended sliding window."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import astuple, dataclass, field
from pathlib import Path

from tqdm import tqdm

from mmda.errors import ConfigError
from mmda.raster.dataset.scene_reader import SceneGrid
from mmda.raster.dataset.training_data import TrainingData
from mmda.raster.io.handles import HandlePool
from mmda.raster.mapping.bands import cut_bands, whole_map
from mmda.raster.mapping.batches import Predictor, TilePredictor, tile_batches
from mmda.raster.mapping.blending import blended_strips
from mmda.raster.mapping.mosaic import MosaicGrid
from mmda.raster.mapping.opening import opened_raster
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.output import MapFiles, MapOutput
from mmda.raster.mapping.sources import map_name
from mmda.raster.mapping.strips import StripReader
from mmda.raster.mapping.tags import acquired, map_tags
from mmda.raster.mapping.write import Frame
from mmda.utils.ahead import ahead
from mmda.utils.files import ensure_free_space

DEFAULT = PredictOptions()


@dataclass
class PredictionSummary:
    """What :func:`predict_raster` did.

    Attributes:
        image: The raster that was mapped.
        out: The mask that was written.
        height: Mask height in pixels.
        width: Mask width in pixels.
        gsd: Metres per pixel at which the network saw the raster; ``None`` when unknown.
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
    gsd: float | None = None
    tiles: int = 0
    empty_tiles: int = 0
    ignore_pixels: int = 0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)


def predict_raster(
    image: Path | str,
    out: Path | str,
    predict: Predictor,
    options: PredictOptions = DEFAULT,
    *,
    num_classes: int,
    num_bands: int | None = None,
    data: TrainingData | None = None,
    classes: Sequence[str] | None = None,
    palette: Sequence[Sequence[int]] | None = None,
    probabilities: Path | str | None = None,
    confidence: Path | str | None = None,
    entropy: Path | str | None = None,
    model: str | None = None,
    tags: Mapping[str, str] | None = None,
    band: int | None = None,
) -> PredictionSummary:
    """Write the class mask of a whole raster.

    The network sees the pixels that a tile of the training data would hold at the same place.
    Memory does not grow with the raster's height: it holds a few strips of the image and, as
    float32, ``classes x shared rows x raster width`` probabilities (``classes x tile x raster
    width`` where they are written, or the raster is resampled), beside three batches of tiles.
    Equal input and a deterministic ``predict`` give equal bytes.

    Args:
        image: Any raster that GDAL opens, a `/vsi...` path or URL too.
        out: The mask GeoTIFF: uint8, class ids from 0, 255 where the image has no data (tag,
            alpha, mask band, NaN or ``nodata``), CRS and transform of the image, colour table.
        predict: Maps ``(N, B, tile, tile)`` in the raster's dtype to ``(N, C, tile, tile)``
            float32 probabilities, in a thread of its own; see :data:`Predictor`.
        options: How to map it; ``probabilities`` and what follows say what callers write.
        num_classes: Number of classes C, 1 to 255.
        num_bands: Number of bands that the model expects, to be checked.
        data: What the training images were like.
        classes: Class names, stored in the mask.
        palette: RGB 0..255 per class, stored as colour table.
        probabilities: Also write the blended probabilities to this GeoTIFF, one uint8 band per
            class with scale 1/254.
        confidence: Also write the largest of the blended probabilities to this GeoTIFF, as the
            entropy.
        entropy: Also write the entropy of the blended probabilities, divided by log C, to this
            GeoTIFF: uint8 with scale 1/254, 255 where the mask has no class.
        model: What tells the model from others; stored in the files with the options.
        tags: More tags of the files.
        band: Write the rows of this band alone, one of those that
            :func:`~mmda.raster.mapping.bands.cut_bands` gives; all rows when ``None``.

    Returns:
        A summary with counts, time and warnings.

    Raises:
        DataError: If the raster is missing, unreadable, truncated, has other bands than expected
            or values that the model was not trained on, or the disk is too full.
        ConfigError: If an option is out of range or ``predict`` returns another shape.
    """
    more = [None if path is None else Path(path) for path in (probabilities, confidence, entropy)]
    files = MapFiles(Path(out), *more)
    _check_outputs(image, files, num_classes)
    began = time.perf_counter()
    with ExitStack() as stack:
        source, warnings = stack.enter_context(opened_raster(image, options, num_bands, data))
        tiles_at, frame = map_grids(source, options)
        part = whole_map(tiles_at, frame.height)
        if band is not None:
            part = cut_bands(tiles_at, frame.height, options.band_strips)[band]
        mosaic_grid = part.grid(tiles_at)
        for target, count in files.bands(num_classes).items():
            ensure_free_space(target.parent, (part.stop - part.start) * frame.width * count)
        tags = {**(tags or {}), **acquired(image), **map_tags(image, model, options)}
        pool = HandlePool()
        stack.callback(pool.close)
        output = stack.enter_context(
            MapOutput(source, frame, part, files, num_classes, pool, classes, palette, tags)
        )
        bar = stack.enter_context(
            tqdm(
                total=len(mosaic_grid.rows) * len(mosaic_grid.cols),
                desc=map_name(str(image)),  # an address may hold a key
                unit="tile",
                disable=not options.progress,
            )
        )
        tiles = TilePredictor(predict, mosaic_grid, num_classes, bar)
        reader = part.reader(source.reader(pool))
        _map_strips(StripReader(reader, mosaic_grid), tiles, output, options)
        counts = output.counts
    return PredictionSummary(
        image,
        files.mask,
        part.stop - part.start,
        frame.width,
        counts[:num_classes].tolist(),
        source.grid.gsd,
        tiles.tiles,
        len(mosaic_grid.rows) * len(mosaic_grid.cols) - tiles.tiles,
        int(counts[-1]),
        time.perf_counter() - began,
        warnings,
    )


def map_grids(source: SceneGrid, options: PredictOptions) -> tuple[MosaicGrid, Frame]:
    """Return where the tiles of a raster stand, and the frame of its map."""
    grid = source.grid
    tiles = MosaicGrid(grid.height, grid.width, options.side, options.shared)
    return tiles, Frame.of(source, own_pixels=options.grid == "input")


def _map_strips(
    strips: StripReader, tiles: TilePredictor, output: MapOutput, options: PredictOptions
) -> None:
    """Read, predict, blend and write at the same time, a thread each."""
    grid, shares = strips.grid, output.takes_shares
    write = output.write if shares else output.write_classes
    with ExitStack() as stack:
        read = stack.enter_context(closing(ahead(strips, "reading")))
        batches = tile_batches(read, grid, options.batch_size)
        cut = stack.enter_context(closing(ahead(batches, "tiles", 2)))
        predicted = ahead(tiles(cut), "network", 2)
        blended = blended_strips(
            stack.enter_context(closing(predicted)), grid, tiles.num_classes, shares
        )
        if not shares:  # probabilities are large: one strip at a time
            blended = ahead(blended, "blending", 2)
        for rows, valid in stack.enter_context(closing(blended)):
            write(rows, valid)


def _check_outputs(image: Path | str, files: MapFiles, num_classes: int) -> None:
    if not 1 <= num_classes <= 255:
        raise ConfigError(f"Expected 1 to 255 classes for a uint8 mask, but got {num_classes}.")
    targets = [path for path in astuple(files) if path is not None]
    resolved = [Path(path).resolve() for path in (image, *targets)]
    if len(set(resolved)) < len(resolved):
        raise ConfigError(
            f"The outputs {', '.join(f'`{t}`' for t in targets)} of `{image}` must be files of "
            "their own; choose other names."
        )
