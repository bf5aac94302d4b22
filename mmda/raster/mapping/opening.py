"""Opening a raster as a model is to see it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import rasterio

from mmda.errors import DataError
from mmda.raster.dataset.scene_reader import SceneGrid
from mmda.raster.dataset.training_data import TrainingData
from mmda.raster.io.grid import make_grid
from mmda.raster.io.handles import gdal_options, gdal_process, quiet_georeference
from mmda.raster.io.header import read_header
from mmda.raster.mapping.fit import fit_raster
from mmda.raster.mapping.options import Gsd, PredictOptions
from mmda.raster.scene import Scene, absolute_path, is_local, safe_name


@contextmanager
def opened_raster(
    image: Path | str, options: PredictOptions, num_bands: int | None, data: TrainingData | None
) -> Iterator[tuple[SceneGrid, list[str]]]:
    """Lay the grid on which a model sees a raster, and set GDAL up for reading it in the block.

    Args:
        image: What GDAL opens.
        options: How it is mapped.
        num_bands: Number of bands that the model expects; ``None`` for any.
        data: What the model's training images were like; ``None`` when unknown.

    Yields:
        The raster with its grid, and what the user should know, in sentences.

    Raises:
        DataError: When the image is missing, is no raster, or has other bands or values than
            expected.
    """
    _check_exists(image)
    with rasterio.Env(**gdal_options(str(image))), quiet_georeference(), gdal_process():
        yield _open(_scene(image, options, data), num_bands, data, options.gsd, options.polygons)


def _check_exists(image: Path | str) -> None:
    path = absolute_path(image)
    if Path(path).is_absolute() and is_local(path) and not Path(path).exists():
        raise DataError(f"Image `{image}` does not exist; expected a raster file. Check the path.")


def _scene(image: Path | str, options: PredictOptions, data: TrainingData | None) -> Scene:
    """Return the raster as a scene, read as the training data were where the user says nothing.

    The training data's no-data value counts where the file marks no pixels itself, and their choice
    of bands where the raster has those bands.
    """
    name = safe_name(Path(image).stem) or "scene"
    scene = Scene(name, str(image), nodata=options.nodata, nominal_gsd=options.nominal_gsd)
    bands = options.bands
    if data is not None:
        scene = replace(scene, white_area=data.white_area)
        own = read_header(scene.image)
        if scene.nodata is None and not own.missing.marked:
            scene = replace(scene, nodata=data.nodata)
        if bands is None and max(data.band_indices or (0,)) <= max(own.bands):
            bands = data.band_indices
    return scene if bands is None else replace(scene, bands=tuple(bands))


def _open(
    scene: Scene,
    num_bands: int | None,
    data: TrainingData | None,
    gsd: Gsd,
    polygons: bool,
) -> tuple[SceneGrid, list[str]]:
    """Read the header of a raster and lay the grid that the network sees."""
    header = read_header(scene.image, scene.nodata, scene.bands)
    if num_bands is not None and len(header.bands) != num_bands:
        raise DataError(
            f"`{scene.image}`: got {len(header.bands)} bands {list(header.bands)}, but the model "
            f"expects {num_bands}. Choose them with `--bands`, for example `--bands 1 2 3`."
        )
    fit = fit_raster(scene, header, data, gsd)
    warnings = list(fit.warnings)
    if polygons and (header.crs is None or header.transform is None):
        raise DataError(
            f"`{scene.image}` cannot be placed on the ground, so it can have no polygons: "
            f"{header.place.advice}. Or leave out --polygons."
        )
    if header.crs is None and header.place.gcps is None:
        warnings.append(f"`{scene.image}` has no CRS; the mask is written without one.")
    return SceneGrid(scene, header, make_grid(scene, header, fit.gsd)), warnings
