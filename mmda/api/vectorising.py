"""The files that vectorising writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.errors import ConfigError, MMDAError
from mmda.raster.mapping.polygons.layers import check_replaceable, layer_places
from mmda.raster.mapping.polygons.options import VectoriseOptions, layer_suffix

if TYPE_CHECKING:
    from mmda.raster.mapping.vectorise import Polygons


@dataclass(frozen=True)
class VectoriseJob:
    """A mask, its probabilities where there are any, and the file that is written for it."""

    mask: str
    probabilities: str | None
    out: Path


@dataclass(frozen=True)
class FailedVectorising:
    """A mask that could not be vectorised, and why."""

    mask: str
    error: MMDAError


def plan_layers(
    masks: Sequence[str],
    out: Path,
    options: VectoriseOptions,
    probabilities: Sequence[str] | None = None,
) -> list[VectoriseJob]:
    """Return what is written for every mask.

    Args:
        masks: The masks.
        out: A file, for one mask; or a folder for ``NAME_polygons.gpkg`` or ``NAME_roads.gpkg``,
            where a mask is called ``NAME_mask.tif`` or ``NAME.tif``.
        options: How masks are vectorised.
        probabilities: One raster for each mask.

    Raises:
        ConfigError: When the output has an unknown suffix, two outputs would be one file, the
            probabilities are not as many as the masks, or a file is there already that may not be
            replaced.
    """
    if probabilities is not None and len(probabilities) != len(masks):
        raise ConfigError(
            f"Expected one raster of probabilities for each of the {len(masks)} masks, in their "
            f"order, but got {len(probabilities)}."
        )
    if probabilities is not None and options.roads:
        raise ConfigError("Lines of roads have no confidence: leave the probabilities out.")
    outs = [_out(Path(mask), out, options) for mask in masks]
    by_out: dict[Path, str] = {}
    for mask, path in zip(masks, outs, strict=True):
        if path in by_out:
            raise ConfigError(
                f"`{by_out[path]}` and `{mask}` would both be written to `{path}`. Give a folder "
                "as output, and masks of equal name in separate runs."
            )
        by_out[path] = mask
    for path in outs:
        check_replaceable(layer_places(path, options.roads), options.overwrite)
    rasters = [None] * len(masks) if probabilities is None else probabilities
    return [VectoriseJob(*job) for job in zip(masks, rasters, outs, strict=True)]


def vectorise_each(
    jobs: Sequence[VectoriseJob], options: VectoriseOptions
) -> Iterator[Polygons | FailedVectorising]:
    """Vectorise one mask after the other; a bad one costs itself alone."""
    from mmda.raster.mapping.vectorise import vectorise_mask

    for job in jobs:
        try:
            yield vectorise_mask(job.mask, job.out, options, job.probabilities)
        except MMDAError as error:
            yield FailedVectorising(job.mask, error)


def _out(mask: Path, out: Path, options: VectoriseOptions) -> Path:
    if layer_suffix(out) is not None:
        return out
    what = "roads" if options.roads else "polygons"
    return out / f"{mask.stem.removesuffix('_mask')}_{what}.{options.format}"
