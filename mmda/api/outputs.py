"""The files that a prediction writes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from mmda.errors import ConfigError
from mmda.raster.mapping.companions import Companions
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.sources import expand_images, map_name
from mmda.raster.mapping.tags import is_map_of
from mmda.utils.files import leftovers

ABANDONED = 24 * 3600.0
"""Seconds after which nobody writes to a temporary file any more."""


@dataclass(frozen=True)
class Outputs:
    """The files that are written for one image; ``None`` for those that were not asked for."""

    image: str
    mask: Path
    probabilities: Path | None
    confidence: Path | None
    entropy: Path | None
    polygons: Path | None
    companions: Companions

    @property
    def assets(self) -> dict[str, Path]:
        """The files of the map itself by kind."""
        kinds = ("mask", "probabilities", "confidence", "entropy", "polygons")
        found = {kind: getattr(self, kind) for kind in kinds}
        return {kind: path for kind, path in found.items() if path is not None}

    @property
    def written(self) -> list[Path]:
        """All files that are written, in that order."""
        return [*self.assets.values(), *astuple(self.companions)]


def plan_outputs(
    images: Sequence[str | Path], out: str | Path, options: PredictOptions
) -> list[Outputs]:
    """Return what is written for every image.

    Args:
        images: Images, folders, patterns and lists, see
            :func:`~mmda.raster.mapping.sources.expand_images`.
        out: Folder for the maps, or the mask of a single one.
        options: What is written.

    Raises:
        DataError: When a folder, pattern or list gives no image.
        ConfigError: When two outputs would be one file, or one is there already and neither
            ``overwrite`` nor ``resume`` is chosen.
    """
    found = expand_images(images)
    jobs = [_outputs(image, Path(out), options) for image in found]
    _check_inputs(found, jobs)
    seen: dict[Path, str] = {}
    for job in jobs:
        if job.mask in seen:
            raise ConfigError(
                f"`{seen[job.mask]}` and `{job.image}` would both be written to `{job.mask}`. Give "
                "a folder as output, and images of equal name in separate runs."
            )
        seen[job.mask] = job.image
    _check_existing(jobs, options)
    return jobs


def _check_existing(jobs: Sequence[Outputs], options: PredictOptions) -> None:
    there = [path for job in jobs for path in job.written if path.exists()]
    if there and not (options.overwrite or options.resume):
        more = f" and {len(there) - 1} more exist" if len(there) > 1 else " exists"
        raise ConfigError(
            f"`{there[0]}`{more} already. Choose another output, --overwrite to replace "
            "maps, or --resume to leave those of this model and make the others."
        )


def missing_outputs(
    jobs: Sequence[Outputs], options: PredictOptions, model: str | None
) -> list[Outputs]:
    """Return the jobs that are to be done, and remove what killed processes left of them long ago.

    With ``resume``, those whose files are all there are left out.

    Args:
        jobs: From :func:`plan_outputs`.
        options: How rasters are mapped.
        model: What tells the model from others.

    Raises:
        ConfigError: With ``resume``, when a map is another raster's or model's, or has other
            options.
    """
    missing = []
    for job in jobs:
        for folder in {path.parent for path in job.written}:
            names = {path.name for path in job.written}
            for leftover in [path for path, name in leftovers(folder) if name in names]:
                if time.time() - leftover.stat().st_mtime > ABANDONED:
                    leftover.unlink(missing_ok=True)
        if (
            options.resume
            and job.mask.exists()
            and not is_map_of(job.mask, job.image, model, options)
        ):
            raise ConfigError(
                f"`{job.mask}` was made of another raster, by another model or with other options, "
                "so it cannot be left for --resume. Choose another output, or --overwrite to "
                "replace it."
            )
        if not (options.resume and all(path.exists() for path in job.written)):
            missing.append(job)
    return missing


def _check_inputs(images: Sequence[str | Path], jobs: Sequence[Outputs]) -> None:
    """Refuse an output that would overwrite one of the images."""
    inputs = {Path(image).resolve() for image in images}
    for job in jobs:
        for path in job.written:
            if path.resolve() in inputs:
                raise ConfigError(
                    f"The map of `{job.image}` would overwrite the image `{path}`. Give another "
                    "folder as output, or leave that image out."
                )


def _outputs(image: str, out: Path, options: PredictOptions) -> Outputs:
    if out.suffix.lower() in (".tif", ".tiff"):
        mask, base = out, out.with_suffix("")
    else:
        base = out / map_name(image)
        mask = base.with_name(f"{base.name}_mask.tif")

    def beside(wanted: bool, name: str) -> Path | None:
        return base.with_name(f"{base.name}_{name}") if wanted else None

    return Outputs(
        image,
        mask,
        beside(options.probabilities, "probabilities.tif"),
        beside(options.confidence, "confidence.tif"),
        beside(options.entropy, "entropy.tif"),
        beside(options.polygons, "polygons.gpkg"),
        Companions(
            mask.with_suffix(".qml"),
            base.with_name(f"{base.name}_quicklook.png"),
            base.with_name(f"{base.name}_stac.json"),
        ),
    )
