"""Mapping rasters in Python: what ``mmda predict`` calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmda.api.maps import check_polygons, complete, map_raster
from mmda.api.outputs import Outputs, missing_outputs, plan_outputs
from mmda.errors import ConfigError, DataError, MMDAError
from mmda.raster.dataset.training_data import TrainingData
from mmda.raster.mapping.claim import claimed
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.predict import PredictionSummary, Predictor

if TYPE_CHECKING:
    from mmengine.config import Config

    from mmda.models.segmentors import UDASegmentor
    from mmda.raster.mapping.vectorise import Polygons

DEFAULT = PredictOptions()


def _as_given(options: PredictOptions) -> PredictOptions:
    return options


@dataclass(frozen=True)
class Model:
    """A trained model, ready to map rasters.

    Attributes:
        network: The network in evaluation mode, on its device.
        predictor: Function from raw pixels ``(N, B, H, W)`` to float32 probabilities
            ``(N, C, H, W)``.
        classes: Names of the classes, id 0 first.
        palette: One ``[r, g, b]`` per class, 0..255, or ``None``.
        bands: Number of bands that it expects; ``None`` where it does not say.
        training_data: What its training images were like; ``None`` where nobody knows.
        name: What tells it from others, its file and a digest of weights, config and
            temperature, which masks keep.
        config: The config that it was built from; ``None`` where it was built otherwise.
        metrics: What its checkpoint tells of how well it did in validation, by name; empty where it
            tells nothing.
        fit: Gives options a tile and an overlap that fit the network, where they have none.
        load: Loads it again, in another process; ``None`` where that cannot be.
    """

    network: UDASegmentor
    predictor: Predictor
    classes: Sequence[str]
    palette: Sequence[Sequence[int]] | None
    bands: int | None
    training_data: TrainingData | None = None
    name: str | None = None
    config: Config | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    fit: Callable[[PredictOptions], PredictOptions] = _as_given
    load: Callable[[], Model] | None = None


def load_model(
    config: str | Path | Config,
    checkpoint: str | Path,
    *,
    device: str | None = None,
    trust: bool = False,
    cfg_options: Mapping[str, Any] | None = None,
) -> Model:
    """Load a trained model for :func:`predict`.

    Args:
        config: The config that it was trained with: a file, a name that ``mmda configs`` lists, or
            a loaded one.
        checkpoint: Path of its weights.
        device: ``cpu``, ``cuda``, ``cuda:1``, ...; by default the GPU where there is one.
        trust: Whether the checkpoint may run code while it is read; else one that needs it is
            refused.
        cfg_options: Overrides of the config by dotted key.

    Returns:
        The model with what the checkpoint tells of its classes and training images.

    Raises:
        ConfigError: When the config is faulty, the checkpoint does not fit it or names no classes,
            or the device cannot be used.

    Example:
        >>> from mmda import load_model
        >>> model = load_model("config.py", "iter_60.pth", device="cpu")
        >>> model.classes, model.bands
        (['background', 'building'], 3)
    """
    from mmda.engine import inference
    from mmda.engine.checkpoint_loader import trusted_checkpoints
    from mmda.engine.launch import load_config
    from mmda.engine.tile_fit import fitted_options
    from mmda.selection.identity import text_digest, weights_digest

    loaded = load_config(config, dict(cfg_options or {}))
    with trusted_checkpoints(trust):
        network = inference.load_model(loaded, checkpoint, device)
    meta: Mapping[str, Any] = network.dataset_meta or {}
    if not meta.get("classes"):
        raise ConfigError(
            f"Neither the checkpoint `{checkpoint}` nor its config names the classes; set "
            "`metainfo=dict(classes=..., palette=...)` in the config's dataset."
        )
    bands = getattr(network.data_preprocessor, "num_bands", None)
    weights = weights_digest(Path(checkpoint))
    predicts_by = [weights, loaded.model.to_dict(), network.temperature]
    data = meta.get("training_data")
    return Model(
        network,
        inference.NetworkPredictor(network),
        list(meta["classes"]),
        meta.get("palette"),
        bands,
        None if data is None else TrainingData.from_json(data),
        f"{Path(checkpoint).name} {text_digest(predicts_by)[:12]}",
        loaded,
        network.metrics,
        partial(fitted_options, network=network, config=loaded),
        partial(
            load_model,
            loaded,
            Path(checkpoint).absolute(),
            device=device,
            trust=trust,
        ),
    )


@dataclass(frozen=True)
class Prediction:
    """A raster that was mapped.

    Attributes:
        files: The image and what was written for it.
        classes: Names of the classes.
        summary: Size, pixels per class, time and warnings.
        polygons: The polygons; ``None`` where none were asked for.
    """

    files: Outputs
    classes: Sequence[str]
    summary: PredictionSummary
    polygons: Polygons | None

    @property
    def shares(self) -> dict[str, float]:
        """Share of every class in the pixels with data, 0..1."""
        total = max(sum(self.summary.class_pixels), 1)
        pairs = zip(self.classes, self.summary.class_pixels, strict=True)
        return {name: count / total for name, count in pairs}


@dataclass(frozen=True)
class FailedPrediction:
    """A raster that could not be mapped, and why."""

    image: str
    error: MMDAError


class FailedPredictionsError(DataError):
    """Some of several rasters could not be mapped, while all others were.

    Attributes:
        predictions: Those that were mapped.
        failures: Those that were not.
    """

    def __init__(
        self, predictions: Sequence[Prediction], failures: Sequence[FailedPrediction]
    ) -> None:
        self.predictions, self.failures = predictions, failures
        listed = "\n".join(f"- {failure.error}" for failure in failures)
        total = len(predictions) + len(failures)
        super().__init__(f"{len(failures)} of {total} images could not be mapped:\n{listed}")


def predict(
    model: Model,
    images: str | Path | Sequence[str | Path],
    out: str | Path,
    options: PredictOptions = DEFAULT,
) -> list[Prediction]:
    """Map whole rasters to georeferenced class masks.

    Args:
        model: The model, see :func:`load_model`.
        images: A raster that GDAL opens (GeoTIFF, VRT, ``/vsi`` path, URL, ...), a folder or
            pattern of rasters, a text file with such a source on each line, or several of these.
        out: Folder for ``<image>_mask.tif`` and what else ``options`` ask for; or, for one image,
            the mask's path, which ends in ``.tif`` or ``.tiff``.
        options: How to map them, and what to write.

    Returns:
        One result per image; with ``options.resume`` none for those that are mapped already.

    Raises:
        DataError: When the image does not fit or cannot be read.
        FailedPredictionsError: When some of several images do not; the others are mapped.
        ConfigError: When an option is out of range, two outputs would be one file, or one is there
            already.

    Example:
        >>> from mmda import PredictOptions, load_model, predict
        >>> model = load_model("config.py", "iter_60.pth", device="cpu")
        >>> options = PredictOptions(tile=64, polygons=True, progress=False)
        >>> (result,) = predict(model, "scene.tif", "maps", options)
        >>> result.files.mask.name, sorted(result.shares)
        ('scene_mask.tif', ['background', 'building'])
    """
    options = model.fit(options)
    listed = [images] if isinstance(images, (str, Path)) else images
    jobs = missing_outputs(plan_outputs(listed, out, options), options, model.name)
    outcomes = list(predict_each(model, jobs, options))
    failures = [outcome for outcome in outcomes if isinstance(outcome, FailedPrediction)]
    done = [outcome for outcome in outcomes if isinstance(outcome, Prediction)]
    if failures and len(outcomes) == 1:
        raise failures[0].error
    if failures:
        raise FailedPredictionsError(done, failures)
    return done


def predict_each(
    model: Model, jobs: Sequence[Outputs], options: PredictOptions
) -> Iterator[Prediction | FailedPrediction]:
    """Map one raster after the other, or on a cluster; a bad one costs itself alone."""
    if options.shard is not None:
        raise ConfigError("`predict` maps whole rasters: use `predict_bands` for a shard.")
    if options.scheduler is not None:
        from mmda.api.cluster import predict_on_cluster

        yield from predict_on_cluster(model, jobs, options)
        return
    for job in jobs:
        try:
            yield _predict_one(model, job, options)
        except MMDAError as error:
            yield FailedPrediction(job.image, error)


def _predict_one(model: Model, job: Outputs, options: PredictOptions) -> Prediction:
    check_polygons(model, job, options)  # refused before work
    with claimed(job.written):
        summary = map_raster(model, job.image, job.rasters, options)
        summary.out = job.place
        return Prediction(job, model.classes, summary, complete(job, options))
