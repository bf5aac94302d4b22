"""Mapping on a Dask cluster, whose machines see the rasters, the model and the maps by one path."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from mmda.api.banding import make_band, plan_bands
from mmda.api.maps import check_polygons, complete
from mmda.api.outputs import Outputs
from mmda.errors import ConfigError, DataError, MMDAError
from mmda.raster.mapping.band_folder import BandPlan
from mmda.raster.mapping.claim import claimed
from mmda.raster.mapping.join import join_bands
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.predict import PredictionSummary
from mmda.utils.cluster import connected, killed_its_workers

if TYPE_CHECKING:
    from mmda.api.prediction import FailedPrediction, Model, Prediction

_models: dict[str | None, Model] = {}  # of a worker: the one of the last band
_one_at_a_time = threading.Lock()


def predict_on_cluster(
    model: Model, jobs: Sequence[Outputs], options: PredictOptions
) -> Iterator[Prediction | FailedPrediction]:
    """Map rasters band by band on a cluster, and join the bands here.

    The bands of a worker that dies are given to others; those that are there already are kept.

    Raises:
        ConfigError: When the model cannot be loaded on other machines, Dask is not installed or no
            scheduler answers.
    """
    from mmda.api.prediction import FailedPrediction

    if model.load is None:
        raise ConfigError(
            "Only a model that `mmda.load_model` has loaded can map on a cluster: its workers load "
            "it again, from the same files."
        )
    with connected(str(options.scheduler)) as client:
        executor = client.get_executor(pure=False)
        begun: list[tuple[Outputs, BandPlan, list[Future]] | FailedPrediction] = []
        for job in jobs:
            try:
                check_polygons(model, job, options)
                plan = plan_bands(model, job, options)
                every = range(len(plan.rows))
                todo = every if options.overwrite else job.bands.missing(plan)
                arguments = (model.name, model.load, job, plan)
                futures = [executor.submit(_task, *arguments, band, options) for band in todo]
                begun.append((job, plan, futures))
            except MMDAError as error:
                begun.append(FailedPrediction(job.image, error))
        for one in begun:
            if isinstance(one, FailedPrediction):
                yield one
                continue
            try:
                yield _finish(model, *one, options)
            except MMDAError as error:
                yield FailedPrediction(one[0].image, error)


def _task(
    name: str | None,
    load: Callable[[], Model],
    job: Outputs,
    plan: BandPlan,
    band: int,
    options: PredictOptions,
) -> None:
    """Make a band on a worker, which keeps the model for the next one."""
    with _one_at_a_time:
        if name not in _models:
            _models.clear()
            _models[name] = load()
        make_band(_models[name], job, plan, band, options)


def _finish(
    model: Model, job: Outputs, plan: BandPlan, futures: list[Future], options: PredictOptions
) -> Prediction:
    """Wait for the bands of a map, and join them."""
    from mmda.api.prediction import Prediction

    began = time.perf_counter()
    bar: Any = tqdm(total=len(futures), desc=job.name, unit="band", disable=not options.progress)
    with bar:
        for future in as_completed(futures):
            _check(future, job)
            bar.update()
    with claimed(job.written):
        counts = join_bands(job.bands, plan)
        summary = PredictionSummary(
            job.image,
            job.place,
            plan.height,
            plan.width,
            counts[: len(plan.classes)].tolist(),
            ignore_pixels=int(counts[-1]),
            seconds=time.perf_counter() - began,
        )
        done = Prediction(job, model.classes, summary, complete(job, options))
        job.bands.remove()
    return done


def _check(future: Future, job: Outputs) -> None:
    error = future.exception()
    if error is not None and killed_its_workers(error):
        raise DataError(
            f"Cannot map `{job.image}`: one worker after the other died. Is memory short?"
        ) from error
    if error is not None:
        raise error
