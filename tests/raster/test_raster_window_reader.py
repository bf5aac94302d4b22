"""Manifests without tiles: rasters that have changed are noticed, the user's GDAL options kept."""

import dataclasses
import re
from pathlib import Path
from types import SimpleNamespace as Names

import pytest
from raster_samples import affine, make_scenes, noise, read_image, tile, write
from rasterio.env import get_gdal_config, set_gdal_config

from mmda.cli import main
from mmda.errors import DataError
from mmda.raster import RasterLabels, Scene, read_manifest
from mmda.raster.dataset.domain import TiledDomain, row_window
from mmda.raster.dataset.verify import verify_dataset
from mmda.raster.io import handles
from mmda.raster.tiling.options import TileOptions
from mmda.raster.tiling.plan import plan_tiles
from mmda.raster.tiling.tiles import SceneTiler


def grow(scene):
    write(scene.image, noise(3, 101, 130, seed=5))


def move(scene):
    write(scene.image, read_image(scene.image), transform=affine(0.5).translation(1, 0))


def recompress(scene):
    write(scene.image, read_image(scene.image), compress="deflate")


def relabel(scene):
    write(scene.label.path, read_image(scene.label.path), compress="deflate")


def unlink(scene):
    scene.image.unlink()


def change(scene, how):
    """Call ``how`` with paths instead of texts."""
    how(Names(image=Path(scene.image), label=Names(path=Path(scene.label.path))))


CHANGES = [
    (grow, r"`.*s1\.tif` has changed since the manifest was made: its height was 100, is 101"),
    (move, r"`.*s1\.tif` has changed since the manifest was made: its transform was"),
    (recompress, r"`.*s1\.tif` has changed since the manifest was made: its bytes was"),
    (relabel, r"`.*m1\.tif` has changed since the manifest was made: its bytes was"),
    (unlink, r"Cannot read the raster `.*s1\.tif`"),
]


@pytest.mark.parametrize(("how", "message"), CHANGES, ids=[how.__name__ for how, _ in CHANGES])
def test_a_raster_that_has_changed_is_named(tmp_path, how, message):
    scenes = make_scenes(tmp_path, count=3)
    tile(scenes, tmp_path / "o", format="none")
    assert verify_dataset(tmp_path / "o", progress=False).problems == []
    change(scenes[1], how)
    (problem,) = verify_dataset(tmp_path / "o", progress=False).problems
    assert re.search(message, problem)
    assert main(["verify", str(tmp_path / "o")]) == 1
    domain = TiledDomain(tmp_path / "o")
    rows = domain.rows()
    reader = domain.window_reader(rows, labelled=True)
    reader.read("s0", row_window(rows[0]))
    with pytest.raises(DataError, match=message):
        reader.read("s1", next(row_window(row) for row in rows if row["scene"] == "s1"))


@pytest.fixture
def no_checksums(monkeypatch):
    """As for files that are not local, or large ones that changed between the sampled blocks."""
    monkeypatch.setattr("mmda.raster.dataset.source_state._checksum", lambda *_: None)


@pytest.mark.usefixtures("no_checksums")
def test_labels_of_other_classes_are_noticed(tmp_path):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o", format="none")
    write(tmp_path / "m1.tif", 1 - read_image(tmp_path / "m1.tif"))
    problems = verify_dataset(tmp_path / "o", progress=False).problems
    assert len(problems) == 6
    assert all("`s1_" in p and "pixels per class" in p for p in problems)


@pytest.mark.usefixtures("no_checksums")
def test_lost_areas_are_noticed(tmp_path):
    image = noise(3, 64, 64)
    write(tmp_path / "i.tif", image, nodata=0)
    tile([Scene("s", str(tmp_path / "i.tif"))], tmp_path / "o", format="none")
    image[:, :16] = 0
    write(tmp_path / "i.tif", image, nodata=0)
    (problem,) = verify_dataset(tmp_path / "o", progress=False).problems
    assert "is valid to 75.00%, the manifest says 100.00%" in problem


@pytest.fixture
def seen(monkeypatch):
    """The GDAL options that are set while headers are read."""
    options = []
    real = handles.open_raster

    def spy(*args):
        options.append({name: get_gdal_config(name) for name in handles.GDAL_OPTIONS})
        options[-1]["retry"] = get_gdal_config("GDAL_HTTP_MAX_RETRY")
        return real(*args)

    for module in ("io.header", "tiling.label_checks", "io.handles"):
        monkeypatch.setattr(f"mmda.raster.{module}.open_raster", spy)
    return options


def test_windows_are_read_with_the_options_of_the_user(tmp_path, seen, monkeypatch):
    tile(make_scenes(tmp_path), tmp_path / "o", format="none")
    seen.clear()
    monkeypatch.setenv("GDAL_PNG_WHOLE_IMAGE_OPTIM", "YES")
    domain = TiledDomain(tmp_path / "o")
    domain.read_image(read_manifest(tmp_path / "o")[0])
    assert seen
    # What the environment says, and not NO.
    assert {str(o["GDAL_PNG_WHOLE_IMAGE_OPTIM"]) for o in seen} == {"YES"}
    assert {str(o["GDAL_ERROR_ON_LIBJPEG_WARNING"]) for o in seen} == {"YES"}


def test_the_block_cache_of_readers_is_bounded(tmp_path, monkeypatch):
    monkeypatch.delenv(handles.BLOCK_CACHE, raising=False)
    tile(make_scenes(tmp_path), tmp_path / "o", format="none")
    before = get_gdal_config(handles.BLOCK_CACHE)
    row = read_manifest(tmp_path / "o")[0]
    try:
        set_gdal_config(handles.BLOCK_CACHE, 2**30)
        monkeypatch.setenv(handles.BLOCK_CACHE, "1024")
        TiledDomain(tmp_path / "o").read_image(row)
        assert get_gdal_config(handles.BLOCK_CACHE) == 2**30
        monkeypatch.delenv(handles.BLOCK_CACHE)
        TiledDomain(tmp_path / "o").read_image(row)
        assert get_gdal_config(handles.BLOCK_CACHE) == handles.BLOCK_CACHE_BYTES
    finally:
        set_gdal_config(handles.BLOCK_CACHE, before)


def test_a_remote_label_of_a_local_image_has_the_remote_options(tmp_path, seen, monkeypatch):
    monkeypatch.delenv("GDAL_HTTP_MAX_RETRY", raising=False)
    (scene,) = make_scenes(tmp_path, count=1)
    far = dataclasses.replace(scene, label=RasterLabels(f"vrt://{scene.label.path}?bands=1"))
    options = TileOptions("t", "d", ("a", "b"), 64)
    (plan,) = plan_tiles([far], options).scenes
    tiler = SceneTiler(plan, options, tmp_path / "o")
    tiler.tile_strip(plan.strips()[0])
    tiler.close()
    assert len(seen) == 4
    assert {str(o["retry"]) for o in seen} == {"3"}
