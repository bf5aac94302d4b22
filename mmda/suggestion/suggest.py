"""From an unlabelled target and a checkpoint to the tiles to label next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

from mmda.datasets.few_labels import choose_rows
from mmda.engine.inference import load_trained
from mmda.engine.judged_tiles import open_tiles, target_tiles
from mmda.engine.pooled_features import SeenTiles, see_tiles
from mmda.engine.target_batches import TileBatches
from mmda.engine.unlabelled_data import target_dataset
from mmda.errors import ConfigError, DataError
from mmda.suggestion.geopackage import write_tiles
from mmda.suggestion.options import SuggestOptions
from mmda.suggestion.picking import pick, standardised


@dataclass(frozen=True)
class SuggestedTile:
    """A tile to label.

    Attributes:
        tile: Id of the tile, the name of its files.
        rank: Its place, from 1; label those of low rank first.
        scene: Name of the scene that it is of.
        mean_entropy: Mean predictive entropy of its pixels with data, 0 (certain) to 1.
        score: ``mean_entropy`` times the distance to the nearest tile that is ranked before or
            labelled; two tiles are 1 apart on average.
    """

    tile: str
    rank: int
    scene: str
    mean_entropy: float
    score: float


@dataclass(frozen=True)
class Suggestions:
    """The tiles to label next.

    Attributes:
        path: The GeoPackage.
        tiles: The tiles in the order of their ranks.
        candidates: Number of tiles that they were picked from.
        empty: Number of tiles that were left out as they hold no data.
    """

    path: Path
    tiles: Sequence[SuggestedTile]
    candidates: int
    empty: int


def suggest_tiles(
    config: Config,
    checkpoint: str | Path,
    out: Path,
    data: str | Path | None,
    options: SuggestOptions,
    device: str | None,
) -> Suggestions:
    """Write the tiles to label next; the arguments are those of ``mmda.suggest``.

    Raises:
        ConfigError: When the output is no GeoPackage, or config and checkpoint do not fit.
        DataError: When the target is missing, or no tile is left that holds data.
    """
    if out.suffix.lower() != ".gpkg":
        raise ConfigError(f"`{out}` must end in .gpkg; nothing is written.")
    described = target_dataset(config, data, options.split)
    dataset = open_tiles(target_tiles(config, data, options.split))
    rows = {row["id"]: row for row in dataset.tiles.rows(dataset.split)}
    ids = [dataset.get_data_info(index)["tile"] for index in range(len(dataset))]
    own = described.get("labelled_tiles") if options.split is None else None
    labelled = _labelled(options.labelled or own, dataset)
    model, _ = load_trained(config, checkpoint, device)
    model.test_time.check_repeatable()
    batches = TileBatches(model, dataset, options.batch_size, options.workers, options.progress)
    seen = see_tiles(model, batches)
    valid = np.flatnonzero(seen.pixels)
    tiles = _picked(seen, valid, [rows[name] for name in ids], labelled, options.count)
    if not tiles:
        raise DataError(
            f"`{dataset.data_root}` split `{dataset.split}`: of {len(ids)} tiles, "
            f"{len(ids) - len(valid)} hold no data and {len(labelled)} are labelled; none is left "
            "to suggest. Choose another split."
        )
    names = [field.name for field in fields(SuggestedTile)]
    columns = {name: [getattr(tile, name) for tile in tiles] for name in names}
    write_tiles([rows[tile.tile] for tile in tiles], columns, out)
    free = sum(ids[index] not in labelled for index in valid)
    return Suggestions(out, tiles, free, len(ids) - len(valid))


def _labelled(given: str | Sequence[str] | None, dataset: Any) -> set[str]:
    """Return the ids of the tiles that are labelled by now."""
    if given is None:
        return set()
    rows, classes = dataset.tiles.rows(dataset.split), len(dataset.info["classes"])
    return {row["id"] for row in choose_rows(rows, given, dataset.data_root, classes)}


def _picked(
    seen: SeenTiles,
    valid: np.ndarray,
    rows: Sequence[Mapping[str, Any]],
    labelled: set[str],
    count: int,
) -> list[SuggestedTile]:
    """Pick among the tiles of indices ``valid``."""
    features, entropy = standardised(seen.features[valid]), seen.entropy[valid]
    kept = [rows[index] for index in valid]
    taken = [place for place, row in enumerate(kept) if row["id"] in labelled]
    return [
        SuggestedTile(kept[at]["id"], rank, kept[at]["scene"], float(entropy[at]), score)
        for rank, (at, score) in enumerate(pick(features, entropy, count, taken), 1)
    ]
