"""mmda: remote-sensing domain adaptation for semantic segmentation, on MMSegmentation.

The names of the API are imported when they are used, so that ``import mmda`` takes no time::

    from mmda import adapt_bn, calibrate, discover_patch_modes, export, load_model, mosaic, pair
    from mmda import predict, predict_bands, score, select, suggest, test, tile, train, vectorise
"""

# ruff: noqa: F401  # type checkers read the imports, users get the names

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "mmda.api.adaptation": "BatchNormResult adapt_bn",
    "mmda.api.banding": "JoinedMap MadeBands mosaic predict_bands",
    "mmda.api.calibrating": "calibrate",
    "mmda.api.converting": "convert",
    "mmda.api.ensembles": "ensemble",
    "mmda.api.exporting": "export",
    "mmda.api.pairing": "PairResult pair",
    "mmda.api.patch_modes": "discover_patch_modes",
    "mmda.api.prediction": "FailedPredictionsError Model Prediction load_model predict",
    "mmda.api.scoring": "score",
    "mmda.api.selecting": "select",
    "mmda.api.suggesting": "suggest",
    "mmda.api.tiling": "tile",
    "mmda.api.training": "TestResult TrainResult test train",
    "mmda.calibration.calibrate": "Calibration",
    "mmda.calibration.options": "CalibrateOptions",
    "mmda.calibration.reliability": "Reliability",
    "mmda.conversion.convert": "Conversion",
    "mmda.errors": "ConfigError DataError MMDAError",
    "mmda.evaluation.options": "ScoreOptions",
    "mmda.evaluation.score": "MapScores",
    "mmda.pairing.options": "PairOptions",
    "mmda.raster.mapping.options": "PredictOptions",
    "mmda.raster.mapping.vectorise": "Polygons vectorise",
    "mmda.raster.scene": "RasterLabels Scene VectorLabels",
    "mmda.raster.tiling.options": "RunOptions TileOptions",
    "mmda.raster.tiling.result": "DamagedScenesError TileResult",
    "mmda.raster.tiling.run": "tile_dataset",
    "mmda.selection.outcome": "ScoredModel Selection",
    "mmda.selection.options": "SelectOptions",
    "mmda.suggestion.options": "SuggestOptions",
    "mmda.suggestion.suggest": "SuggestedTile Suggestions",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

if TYPE_CHECKING:  # the same for type checkers
    from mmda.api.adaptation import BatchNormResult, adapt_bn
    from mmda.api.banding import JoinedMap, MadeBands, mosaic, predict_bands
    from mmda.api.calibrating import calibrate
    from mmda.api.converting import convert
    from mmda.api.ensembles import ensemble
    from mmda.api.exporting import export
    from mmda.api.pairing import PairResult, pair
    from mmda.api.patch_modes import discover_patch_modes
    from mmda.api.prediction import (
        FailedPredictionsError,
        Model,
        Prediction,
        load_model,
        predict,
    )
    from mmda.api.scoring import score
    from mmda.api.selecting import select
    from mmda.api.suggesting import suggest
    from mmda.api.tiling import tile
    from mmda.api.training import TestResult, TrainResult, test, train
    from mmda.calibration.calibrate import Calibration
    from mmda.calibration.options import CalibrateOptions
    from mmda.calibration.reliability import Reliability
    from mmda.conversion.convert import Conversion
    from mmda.errors import ConfigError, DataError, MMDAError
    from mmda.evaluation.options import ScoreOptions
    from mmda.evaluation.score import MapScores
    from mmda.pairing.options import PairOptions
    from mmda.raster.mapping.options import PredictOptions
    from mmda.raster.mapping.vectorise import Polygons, vectorise
    from mmda.raster.scene import RasterLabels, Scene, VectorLabels
    from mmda.raster.tiling.options import RunOptions, TileOptions
    from mmda.raster.tiling.result import DamagedScenesError, TileResult
    from mmda.raster.tiling.run import tile_dataset
    from mmda.selection.options import SelectOptions
    from mmda.selection.outcome import ScoredModel, Selection
    from mmda.suggestion.options import SuggestOptions
    from mmda.suggestion.suggest import SuggestedTile, Suggestions
else:

    def __getattr__(name: str) -> Any:
        """Import and return a name of the API."""
        if name not in _HOME:
            raise AttributeError(f"module `{__name__}` has no attribute `{name}`")
        return getattr(importlib.import_module(_HOME[name]), name)

    def __dir__() -> list[str]:
        """Return the names of the API besides the module's own."""
        return sorted({*globals(), *_HOME})
