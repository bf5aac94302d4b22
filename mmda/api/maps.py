"""One raster, or a band of one, mapped by a model; what follows when a map is there."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from mmda.api.outputs import Outputs
from mmda.api.sheets import cut_sheet
from mmda.errors import ConfigError
from mmda.raster.mapping.batches import Predictor
from mmda.raster.mapping.companions import write_companions
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.output import MapFiles
from mmda.raster.mapping.polygons.classes import chosen_classes
from mmda.raster.mapping.polygons.options import PolygonOptions, VectoriseOptions
from mmda.raster.mapping.predict import PredictionSummary, predict_raster
from mmda.raster.mapping.tags import METRICS
from mmda.utils.options import options_of

if TYPE_CHECKING:
    from mmda.api.prediction import Model
    from mmda.raster.mapping.vectorise import Polygons


def check_polygons(model: Model, job: Outputs, options: PredictOptions) -> None:
    """Raise a :class:`ConfigError` for polygons of classes that a model does not have."""
    if job.polygons is not None:
        chosen_classes(options.classes, model.classes, model.name or "The model")


def map_raster(
    model: Model, image: str, files: MapFiles, options: PredictOptions, band: int | None = None
) -> PredictionSummary:
    """Write the rasters of an image's map, see :func:`~mmda.raster.mapping.predict.predict_raster`.

    Args:
        model: The model.
        image: What GDAL opens.
        files: The files to write.
        options: How to map it.
        band: Write this band alone.
    """
    return predict_raster(
        image,
        files.mask,
        _predictor(model, options),
        options,
        num_classes=len(model.classes),
        num_bands=model.bands,
        data=model.training_data,
        classes=model.classes,
        palette=model.palette,
        probabilities=files.probabilities,
        confidence=files.confidence,
        entropy=files.entropy,
        model=model.name,
        tags={METRICS: json.dumps(model.metrics)} if model.metrics else None,
        band=band,
    )


def _predictor(model: Model, options: PredictOptions) -> Predictor:
    """Return a model's function as mapping calls it: with its views, and where the network is."""
    predictor: Any = model.predictor
    if options.tta or options.tta_scales:
        from mmda.engine.views import views_of

        if not hasattr(predictor, "seen_as"):
            raise ConfigError(
                "This model's predictor cannot see changed views. Leave out `tta` and "
                "`tta_scales`, or load the model with `load_model`."
            )
        predictor = predictor.seen_as(views_of(options))
    if not hasattr(predictor, "on_device"):
        return predictor
    on_device = partial(predictor.on_device)
    on_device.uses_counted = predictor.uses_counted  # type: ignore[attr-defined]
    return on_device


def complete(job: Outputs, options: PredictOptions) -> Polygons | None:
    """Write what is made of a finished map: polygons, if they are asked for, sheets, companions."""
    polygons = None
    if job.polygons is not None:
        from mmda.raster.mapping.vectorise import vectorise_mask

        chosen = {name: getattr(options, name) for name in options_of(PolygonOptions)}
        how = VectoriseOptions(**chosen, overwrite=True, progress=options.progress)
        polygons = vectorise_mask(job.mask, job.polygons, how, job.probabilities)
    if not job.sheets:
        write_companions(job.companions, job.assets)
        return polygons
    rasters = {kind: path for kind, path in job.assets.items() if kind != "polygons"}
    for sheet, files in job.sheets:
        cut_sheet(rasters, sheet, files.assets, files.companions)
    job.clear()
    return polygons
