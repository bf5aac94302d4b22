"""From labelled source tiles and an unlabelled target to a calibrated checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

from mmda.calibration.collect import LabelledPixels, labelled_pixels
from mmda.calibration.datasets import scored_tiles, source_tiles, target_tiles
from mmda.calibration.figure import check_figure, write_figure
from mmda.calibration.options import FEATURES, CalibrateOptions
from mmda.calibration.reliability import Reliability
from mmda.calibration.stored import check_writable, store_temperature
from mmda.calibration.temperature import fit_temperature
from mmda.calibration.weights import effective_count, importance_weights
from mmda.engine.inference import load_trained
from mmda.engine.pooled_features import pooled_features
from mmda.engine.target_batches import TileBatches
from mmda.engine.tile_pass import choose_tiles
from mmda.errors import ConfigError
from mmda.models.batch_norm import TargetBatch
from mmda.models.segmentors import UDASegmentor

SOURCE, TARGET = "source, val", "target, test"


@dataclass(frozen=True)
class Calibration:
    """A calibrated model.

    Attributes:
        checkpoint: The file, whose metadata have the temperature.
        temperature: T, by which maps divide the logits; above 1 for an overconfident model, and 1
            for another one, unless ``sharpen`` is chosen.
        reliability: Before and after, on the source's validation tiles (``source, val``) and, where
            there are labels, on the target's test tiles (``target, test``), which serve nothing
            else.
        tiles: Number of source validation tiles.
        effective_tiles: How many of equal weight would tell as much.
        pixels: Number of their pixels that T was fitted on.
        warnings: What the user should know, in sentences.
    """

    checkpoint: Path
    temperature: float
    reliability: Mapping[str, tuple[Reliability, Reliability]]
    tiles: int
    effective_tiles: float
    pixels: int
    warnings: list[str]


def calibrate_checkpoint(
    config: Config,
    checkpoint: Path,
    data: str | None,
    options: CalibrateOptions,
    figure: Path | None,
    device: str | None,
) -> Calibration:
    """Fit the temperature of a model and store it; the arguments are those of ``mmda.calibrate``.

    Raises:
        ConfigError: When there are no labelled source validation tiles or no target, or the
            checkpoint does not fit.
        DataError: When the labels tell nothing of probabilities.
    """
    check_writable(checkpoint)
    if figure is not None:
        check_figure(figure)
    validation = source_tiles(config, "val", labelled=True)
    weighting = None
    if options.weights == FEATURES:
        train = source_tiles(config, "train", labelled=False)
        weighting = train, target_tiles(config, data, options.split)
    scored = scored_tiles(config, data)
    model, meta = load_trained(config, checkpoint, device)
    if meta.get("adapted_batch_norm"):
        raise ConfigError(
            f"`{checkpoint}` has the target's batch-norm statistics (AdaBN). To it the source's "
            "labelled tiles look foreign, and tell nothing of its probabilities: its maps are made "
            "without a temperature."
        )
    model.test_time.check_repeatable()
    source = labelled_pixels(model, validation, options)
    weights = np.ones(len(source.features))
    if weighting is not None:
        train, target = (_features(model, tiles, options) for tiles in weighting)
        weights = importance_weights(train, target, source.features, options.limit)
    fitted = fit_temperature(source.logits, source.labels, weights[source.tiles])
    temperature = fitted if options.sharpen else max(fitted, 1.0)
    found = {SOURCE: source}
    if scored is not None:
        found[TARGET] = labelled_pixels(model, scored, options)
    pairs = {name: _pair(pixels, temperature) for name, pixels in found.items()}
    store_temperature(checkpoint, temperature)
    if figure is not None:
        write_figure(pairs, figure)
    return Calibration(
        checkpoint,
        temperature,
        pairs,
        len(weights),
        effective_count(weights),
        len(source.labels),
        _warnings(fitted, temperature, None if weighting is None else weights),
    )


def _features(model: UDASegmentor, dataset: Any, options: CalibrateOptions) -> np.ndarray:
    """Return the pooled features of at most ``options.tiles`` tiles that hold data."""
    dataset.get_subset_(choose_tiles(len(dataset), options.tiles, options.seed))
    batches = TileBatches(
        model,
        dataset,
        options.batch_size,
        progress=options.progress,
        title=f"{dataset.domain} tiles",
    )
    seen = []
    for batch in batches:
        with model.test_time.adapted(model.predictor, batch.images, batch.counted):
            seen.append(pooled_features(model, batch)[_holds_data(batch)])
    return np.concatenate(seen)


def _holds_data(batch: TargetBatch) -> np.ndarray:
    if batch.counted is None:
        return np.ones(len(batch.images), bool)
    return batch.counted.flatten(1).any(1).cpu().numpy()


def _pair(pixels: LabelledPixels, temperature: float) -> tuple[Reliability, Reliability]:
    """Return the reliability before and after."""
    one, other = (Reliability.of(pixels.logits, pixels.labels, t) for t in (1.0, temperature))
    return one, other


def _warnings(fitted: float, temperature: float, weights: np.ndarray | None) -> list[str]:
    found = []
    if fitted < temperature:
        found.append(
            f"On the source the model is not sure enough (temperature {fitted:.3f}). It is left as "
            "it is (temperature 1), as models are right less often in a target; --sharpen makes it "
            "surer."
        )
    if weights is not None and len(weights) > 1 and np.ptp(weights) < 1e-6:
        found.append(
            "All source validation tiles weigh the same: they are equally unlike the target, or "
            "there are too few tiles to tell. The temperature is the source's."
        )
    return found
