"""The contenders of ``tiling.py``: mmda, gdal_retile.py, torchgeo, a plain loop, the encoder alone.

All cut the same image and mask with the same codecs: the image as zstd GeoTIFF (level 1, predictor
2) or PNG (the library's default), the mask as PNG.
"""

from __future__ import annotations

import shutil
import subprocess
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

from mmda.raster import RasterLabels, RunOptions, Scene, TileOptions, tile_dataset
from mmda.raster.tiling.geotiff import GeoTiffEncoder

TILE = 512
PLACE = {"crs": "EPSG:32633", "transform": Affine(0.3, 0, 500000, 0, -0.3, 5000000)}
LAYOUTS = {
    "strip raw": {},
    "strip LZW": {"compress": "lzw"},
    "tiled deflate": {"compress": "deflate", "tiled": True, "blockxsize": 256, "blockysize": 256},
}
ZSTD = {"compress": "zstd", "zstd_level": 1, "predictor": 2, "interleave": "pixel"}
SUFFIXES = {"zstd": "tif", "png": "png"}


@dataclass(frozen=True)
class Task:
    """What to cut, and how.

    Attributes:
        image: The image raster.
        mask: The mask raster.
        stride: Step between tiles in pixels.
        codec: ``zstd`` or ``png``.
    """

    image: Path
    mask: Path
    stride: int
    codec: str


