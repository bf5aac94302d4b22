"""The files that a prediction writes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from mmda.api.sheets import sheets_name, warn_of_keys, write_sheets
from mmda.errors import ConfigError
from mmda.raster.mapping.band_folder import SUFFIX, BandFolder
from mmda.raster.mapping.claim import claimed
from mmda.raster.mapping.companions import Companions
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.output import MapFiles
from mmda.raster.mapping.sheets import Sheet
from mmda.raster.mapping.sources import expand_images, map_name
from mmda.raster.mapping.tags import is_map_of
from mmda.raster.scene import safe_name
from mmda.utils.files import check_writable
from mmda.utils.locks import LockedError

ADVICE = (
    "Choose another output, --overwrite to replace maps, or --resume to leave those of this model "
    "and make the others."
)


@dataclass(frozen=True)
class Outputs:
    """The files that are written for one image; ``None`` for those that were not asked for.

    Attributes:
        image: What GDAL opens.
        sheets: Sheets that the image consists of, with the files of each, which are cut out of the
            image's; those are removed then. Empty where the image's files stay.
    """

    image: str
    mask: Path
    probabilities: Path | None
    confidence: Path | None
    entropy: Path | None
    polygons: Path | None
    companions: Companions
    sheets: tuple[tuple[Sheet, Outputs], ...] = ()

    @property
    def assets(self) -> dict[str, Path]:
        """The files of the map itself by kind."""
        kinds = ("mask", "probabilities", "confidence", "entropy", "polygons")
        found = {kind: getattr(self, kind) for kind in kinds}
        return {kind: path for kind, path in found.items() if path is not None}

    @property
    def place(self) -> Path:
        """Where the map is in the end: its mask, or the folder of those of the sheets."""
        return self.sheets[0][1].mask.parent if self.sheets else self.mask

    @property
    def name(self) -> str:
        """The name of the map."""
        return self.mask.stem.removesuffix("_mask")

    @property
    def rasters(self) -> MapFiles:
        """The rasters of the map."""
        return MapFiles(self.mask, self.probabilities, self.confidence, self.entropy)

    @property
    def bands(self) -> BandFolder:
        """Where its bands are, when it is made in bands."""
        return BandFolder(self.mask.with_name(self.name + SUFFIX))

    @property
    def written(self) -> list[Path]:
        """All files that are written and stay, a mask first."""
        if not self.sheets:
            return [*self.assets.values(), *astuple(self.companions)]
        shared = [] if self.polygons is None else [self.polygons]
        return [path for _, files in self.sheets for path in files.written] + shared

    def clear(self) -> None:
        """Remove the map that those of the sheets are cut out of, and the folder that it is in."""
        if self.sheets:
            shutil.rmtree(self.mask.parent, ignore_errors=True)


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
    if options.of_sheets:
        return [_plan_sheets(found, Path(out), options)]
    jobs = [_outputs(image, Path(out), options) for image in found]
    _check_inputs(found, jobs)
    _check_apart(jobs)
    check_new([path for job in jobs for path in job.written], options.overwrite or options.resume)
    _check_writable(jobs)
    return jobs


def _plan_sheets(images: Sequence[str], out: Path, options: PredictOptions) -> Outputs:
    """Return what is written for sheets that are mapped as one, and write their VRT."""
    single = _is_raster(out)
    if single and options.as_sheets:
        raise ConfigError(f"`{out}` is one file: give a folder as output, or --as-one.")
    name = out.stem if single else safe_name(sheets_name(images))
    folder = out.parent if single else out
    work = folder / f".{name}_sheets" if options.as_sheets else folder
    vrt = work / f"{name}_sheets.vrt"
    images = [image for image in images if Path(image).absolute() != vrt.absolute()]
    job = _outputs(str(vrt), out if single else work, options, name)
    if options.as_sheets and job.polygons is not None:
        job = replace(job, polygons=folder / job.polygons.name)
    apart = replace(options, polygons=False)
    files = [_outputs(image, out, apart) for image in images] if options.as_sheets else []
    _check_inputs(images, [job, *files])
    _check_apart(files)
    written = [path for one in files or [job] for path in one.written]
    check_new(written, options.overwrite or options.resume)
    _check_writable([job, *files])
    begun = job.mask.exists() or job.bands.path.exists()
    sheets = write_sheets(images, vrt, options.overwrite or not begun)
    if options.as_one:
        warn_of_keys(images, vrt)
    return replace(job, sheets=tuple(zip(sheets, files, strict=True)) if files else ())


def _check_apart(jobs: Sequence[Outputs]) -> None:
    seen: dict[Path, str] = {}
    for job in jobs:
        if job.mask in seen:
            raise ConfigError(
                f"`{seen[job.mask]}` and `{job.image}` would both be written to `{job.mask}`. Give "
                "a folder as output, and images of equal name in separate runs."
            )
        seen[job.mask] = job.image


def _check_writable(jobs: Sequence[Outputs]) -> None:
    """Raise a :class:`ConfigError` for a folder in which no map can be written."""
    for path in {job.mask.parent: job.mask for job in jobs}.values():
        check_writable(path)


def check_new(files: Sequence[Path], allowed: bool, advice: str = ADVICE) -> None:
    """Raise a :class:`ConfigError` when files of maps are there already and that is not allowed."""
    there = [path for path in files if path.exists()]
    if there and not allowed:
        more = f" and {len(there) - 1} more exist" if len(there) > 1 else " exists"
        raise ConfigError(f"`{there[0]}`{more} already. {advice}")


def missing_outputs(
    jobs: Sequence[Outputs], options: PredictOptions, model: str | None
) -> list[Outputs]:
    """Return the jobs that are to be done; with ``resume`` those whose files are not all there.

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
        mask = job.written[0]
        if options.resume and mask.exists() and not is_map_of(mask, job.image, model, options):
            raise ConfigError(
                f"`{mask}` was made of another raster, by another model or with other options, "
                "so it cannot be left for --resume. Choose another output, or --overwrite to "
                "replace it."
            )
        if not (options.resume and all(path.exists() for path in job.written)):
            missing.append(job)
            continue
        with suppress(LockedError), claimed(job.written):  # what a killed process has left
            job.clear()
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


def _outputs(image: str, out: Path, options: PredictOptions, name: str | None = None) -> Outputs:
    if _is_raster(out):
        mask, base = out, out.with_suffix("")
    else:
        base = out / (name or map_name(image))
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


def _is_raster(out: Path) -> bool:
    return out.suffix.lower() in (".tif", ".tiff")
