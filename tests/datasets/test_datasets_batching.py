"""Tiles of any sizes are read in batches."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pyarrow
import pytest
import rasterio
from pyarrow import parquet
from rasterio.windows import Window

from mmda.datasets import TiledDataset
from mmda.datasets.batching import same_size_batches
from mmda.datasets.transforms import LoadTile, PackDomainInputs
from mmda.engine.target_batches import TileBatches
from mmda.models.data_preprocessor import DomainDataPreprocessor
from mmda.raster.dataset.manifest import MANIFEST


@pytest.fixture(scope="module")
def uneven(toy_root, tmp_path_factory):
    """Return a copy of a dataset whose second training tile has lost its lower half."""
    root = tmp_path_factory.mktemp("uneven") / "target"
    shutil.copytree(toy_root / "buildings" / "target", root)
    table = parquet.read_table(root / MANIFEST)
    rows = table.to_pylist()
    row = [row for row in rows if row["split"] == "train"][1]
    row["height"] //= 2
    path = root / row["image"]
    with rasterio.open(path) as tile:
        profile = {**tile.profile, "height": row["height"]}
        half = tile.read(window=Window(0, 0, row["width"], row["height"]))
    with rasterio.open(path, "w", **profile) as tile:
        tile.write(half)
    parquet.write_table(pyarrow.Table.from_pylist(rows, table.schema), root / MANIFEST)
    return str(root)


def test_a_batch_ends_where_the_size_changes(uneven):
    whole = same_size_batches(TiledDataset(uneven, split="train", labelled=False), 3)
    assert whole[:2] == [[0], [1]]
    indices = [index for batch in whole for index in batch]
    assert whole[2][0] == 2 and indices == list(range(len(indices)))
    assert max(map(len, whole)) <= 3 and all(len(batch) == 3 for batch in whole[2:-1])


def test_a_pass_over_tiles_of_two_sizes(uneven):
    """In batches of fixed length it would stop in the middle, after a whole training."""
    steps = [LoadTile(), PackDomainInputs()]
    dataset = TiledDataset(uneven, split="train", labelled=False, pipeline=steps)
    preprocess = DomainDataPreprocessor(mean=[0.0] * 3, std=[1.0] * 3)
    batches = list(TileBatches(SimpleNamespace(data_preprocessor=preprocess), dataset, 4))
    heights = [batch.images.shape[-2] for batch in batches]
    assert heights[0] == 2 * heights[1] == heights[2]
    assert sum(len(batch.images) for batch in batches) == len(dataset)
