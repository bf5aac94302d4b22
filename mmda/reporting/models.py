"""What a report shows by running the compared models on target tiles."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tqdm import tqdm

from mmda.calibration.datasets import scored_tiles
from mmda.engine.inference import load_trained
from mmda.errors import ConfigError, MMDAError
from mmda.models.segmentors import UDASegmentor
from mmda.report.content import Report
from mmda.report.pictures import background_ids
from mmda.reporting.maps import Painter
from mmda.reporting.methods import group_panels, match_panels
from mmda.reporting.options import ReportOptions
from mmda.reporting.planes import image_pairs, planes
from mmda.reporting.predictions import TestTiles, choose, predict_tiles
from mmda.reporting.roles import ADAPTED, SOURCE_ONLY, TARGET_ONLY
from mmda.reporting.runs import FoundRun
from mmda.reporting.scene import put_together, shown_tiles
from mmda.reporting.tile_scores import add_tile_scores

MAPS = "Maps, errors, tiles, confusion, calibration and intervals"


Models = Mapping[str, tuple[FoundRun, UDASegmentor]]
"""The compared runs with their models, by key."""


@dataclass(frozen=True)
class ComparedModels:
    """The models of the compared runs.

    Attributes:
        runs: The runs by key.
        names: Names for people by key.
        options: What is shown.
        device: Where models run; by default the GPU where there is one.
    """

    runs: Mapping[str, FoundRun]
    names: Mapping[str, str]
    options: ReportOptions
    device: str | None = None

    def add_to(self, report: Report) -> None:
        """Add all parts that need a model; what cannot be made is told in the report."""
        models: dict[str, tuple[FoundRun, UDASegmentor]] = {}
        for key, run in self.runs.items():
            try:
                models[key] = (run, self._load(run))
            except MMDAError as error:
                report.missing[f"Maps of {self.names[key]}"] = str(error)
        if not models:
            return
        parts: dict[str, Callable[[Report, Models], None]] = {
            MAPS: self._add_maps,
            "Features of both domains": self._add_planes,
            "Groups and matched instances": self._add_methods,
        }
        for part, add in parts.items():
            try:
                add(report, models)
            except MMDAError as error:
                report.missing[part] = str(error)

    def _load(self, run: FoundRun) -> UDASegmentor:
        if run.config is None or run.checkpoint is None:
            raise ConfigError(f"`{run.folder}` has no checkpoint (.pth) with its config.")
        return load_trained(run.config, run.checkpoint, self.device)[0]

    def _add_maps(self, report: Report, models: Models) -> None:
        own = {key: _test_tiles(run) for key, (run, _) in models.items()}
        dataset = next(iter(own.values()))
        rows = [_ids(one) for one in own.values()]
        if any(one != rows[0] for one in rows):
            raise ConfigError("The runs are tested on different tiles. Report on them one by one.")
        scored = choose(dataset, self.options.tiles, self.options.seed)
        tiles = TestTiles(dataset, scored, ())
        tiles = dataclasses.replace(tiles, shown=shown_tiles(tiles.rows))
        predictions = {}
        for key in tqdm(models, "models", disable=not self.options.progress):
            seen = dataclasses.replace(tiles, dataset=own[key])
            predictions[key] = predict_tiles(models[key][1], seen, self.options.seed)
        meta = dataset.metainfo
        report.classes = list(meta["classes"])
        hidden = background_ids(report.classes)
        colours = zip(report.classes, meta["palette"], strict=True)
        report.legend = [one for index, one in enumerate(colours) if index not in hidden]
        add_tile_scores(report, predictions, tiles, self.options.seed)
        painter = Painter(report.gallery, report.classes, meta["palette"], self.names)
        masks = {key: one.masks for key, one in predictions.items()}
        first = next(iter(predictions.values()))
        report.swipe, report.errors = painter.scene(put_together(tiles, first.labels, masks))
        judged = ADAPTED if ADAPTED in predictions else next(iter(predictions))
        report.tiles = painter.tiles(tiles, predictions, judged)

    def _add_planes(self, report: Report, models: Models) -> None:
        if not self.options.points:
            return
        chosen = {key: one for key, one in models.items() if key != TARGET_ONLY}
        if {SOURCE_ONLY, ADAPTED} <= set(models):
            chosen = {key: models[key] for key in (SOURCE_ONLY, ADAPTED)}
        report.planes = planes(chosen, self.names, self.options.points, self.options.seed)

    def _add_methods(self, report: Report, models: Models) -> None:
        for key, (run, model) in models.items():
            if not model.alignments:
                continue
            pairs, name = image_pairs(run), self.names[key]
            report.groups = [*report.groups, *group_panels(model, name, pairs[0], report.gallery)]
            report.matches = [*report.matches, *match_panels(model, name, pairs, report.gallery)]


def _test_tiles(run: FoundRun) -> Any:
    """Return the labelled tiles of a run's test, as its config loads them."""
    assert run.config is not None
    tiles = scored_tiles(run.config, None)
    if tiles is None:
        raise ConfigError(
            "Needs the target's test tiles with labels, in the folder that the config names as "
            "`test_dataloader.dataset.data_root`."
        )
    return tiles


def _ids(dataset: Any) -> list[str]:
    return [dataset.get_data_info(index)["tile"] for index in range(len(dataset))]
