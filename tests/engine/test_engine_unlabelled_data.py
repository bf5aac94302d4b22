"""Tiles for statistics are those that tell where they have data."""

from __future__ import annotations

import shutil

import pyarrow
import pytest
from mmengine.config import Config
from pyarrow import parquet

from mmda.datasets import TiledDataset
from mmda.engine.unlabelled_data import known_holes, source_config
from mmda.errors import ConfigError
from mmda.raster.dataset.manifest import MANIFEST


@pytest.fixture
def with_holes(toy_root, tmp_path):
    """Return a function that opens a set whose training tiles ``chosen`` are half-empty PNGs."""

    def made(chosen):
        root = tmp_path / str(len(chosen))
        shutil.copytree(toy_root / "buildings" / "target", root)
        table = parquet.read_table(root / MANIFEST)
        rows = table.to_pylist()
        train = [row for row in rows if row["split"] == "train"]
        for index in chosen or range(len(train)):
            train[index] |= {"valid_fraction": 0.5, "image": f"train/images/{index}.png"}
        parquet.write_table(pyarrow.Table.from_pylist(rows, table.schema), root / MANIFEST)
        return TiledDataset(str(root), labelled=False)

    return made


def test_png_tiles_with_holes_are_left_out_of_statistics(with_holes):
    dataset = with_holes([1, 3])
    kept = known_holes(dataset)
    assert len(kept) == len(dataset) - 2
    every, some = (
        [one.get_data_info(index)["tile"] for index in range(len(one))] for one in (dataset, kept)
    )
    assert some == [name for index, name in enumerate(every) if index not in (1, 3)]
    assert known_holes(kept) is kept
    with pytest.raises(ConfigError, match=r"no tile is whole.*Tile the rasters with --format tif"):
        known_holes(with_holes([]))


def test_of_several_sources_the_first_describes_the_source():
    one, other = dict(type="TiledDataset", data_root="a"), dict(type="TiledDataset", data_root="b")

    def found(source):
        return source_config(Config(dict(train_dataloader=dict(dataset=dict(source=source)))))

    assert found(one) == found(dict(type="ConcatDataset", datasets=[one, other])) == one
    assert found(None) is None and source_config(Config({})) is None
