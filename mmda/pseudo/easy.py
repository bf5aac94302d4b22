"""The easy and the hard tiles of a target, by how undecided a model is on them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmda.engine.pooled_features import see_tiles
from mmda.engine.target_batches import TileBatches
from mmda.engine.unlabelled_data import known_holes
from mmda.errors import ConfigError, DataError
from mmda.models.alignments import evaluating
from mmda.pseudo.folder import HARD, RANKING
from mmda.utils.files import atomic_write_text


@dataclass(frozen=True)
class RankedTiles:
    """Tiles from the easiest to the hardest.

    Attributes:
        names: Ids of the tiles that hold data, the one of the lowest mean entropy first.
        entropy: Mean predictive entropy of its pixels with data, in [0, 1], in that order.
        easy: Number of tiles that are easy.
    """

    names: Sequence[str]
    entropy: Sequence[float]
    easy: int

    def easy_of(self, dataset: Any) -> Sequence[int]:
        """Return the indices of the easy tiles in a dataset, in its order."""
        easy = set(self.names[: self.easy])
        return [i for i in range(len(dataset)) if dataset.get_data_info(i)["tile"] in easy]

    def write(self, folder: Path) -> None:
        """Write the ids of the hard tiles and all tiles' entropies into a folder."""
        table = io.StringIO()
        rows = csv.writer(table, lineterminator="\n")
        rows.writerow(("tile", "mean_entropy", "part"))
        for place, (name, entropy) in enumerate(zip(self.names, self.entropy, strict=True)):
            rows.writerow((name, f"{entropy:.6g}", "easy" if place < self.easy else "hard"))
        atomic_write_text(folder / RANKING, table.getvalue())
        hard = self.names[self.easy :]
        atomic_write_text(folder / HARD, "".join(f"{name}\n" for name in hard))


def check_share(share: float) -> None:
    """Raise a :class:`ConfigError` unless a share lies between 0 and 1."""
    if not 0 < share < 1:
        raise ConfigError(
            f"The share of easy tiles must be above 0 and below 1, got {share}. IntraDA takes 0.67."
        )


def rank_tiles(
    model: Any, dataset: Any, share: float, batch_size: int = 4, workers: int = 0
) -> RankedTiles:
    """Rank a target's tiles by the mean entropy of a model's predictions (Pan et al. 2020, Eq. 5).

    Pixels without data do not count. Tiles without any other are left out, and so are those that do
    not tell where they have data, see :func:`~mmda.engine.unlabelled_data.known_holes`. Tiles of
    the same entropy keep their order.

    Args:
        model: The :class:`~mmda.models.UDASegmentor`.
        dataset: A :class:`~mmda.datasets.TiledDataset` with a pipeline without random transforms.
        share: Share of the tiles that are easy, rounded down to whole tiles.
        batch_size: Number of tiles at once.
        workers: Number of processes that load tiles.

    Raises:
        ConfigError: When ``share`` is out of range, no tile tells where it has data, or the model's
            ``test_time`` keeps what it learns from each batch.
        DataError: When there are too few tiles for both parts.
    """
    check_share(share)
    model.test_time.check_repeatable()
    dataset = known_holes(dataset)
    batches = TileBatches(model, dataset, batch_size, workers, True, "entropy of tiles")
    with evaluating(model):
        seen = see_tiles(model, batches)
    valid = np.flatnonzero(seen.pixels)
    order = valid[np.argsort(seen.entropy[valid], kind="stable")].tolist()
    easy = int(len(order) * share)
    if not 0 < easy < len(order):
        raise DataError(
            f"`{dataset.data_root}`, split `{dataset.split}`: of {len(order)} tiles with data, a "
            f"share of {share:g} makes {easy} easy ones. There must be easy and hard tiles: give "
            "another share or more tiles."
        )
    names = [dataset.get_data_info(index)["tile"] for index in order]
    return RankedTiles(names, seen.entropy[order].tolist(), easy)
