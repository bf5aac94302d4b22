"""The views of maps: the scene under two maps, errors, and the best and worst tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmda.report.content import Panel, Swipe
from mmda.report.gallery import Gallery, View, shrunk_mask
from mmda.report.layers import error_layer, mask_layer
from mmda.report.pictures import (
    IGNORE,
    Palette,
    Picture,
    background_ids,
    shrink,
    tile_miou,
    to_rgb,
)
from mmda.report.table import figure
from mmda.reporting.predictions import Predictions, TestTiles
from mmda.reporting.scene import ShownScene

TILE_SIDE = 256  # pixels of a tile's picture
EACH = 3  # best tiles, and as many of the worst
TRUTH = "truth"


@dataclass(frozen=True)
class Painter:
    """Stores maps as layers in a task's colours.

    Attributes:
        gallery: Where pictures are stored.
        classes: Names of the classes.
        palette: Their colours.
        names: Names of the runs for people.
    """

    gallery: Gallery
    classes: Sequence[str]
    palette: Palette
    names: Mapping[str, str]

    @property
    def hidden(self) -> list[int]:
        """Ids of the classes that are not painted."""
        return background_ids(self.classes)

    def scene(self, scene: ShownScene) -> tuple[Swipe, list[View]]:
        """Return the scene under two maps, and where each map is wrong."""
        image = self.gallery.add(scene.image)
        layers, errors = {}, []
        for run, mask in scene.maps.items():
            name = self.names[run]
            layers[name] = self.gallery.add(mask_layer(mask, self.palette, self.hidden))
            wrong = self.gallery.add(error_layer(scene.truth, mask, self.hidden))
            layers[f"{name}: errors"] = wrong
            score = tile_miou(scene.truth, mask)
            text = f"mIoU {figure(score)}"
            alt = f"{scene.name}: where the map of {name} is wrong; {text}"
            errors.append(View([image, wrong], alt, name, text))
        layers[TRUTH] = self.gallery.add(mask_layer(scene.truth, self.palette, self.hidden))
        own = [name for name in layers if not name.endswith(": errors")]
        ordered = {name: layers[name] for name in [*own, *(n for n in layers if n not in own)]}
        height, width = scene.image.shape[:2]
        caption = f"{scene.name}, {width} x {height} pixels."
        return Swipe(image, ordered, caption), errors

    def tiles(
        self, tiles: TestTiles, predictions: Mapping[str, Predictions], judged: str
    ) -> list[Panel]:
        """Return the tiles that a run maps best and worst, under the maps of all runs.

        Tiles of a single class are left out where there are others, as most are trivial.

        Args:
            tiles: The tiles of the report.
            predictions: What every run predicts for them.
            judged: The run.
        """
        own = predictions[judged]
        telling = [i for i in tiles.scored if _class_count(own.labels[i]) > 1] or tiles.scored
        scores = {i: tile_miou(own.labels[i], own.masks[i]) for i in telling}
        ranked = sorted((-score, i) for i, score in scores.items() if score is not None)
        each = min(EACH, max(1, len(ranked) // 2))
        chosen = [("best", i) for _, i in ranked[:each]]
        chosen += [("worst", i) for _, i in reversed(ranked[max(each, len(ranked) - each) :])]
        return [self._tile(kind, i, tiles, predictions) for kind, i in chosen]

    def _tile(
        self, kind: str, index: int, tiles: TestTiles, predictions: Mapping[str, Predictions]
    ) -> Panel:
        row = tiles.rows[index]
        pixels, valid = tiles.dataset.tiles.read_image(row)
        picture = shrink(to_rgb(np.moveaxis(pixels, -1, 0), valid), TILE_SIDE)
        image = self.gallery.add(picture)
        truth = next(iter(predictions.values())).labels[index]
        views = [View([image], f"{row['id']}: image", "image")]
        views.append(self._map(row["id"], TRUTH, truth, picture))
        for run, one in predictions.items():
            score = tile_miou(truth, one.masks[index])
            views.append(self._map(row["id"], self.names[run], one.masks[index], picture, score))
        return Panel(f"{kind}: {row['id']}", views)

    def _map(
        self, tile: str, name: str, mask: Picture, picture: Picture, score: float | None = None
    ) -> View:
        size = (picture.shape[0], picture.shape[1])
        layer = mask_layer(shrunk_mask(mask, size), self.palette, self.hidden)
        text = "" if score is None else f"mIoU {figure(score)}"
        layers = [self.gallery.add(picture), self.gallery.add(layer)]
        return View(layers, f"{tile}: {name} {text}".strip(), name, text)


def _class_count(label: Picture) -> int:
    return len(np.setdiff1d(label, [IGNORE]))
