"""Tiling through the API: named datasets, rasters of one's own, options and errors."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from raster_samples import make_scenes, noise, snapshot, write

import mmda
from mmda.cli import main
from mmda.errors import ConfigError, DataError

OWN = {"task": "roads", "domain": "here", "classes": ["ground", "road"], "progress": False}


@pytest.fixture
def inria(tmp_path):
    """Three images of Inria's layout, one of which is in val."""
    for number in (1, 6, 7):
        write(tmp_path / f"in/train/images/vienna{number}.tif", noise(3, 32, 32, seed=number))
        write(tmp_path / f"in/train/gt/vienna{number}.tif", 255 * (noise(1, 32, 32) // 128))
    return tmp_path / "in"


def test_a_public_dataset(inria, tmp_path):
    result = mmda.tile("inria", inria, tmp_path / "o", tile=32, format="png", progress=False)
    assert result.root == tmp_path / "o"
    assert result.tiles == {"train": 2, "val": 1}
    assert (result.info["task"], result.info["domain"]) == ("buildings", "inria")
    assert "images 1 to 5 of each city are val" in result.notes[0]
    assert json.loads((tmp_path / "o/conversion.json").read_text())["notes"] == list(result.notes)


def test_the_command_line_makes_the_same(inria, tmp_path):
    mmda.tile("inria", inria, tmp_path / "api", tile=16, gsd=0.6, splits=["val"], progress=False)
    options = ["--tile", "16", "--gsd", "0.6", "--splits", "val"]
    assert main(["tile", "inria", str(inria), str(tmp_path / "cli"), *options]) == 0
    assert snapshot(tmp_path / "api") == snapshot(tmp_path / "cli")


def test_options_of_a_dataset_reach_it(tmp_path):
    for area in ("Rural", "Urban"):
        write(tmp_path / f"in/Train/{area}/images_png/1.png", noise(3, 32, 32))
        write(tmp_path / f"in/Train/{area}/masks_png/1.png", noise(1, 32, 32) % 8)
    result = mmda.tile("loveda", tmp_path / "in", tmp_path / "o", area="rural", tile=32)
    assert (result.info["domain"], result.info["scenes"]) == ("loveda_rural", 1)


def test_rasters_of_ones_own(tmp_path):
    scenes = make_scenes(tmp_path)
    images = [scene.image for scene in scenes]
    result = mmda.tile("geotiff", images, tmp_path / "o", tile=64, split="test", **OWN)
    assert result.tiles == {"test": 12}
    assert result.notes == ()
    assert not (tmp_path / "o/conversion.json").exists()
    labels = Path(scenes[0].label.path)
    result = mmda.tile("geotiff", images[0], tmp_path / "one", labels=labels, tile=64, **OWN)
    assert result.info["labelled"]
    assert mmda.tile("folder", images[0], tmp_path / "whole", **OWN).tiles == {"train": 1}


def test_scenes_of_ones_own(tmp_path):
    options = mmda.TileOptions("buildings", "here", ("ground", "building"), 64)
    run = mmda.RunOptions(workers=1, progress=False)
    result = mmda.tile_dataset(make_scenes(tmp_path), tmp_path / "o", options, run)
    assert result.tiles == {"train": 6, "val": 6}
    assert result.info["palette"] == [[0, 0, 0], [230, 60, 50]]


def test_a_damaged_scene_costs_itself_alone(inria, tmp_path):
    os.truncate(inria / "train/images/vienna6.tif", 300)
    with pytest.raises(mmda.DamagedScenesError, match=r"1 of 3 scenes(.|\n)*vienna6") as error:
        mmda.tile("inria", inria, tmp_path / "o", tile=32, progress=False)
    assert error.value.result.tiles == {"train": 1, "val": 1}
    assert "are val" in error.value.result.notes[0]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("inri", {}, "Did you mean `inria`"),
        ("inria", {"tiles": 3}, "has no option `tiles`.*Did you mean `tile`"),
        ("inria", {"classes": ["a", "b"]}, "has no option `classes`"),
        ("inria", {"splits": ["tests"]}, "Unknown splits `tests`.*Did you mean `test`"),
        ("inria", {"workers": 0}, "workers must be at least 1"),
        ("inria", {"min_valid": 2}, "min_valid must lie in 0..1"),
        ("massachusetts", {}, "needs `task`"),
        ("geotiff", {"task": "t", "domain": "d"}, "needs `classes`"),
        ("geotiff", {**OWN, "split": "val", "val_fraction": 0.1}, "Give only one"),
        ("geotiff", {**OWN, "shard": "1/2", "overwrite": True}, "remove the tiles of the other"),
        ("gta5", {"resize": "1280"}, "e.g. 1280x720"),
    ],
)
def test_options_that_do_not_fit(tmp_path, name, options, message):
    with pytest.raises(ConfigError, match=message):
        mmda.tile(name, tmp_path, tmp_path / "o", **options)
    assert not (tmp_path / "o").exists()


def test_sources_that_do_not_fit(inria, tmp_path):
    with pytest.raises(ConfigError, match="takes one folder, but got 2"):
        mmda.tile("inria", [inria, inria], tmp_path / "o")
    with pytest.raises(ConfigError, match="takes at least one source"):
        mmda.tile("geotiff", [], tmp_path / "o", **OWN)
    with pytest.raises(DataError, match="does not exist"):
        mmda.tile("inria", tmp_path / "gone", tmp_path / "o")
