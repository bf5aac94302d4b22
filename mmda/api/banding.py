"""Maps that are made band by band: shards of a prediction, and joining what they have made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.api.maps import map_raster
from mmda.api.outputs import Outputs, check_new, missing_outputs, plan_outputs
from mmda.errors import MMDAError
from mmda.raster.mapping.band_folder import BandFolder, BandPlan, find_band_folders
from mmda.raster.mapping.bands import cut_bands
from mmda.raster.mapping.claim import claimed
from mmda.raster.mapping.companions import Companions, write_companions
from mmda.raster.mapping.join import join_bands
from mmda.raster.mapping.opening import opened_raster
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.predict import map_grids
from mmda.raster.mapping.tags import map_tags

if TYPE_CHECKING:
    from mmda.api.prediction import FailedPrediction, Model


@dataclass(frozen=True)
class MadeBands:
    """The bands of a map that belong to a shard; all of them are there.

    Attributes:
        image: What is mapped.
        folder: Where they are.
        made: Number of bands that were made now.
        kept: Number of bands that were there already.
        total: Number of bands of the whole map.
    """

    image: str
    folder: Path
    made: int
    kept: int
    total: int


@dataclass(frozen=True)
class JoinedMap:
    """A map that was joined from its bands.

    Attributes:
        mask: The mask.
        shares: Share of every class in the pixels with data, 0..1.
    """

    mask: Path
    shares: dict[str, float]


def predict_bands(
    model: Model,
    images: str | Path | Sequence[str | Path],
    out: str | Path,
    options: PredictOptions,
) -> list[MadeBands]:
    """Make the share ``options.shard`` of the bands of maps; :func:`mosaic` joins them.

    The bands are the same for any number of shards. Those that are there already are kept, so a
    shard that was killed goes on where it was.

    Args:
        model: The model, see :func:`~mmda.api.prediction.load_model`.
        images: The rasters, as in :func:`~mmda.api.prediction.predict`.
        out: Folder for the maps; their bands are made in ``<image>_bands`` there.
        options: How to map them, and what to write.

    Returns:
        One result per image.

    Raises:
        DataError: When an image does not fit or cannot be read, or another process makes the same
            bands.
        ConfigError: When an option is out of range, or there are bands of another model, raster or
            options.

    Example:
        >>> from mmda import PredictOptions, load_model, mosaic, predict_bands
        >>> model = load_model("config.py", "iter_60.pth", device="cpu")
        >>> for shard in ("1/2", "2/2"):  # on two machines
        ...     options = PredictOptions(tile=64, shard=shard, progress=False)
        ...     made = predict_bands(model, "scene.tif", "maps", options)
        >>> [joined] = mosaic("maps")
        >>> joined.mask.name
        'scene_mask.tif'
    """
    options = model.fit(options)
    listed = [images] if isinstance(images, (str, Path)) else images
    jobs = missing_outputs(plan_outputs(listed, out, options), options, model.name)
    results = list(predict_bands_each(model, jobs, options))
    for result in results:
        if not isinstance(result, MadeBands):
            raise result.error
    return [result for result in results if isinstance(result, MadeBands)]


def predict_bands_each(
    model: Model, jobs: Sequence[Outputs], options: PredictOptions
) -> Iterator[MadeBands | FailedPrediction]:
    """Make a share of the bands of one map after the other; a bad raster costs itself alone."""
    from mmda.api.prediction import FailedPrediction

    share, before = options.share(), 0
    for job in jobs:
        try:
            plan = plan_bands(model, job, options)
            numbers = range(len(plan.rows))
            own = [i for i in numbers if share is None or share.takes(before + i)]
            before += len(plan.rows)
            todo = own if options.overwrite else [i for i in job.bands.missing(plan) if i in own]
            for band in todo:
                make_band(model, job, plan, band, options)
            yield MadeBands(
                job.image, job.bands.path, len(todo), len(own) - len(todo), len(plan.rows)
            )
        except MMDAError as error:
            yield FailedPrediction(job.image, error)


def plan_bands(model: Model, job: Outputs, options: PredictOptions) -> BandPlan:
    """Cut an image's map into bands, and store the plan where they are made."""
    with opened_raster(job.image, options, model.bands, model.training_data) as (source, _):
        tiles, frame = map_grids(source, options)
        bands = cut_bands(tiles, frame.height, options.band_strips)
    files = {**{k: v for k, v in asdict(job.rasters).items() if v}, **asdict(job.companions)}
    plan = BandPlan(
        [[band.start, band.stop] for band in bands],
        frame.width,
        list(model.classes),
        map_tags(job.image, model.name, options),
        {kind: path.name for kind, path in files.items()},
    )
    job.bands.begin(plan)
    return plan


def make_band(
    model: Model, job: Outputs, plan: BandPlan, band: int, options: PredictOptions
) -> None:
    """Make a band of an image's map."""
    files = job.bands.files(plan, band)
    with claimed([path for path in astuple(files) if path is not None]):
        map_raster(model, job.image, files, options, band)


def mosaic(
    folders: str | Path | Sequence[str | Path], *, overwrite: bool = False, keep_bands: bool = False
) -> list[JoinedMap]:
    """Join the bands that shards of a prediction have made to maps.

    Args:
        folders: The folder that the maps go to, ``<image>_bands`` folders in it, or several.
        overwrite: Replace maps that are there already.
        keep_bands: Leave the bands; else they are removed once the map is there.

    Returns:
        One result per map.

    Raises:
        DataError: When bands are missing or damaged, or a map cannot be written.
        ConfigError: When a map is there already and ``overwrite`` is not chosen.
    """
    listed = [folders] if isinstance(folders, (str, Path)) else folders
    found = [bands for folder in listed for bands in find_band_folders(Path(folder))]
    plans = [(bands, bands.read()) for bands in found]
    files = [path for bands, plan in plans for path in bands.final(plan).values()]
    check_new(files, overwrite, "Choose --overwrite to replace maps.")
    return [_join(bands, plan, keep_bands) for bands, plan in plans]


def _join(bands: BandFolder, plan: BandPlan, keep_bands: bool) -> JoinedMap:
    final = bands.final(plan)
    with claimed([final["mask"], *final.values()]):
        counts = join_bands(bands, plan)
        beside = Companions(**{name: final.pop(name) for name in ("style", "quicklook", "item")})
        write_companions(beside, final)
        if not keep_bands:
            bands.remove()
    total = max(int(counts[:255].sum()), 1)
    shares = {name: int(counts[i]) / total for i, name in enumerate(plan.classes)}
    return JoinedMap(final["mask"], shares)