def make_rasters(folder: Path, size: int) -> tuple[dict[str, Path], Path]:
    """Write the seeded image in every layout, and its mask; return their paths."""
    draw = np.random.default_rng(0)
    image = np.empty((3, size, size), np.uint8)
    for band in image:
        coarse = draw.integers(0, 256, (size // 16 + 1, size // 16 + 1)).astype(np.uint8)
        smooth = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC).astype(np.int16)
        band[:] = np.clip(smooth // 2 + 64 + draw.integers(-6, 7, (size, size)), 0, 255)
    coarse = draw.random((size // 64 + 1, size // 64 + 1)).astype(np.float32)
    mask = (cv2.resize(coarse, (size, size)) > 0.6).astype(np.uint8)[None]
    shape = {"driver": "GTiff", "height": size, "width": size, "dtype": "uint8", **PLACE}
    paths = {}
    for name, options in LAYOUTS.items():
        paths[name] = folder / f"{name.replace(' ', '_')}.tif"
        with rasterio.open(
            paths[name], "w", **shape, count=3, interleave="pixel", **options
        ) as out:
            out.write(image)
    with rasterio.open(folder / "mask.tif", "w", **shape, count=1, compress="lzw") as out:
        out.write(mask)
    return paths, folder / "mask.tif"


def run_mmda(task: Task, out: Path, workers: int, gsd: float | None = None) -> None:
    """Tile with mmda, from the plan to the manifest."""
    scene = Scene("s", str(task.image), label=RasterLabels(str(task.mask)))
    options = TileOptions(
        "t", "d", ("a", "b"), TILE, stride=task.stride, gsd=gsd, format=SUFFIXES[task.codec]
    )
    tile_dataset([scene], out, options, RunOptions(workers, progress=False))


def run_mmda_by_gdal(task: Task, out: Path, workers: int) -> None:
    """Tile with mmda, but let GDAL encode the GeoTIFF tiles."""
    encode = GeoTiffEncoder._encode_by_gdal
    with mock.patch.object(GeoTiffEncoder, "encode", encode):
        run_mmda(task, out, workers)


def run_retile(task: Task, out: Path) -> None:
    """Cut image and mask with ``gdal_retile.py``."""
    codec = ["-of", "PNG"]
    if task.codec == "zstd":
        codec = ["-co", "COMPRESS=ZSTD", "-co", "ZSTD_LEVEL=1", "-co", "PREDICTOR=2"]
    for path, options in ((task.image, codec), (task.mask, ["-of", "PNG"])):
        folder = out / path.stem
        folder.mkdir(parents=True)
        command = ["gdal_retile.py", "-q", "-ps", str(TILE), str(TILE), *options]
        command += ["-overlap", str(TILE - task.stride), "-targetDir", str(folder), str(path)]
        subprocess.run(command, check=True, capture_output=True)


def run_loop(task: Task, out: Path) -> None:
    """Cut with a plain loop over windows: rasterio reads, rasterio or OpenCV writes."""
    with rasterio.open(task.image) as image, rasterio.open(task.mask) as mask:
        for row, col in tile_corners(image.height, image.width, task.stride):
            window = Window(col, row, TILE, TILE)
            tile, label = image.read(window=window), mask.read(1, window=window)
            place = PLACE["transform"] @ Affine.translation(col, row)
            write_plainly(out, f"{row}_{col}", task.codec, tile, label, place)


def run_torchgeo(task: Task, out: Path) -> None:
    """Cut along torchgeo's grid sampler; rasterio or OpenCV writes."""
    from torchgeo.datasets import RasterDataset
    from torchgeo.samplers import GridGeoSampler

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image, mask = RasterDataset(str(task.image)), RasterDataset(str(task.mask))
        mask.is_image = False
        to_pixels = ~PLACE["transform"]
        for place in GridGeoSampler(image, size=TILE, stride=task.stride):
            tile = image[place]["image"].numpy().astype(np.uint8)
            label = mask[place]["mask"].numpy().astype(np.uint8)
            col, row = map(round, to_pixels * (place[0].start, place[1].stop))
            transform = PLACE["transform"] @ Affine.translation(col, row)
            write_plainly(out, f"{row}_{col}", task.codec, tile, label, transform)


def torchgeo_corners(height: int, width: int, stride: int) -> list[tuple[int, int]]:
    """Return row and column of torchgeo's tiles: from the lower left on, beyond the raster."""
    rows, cols = (1 + -(-(n - TILE) // stride) for n in (height, width))
    return [(height - TILE - i * stride, j * stride) for i in range(rows) for j in range(cols)]


class EncoderAlone:
    """Encodes and writes the same tiles from memory: what is left when reading costs nothing."""

    def __init__(self, task: Task) -> None:
        with rasterio.open(task.image) as image, rasterio.open(task.mask) as mask:
            pixels, labels = image.read(), mask.read(1)
        self.codec = task.codec
        self.tiles = []
        for row, col in tile_corners(*labels.shape, task.stride):
            box = np.s_[row : row + TILE, col : col + TILE]
            place = PLACE["transform"] @ Affine.translation(col, row)
            tile = np.ascontiguousarray(pixels[(slice(None), *box)])
            if self.codec == "png":
                tile = np.ascontiguousarray(tile[::-1].transpose(1, 2, 0))
            self.tiles.append((f"{row}_{col}", tile, np.ascontiguousarray(labels[box]), place))

    def run(self, out: Path, workers: int) -> None:
        """Encode and write all tiles in threads, by the libraries' own plain calls."""
        with ThreadPoolExecutor(workers) as executor:
            list(executor.map(lambda tile: self._write(out, *tile), self.tiles))

    def _write(self, out: Path, name: str, tile: np.ndarray, label: np.ndarray, place: Affine):
        if self.codec == "png":
            cv2.imwrite(str(out / f"{name}.png"), tile)
            cv2.imwrite(str(out / f"{name}_mask.png"), label)
        else:
            write_plainly(out, name, self.codec, tile, label, place)


def write_plainly(
    out: Path, name: str, codec: str, tile: np.ndarray, label: np.ndarray, place: Affine
) -> None:
    """Write one tile and its mask by the libraries' own plain calls."""
    if codec == "png":
        cv2.imwrite(str(out / f"{name}.png"), tile[::-1].transpose(1, 2, 0))
    else:
        profile = {"driver": "GTiff", "height": TILE, "width": TILE, "count": 3, "dtype": "uint8"}
        profile.update(ZSTD, crs=PLACE["crs"], transform=place)
        with rasterio.open(out / f"{name}.tif", "w", **profile) as dataset:
            dataset.write(tile)
    cv2.imwrite(str(out / f"{name}_mask.png"), label)


def tile_corners(height: int, width: int, stride: int) -> list[tuple[int, int]]:
    """Return row and column of every tile; the last ones are moved back into the raster."""
    starts = [[*range(0, n - TILE, stride), n - TILE] for n in (height, width)]
    return [(row, col) for row in starts[0] for col in starts[1]]


def has_retile() -> bool:
    """Tell whether ``gdal_retile.py`` is installed."""
    return shutil.which("gdal_retile.py") is not None


def has_torchgeo() -> bool:
    """Tell whether torchgeo is installed."""
    return find_spec("torchgeo") is not None
