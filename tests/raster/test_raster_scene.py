"""Scenes are the same from any working directory, and change with what they depend on."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from raster_samples import make_scenes, noise, read_image, tile, write

from mmda.errors import ConfigError
from mmda.raster import RasterLabels, Scene, VectorLabels, read_manifest
from mmda.raster.scene import absolute_path, scene_from_json, scene_to_json


def relative(scene):
    """The scene by paths that hold in the working directory only."""
    label = replace(scene.label, path=os.path.relpath(scene.label.path))
    return Scene(scene.name, os.path.relpath(scene.image), scene.split, label)


def test_relative_and_absolute_paths_are_one(tmp_path, monkeypatch):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "o").rglob("*_*.tif")}
    assert before
    for folder in (tmp_path, tmp_path / "o"):
        monkeypatch.chdir(folder)
        here = [relative(scene) for scene in scenes]
        assert here == scenes
        assert [s.fingerprint() for s in here] == [s.fingerprint() for s in scenes]
        tile(here, tmp_path / "o")
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_shards_from_different_folders_settle(tmp_path, monkeypatch):
    scenes = make_scenes(tmp_path, count=6)
    for index, folder in enumerate((tmp_path, tmp_path / "elsewhere"), 1):
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        info = tile([relative(s) for s in scenes], tmp_path / "o", shard=f"{index}/2")
    assert info["scenes"] == 6


@pytest.mark.parametrize(
    "name", ["https://host/a.tif", "/vsis3/bucket/a.tif", 'NETCDF:"a.nc":band', "<VRTDataset/>"]
)
def test_names_that_are_no_paths_are_kept(name):
    assert absolute_path(name) == name
    assert Scene("s", name).image == name


def test_vector_paths_are_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert VectorLabels("a.gpkg").path == str(tmp_path / "a.gpkg")


def test_an_id_map_that_changes_is_read_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image = write(tmp_path / "i.tif", noise(3, 64, 64))
    mask = write(tmp_path / "m.tif", np.full((1, 64, 64), 7, np.uint8))
    for target in (1, 255):
        (tmp_path / "map.json").write_text(json.dumps({"7": target, "*": 0}))
        scene = Scene("s", str(image), label=RasterLabels(str(mask), "idmap:map.json"))
        assert scene_from_json(scene_to_json(scene)) == scene
        tile([scene], tmp_path / "o")
        (row,) = read_manifest(tmp_path / "o")
        assert (read_image(tmp_path / "o" / row["label"]) == target).all()
        # Training from the rasters needs no file either.
        assert f"idmap:7={target},*=0" in row["scene_spec"]


@pytest.mark.parametrize("gsd", [float("nan"), float("inf"), 0, -1])
def test_impossible_gsds(tmp_path, gsd):
    with pytest.raises(ConfigError, match="GSD must be positive"):
        tile(make_scenes(tmp_path, count=1), tmp_path / "o", gsd=gsd)
    with pytest.raises(ConfigError, match="nominal GSD must be positive"):
        Scene("s", "a.tif", nominal_gsd=gsd)
