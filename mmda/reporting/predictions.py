"""What the compared models predict for labelled target tiles, in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mmda.calibration.collect import labelled_maps
from mmda.calibration.reliability import Reliability
from mmda.engine.tile_pass import choose_tiles, sampled
from mmda.evaluation.confusion import confusion_matrix
from mmda.models.segmentors import UDASegmentor
from mmda.raster.decoding import IGNORE
from mmda.report.pictures import Picture

PIXELS = 100_000  # of all tiles, that tell how far probabilities can be trusted


@dataclass(frozen=True)
class TestTiles:
    """The labelled target tiles of a report.

    Attributes:
        dataset: The dataset of which they are some.
        scored: Indices of the tiles that scores are of.
        shown: Indices of the tiles of the scene that is shown.
    """

    __test__ = False  # pytest takes it for a test otherwise

    dataset: Any
    scored: Sequence[int]
    shown: Sequence[int]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The manifest's row of every tile of the dataset."""
        known = {row["id"]: row for row in self.dataset.tiles.rows(self.dataset.split)}
        return [known[self.dataset.get_data_info(i)["tile"]] for i in range(len(self.dataset))]

    @property
    def all(self) -> list[int]:
        """The indices of all of them."""
        return sorted({*self.scored, *self.shown})


@dataclass(frozen=True)
class Predictions:
    """What a model predicts for the tiles of a report; C classes.

    Attributes:
        masks: Index of a tile -> class ids (H, W).
        labels: Index of a tile -> true class ids (H, W), 255 = ignore.
        matrices: Pixels of every scored tile by (label, prediction), (T, C, C).
        reliability: How far its probabilities can be trusted.
    """

    masks: Mapping[int, Picture]
    labels: Mapping[int, Picture]
    matrices: np.ndarray
    reliability: Reliability


def choose(dataset: Any, count: int, seed: int) -> list[int]:
    """Return the indices of the tiles that scores are of."""
    return choose_tiles(len(dataset), count, seed)


def predict_tiles(model: UDASegmentor, tiles: TestTiles, seed: int) -> Predictions:
    """Predict the tiles of a report.

    Args:
        model: The model, in evaluation mode.
        tiles: The tiles.
        seed: Of the pixels that are sampled for the reliability.

    Raises:
        ConfigError: When a prediction is not finite, or depends on the order of the tiles.
    """
    model.test_time.check_repeatable()
    quota = -(-PIXELS // len(tiles.scored))
    masks, labels, matrices, logits, known_labels = {}, {}, [], [], []
    for one in labelled_maps(model, tiles.dataset, tiles.all):
        label = one.label.cpu().numpy().astype(np.uint8)
        mask = one.logits.argmax(0).cpu().numpy().astype(np.uint8)
        known = one.label != IGNORE
        masks[one.index], labels[one.index] = mask, label
        if one.index in tiles.scored:
            matrices.append(confusion_matrix(mask, label, model.num_classes))
            places = sampled(int(known.sum()), quota, [seed, one.index])
            logits.append(one.logits[:, known].T[places].cpu().numpy())
            known_labels.append(label[known.cpu().numpy()][places])
    pairs = np.concatenate(logits), np.concatenate(known_labels)
    reliability = Reliability.of(*pairs, model.temperature)
    return Predictions(masks, labels, np.stack(matrices), reliability)
