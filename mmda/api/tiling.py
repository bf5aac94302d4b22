"""Tiling datasets in Python: what ``mmda tile`` calls."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmda.converters import find_converter
from mmda.errors import ConfigError
from mmda.raster.scene import Scene
from mmda.raster.tiling.options import RunOptions, TileOptions
from mmda.raster.tiling.result import TileResult
from mmda.raster.tiling.run import tile_dataset
from mmda.utils.options import build, field_names, split_options

Sources = str | Path | Sequence[str | Path]


def tile(name: str, source: Sources, out: str | Path, **options: Any) -> TileResult:
    """Tile rasters of your own, or convert a public dataset.

    Args:
        name: Name of the converter: ``geotiff``, ``folder``, ``inria``, ``loveda``, ..., see
            :data:`mmda.converters.CONVERTERS`.
        source: Folder of the dataset, as it was unpacked; for ``geotiff`` and ``folder`` rasters,
            folders or globs, also several.
        out: Folder of the tiled dataset.
        options: What ``mmda tile NAME --help`` lists, with ``_`` for ``-``: the options of the
            converter's class, of :class:`~mmda.raster.tiling.options.TileOptions` and of
            :class:`~mmda.raster.tiling.options.RunOptions`.

    Returns:
        The tiled dataset.

    Raises:
        ConfigError: When an option is unknown, missing or out of range.
        DataError: When files are missing or do not fit.
        DamagedScenesError: After all others are converted, for scenes that are damaged.

    Example:
        >>> from mmda import tile
        >>> names = {"task": "buildings", "domain": "here", "classes": ["background", "building"]}
        >>> result = tile("geotiff", "scene.tif", "tiles", labels="mask.tif", tile=64, **names)
        >>> result.tiles
        {'train': 4}
        >>> result.info["bands"], result.info["gsd"]
        (3, 0.5)
    """
    job = prepare(name, source, options)
    return tile_dataset(job.scenes, out, job.options, job.run, job.conversion)


@dataclass(frozen=True)
class TileJob:
    """Scenes that a converter has found, and how they are to be tiled.

    Attributes:
        scenes: What to tile.
        options: What the dataset is to be.
        run: How it is made.
        conversion: What the converter says of the dataset, see :func:`tile_dataset`; ``None`` for
            the user's own rasters.
    """

    scenes: Sequence[Scene]
    options: TileOptions
    run: RunOptions
    conversion: Mapping[str, Any] | None

    @property
    def notes(self) -> Sequence[str]:
        """What the converter decided: its split rule, and files that it left out."""
        return (self.conversion or {}).get("notes", ())


def prepare(name: str, source: Sources, options: Mapping[str, Any]) -> TileJob:
    """Find the scenes of a dataset and sort its options; see :func:`tile`."""
    kind, what = find_converter(name), f"The converter `{name}`"
    sources = _texts([source] if isinstance(source, (str, Path)) else source)
    if len(sources) != 1 and not (sources and kind.SEVERAL):
        number = "at least one source" if kind.SEVERAL else "one folder"
        raise ConfigError(f"{what} takes {number}, but got {len(sources)}.")
    options = {key: _texts(value) for key, value in options.items()}
    classes = {kind: field_names(kind), TileOptions: field_names(TileOptions) - kind.KNOWN}
    classes[RunOptions] = field_names(RunOptions)
    own, tiling, running = split_options(options, classes, what)
    converter = build(kind, own, what)
    values = {"tile": kind.TILE, **tiling, **converter.known()}
    tiled, run = build(TileOptions, values, what), RunOptions(**running)
    found = converter.find_scenes(*sources)
    scenes = converter.chosen(found.scenes, sources[0])
    return TileJob(scenes, tiled, run, converter.describe(sources[0], found))


def _texts(value: Any) -> Any:
    """Return paths, also those in a list, as text, and other values as they are."""
    if isinstance(value, (list, tuple)):
        return [_texts(one) for one in value]
    return os.fspath(value) if isinstance(value, Path) else value
