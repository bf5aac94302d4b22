import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import rasterio
from affine import Affine
from forks import in_fork
from hypothesis import given, settings
from hypothesis import strategies as st
from raster_samples import UTM, affine, make_scenes, noise, read_image, snapshot, tile, write

import mmda.raster.tiling.tiles as tiles
from mmda.errors import DataError
from mmda.raster import RasterLabels, Scene, read_dataset_info, read_manifest
from mmda.raster.tiling.options import TileOptions
from mmda.raster.tiling.plan import plan_tiles
from mmda.raster.tiling.tiles import SceneTiler


def rebuild(root, rows, key, height, width, bands):
    """Put the tiles of one scene back together."""
    result = np.zeros((bands, height, width))
    for row in rows:
        array = read_image(root / row[key])
        assert array.shape[1:] == (row["height"], row["width"])
        part = result[:, row["row"] : row["row"] + row["height"]]
        part = part[:, :, row["col"] : row["col"] + row["width"]]
        part[:] = array[:, : part.shape[1], : part.shape[2]]
        assert (array[:, part.shape[1] :] == (255 if key == "label" else 0)).all()
    return result


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(5, 90),
    width=st.integers(5, 90),
    size=st.integers(8, 48),
    overlap=st.floats(0, 0.6),
    edge=st.sampled_from(["shift", "pad"]),
    dtype=st.sampled_from(["uint8", "uint16", "float32"]),
    bands=st.integers(1, 5),
)
def test_tiles_rebuild_the_raster(
    tmp_path_factory, height, width, size, overlap, edge, dtype, bands
):
    folder = tmp_path_factory.mktemp("rebuild")
    image, ids = noise(bands, height, width, dtype), noise(1, height, width) % 3
    write(folder / "i.tif", image)
    write(folder / "m.tif", ids)
    scene = Scene("s", str(folder / "i.tif"), label=RasterLabels(str(folder / "m.tif")))
    stride = max(1, int(size * (1 - overlap)))
    info = tile([scene], folder / "o", tile=size, stride=stride, edge=edge, classes=("a", "b", "c"))
    rows = read_manifest(folder / "o")
    assert info["splits"] == {"train": len(rows)}
    assert (info["bands"], info["dtype"], info["dropped_tiles"]) == (bands, dtype, 0)
    shape = (height, width)
    np.testing.assert_array_equal(rebuild(folder / "o", rows, "image", *shape, bands), image)
    np.testing.assert_array_equal(rebuild(folder / "o", rows, "label", *shape, 1), ids)
    shutil.rmtree(folder)


def test_four_bands_stay_four_bands(tmp_path):
    image = noise(4, 64, 64)
    tile([Scene("s", str(write(tmp_path / "i.tif", image)))], tmp_path / "o")
    with rasterio.open(tmp_path / "o/train/images/s_000000_000000.tif") as dataset:
        assert [kind.name for kind in dataset.colorinterp][3] != "alpha"
        np.testing.assert_array_equal(dataset.read(), image)


def test_dataset_json_and_manifest(tmp_path):
    scenes = make_scenes(tmp_path)
    info = tile(scenes, tmp_path / "o", palette=[(0, 0, 0), (255, 0, 0)])
    assert info == read_dataset_info(tmp_path / "o")
    assert info["splits"] == {"train": 6, "val": 6}
    assert (info["tile"], info["stride"], info["gsd"], info["labelled"]) == (64, 64, 0.5, True)
    assert info["palette"] == [[0, 0, 0], [255, 0, 0]]
    rows = read_manifest(tmp_path / "o")
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    last = read_manifest(tmp_path / "o", "train")[-1]
    assert last["id"] == "s0_000036_000066"
    assert (last["row"], last["col"], last["source"]) == (36, 66, scenes[0].image)
    assert sum(last["class_pixels"]) + last["ignore_pixels"] == 64 * 64
    assert os.path.getsize(tmp_path / "o" / last["image"]) == last["image_bytes"]
    assert os.path.getsize(tmp_path / "o" / last["label"]) == last["label_bytes"]
    with rasterio.open(tmp_path / "o" / last["image"]) as dataset:
        assert dataset.crs == UTM
        assert dataset.transform == affine(0.5) @ Affine.translation(66, 36)
        assert list(dataset.transform)[:6] == last["transform"]


def test_statistics_are_those_of_the_train_split(tmp_path):
    scenes = make_scenes(tmp_path, height=128, width=128)
    info = tile(scenes, tmp_path / "o")
    image = read_image(scenes[0].image)
    np.testing.assert_allclose(info["statistics"]["mean"], image.mean(axis=(1, 2)), rtol=1e-12)
    np.testing.assert_allclose(info["statistics"]["std"], image.std(axis=(1, 2)), rtol=1e-10)


def test_footprints_lie_where_the_tiles_are(tmp_path):
    import geopandas

    tile(make_scenes(tmp_path, count=1), tmp_path / "o")
    frame = geopandas.read_parquet(tmp_path / "o" / "manifest.parquet")
    assert frame.crs == "EPSG:4326"
    left, bottom, right, top = frame.to_crs(UTM).total_bounds
    np.testing.assert_allclose(
        (left, bottom, right, top), (500000, 4999950, 500065, 5000000), atol=1e-3
    )


def test_reading_needs_neither_geopandas_nor_torch(tmp_path):
    tile(make_scenes(tmp_path, count=1), tmp_path / "o")
    code = f"""
        import sys
        sys.modules["geopandas"] = sys.modules["torch"] = None
        from mmda.raster import read_dataset_info, read_manifest
        print(len(read_manifest({str(tmp_path / "o")!r})))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "6\n"


def test_invalid_area_is_ignored_dropped_and_kept_as_nodata(tmp_path):
    image = noise(3, 64, 192)
    image[:, :, 64:] = 0  # tile 2 wholly invalid
    image[:, :, 64:90] = 9  # tile 1: 26 of 64 columns valid
    ids = np.ones((1, 64, 192), np.uint8)
    scene = Scene(
        "s",
        str(write(tmp_path / "i.tif", image, nodata=0)),
        label=RasterLabels(str(write(tmp_path / "m.tif", ids))),
    )
    info = tile([scene], tmp_path / "o", min_valid=0.4)
    assert (info["splits"], info["dropped_tiles"]) == ({"train": 2}, 1)
    row = read_manifest(tmp_path / "o")[1]
    assert (row["valid_fraction"], row["ignore_pixels"]) == (26 / 64, 38 * 64)
    assert row["class_pixels"] == [0, 26 * 64]
    label = read_image(tmp_path / "o" / row["label"])[0]
    assert (label[:, :26] == 1).all()
    assert (label[:, 26:] == 255).all()
    with rasterio.open(tmp_path / "o" / row["image"]) as dataset:
        assert dataset.nodata == 0
        np.testing.assert_array_equal(dataset.dataset_mask() > 0, label == 1)
    dropped = tile([scene], tmp_path / "o2", min_valid=0.5)
    assert (dropped["splits"], dropped["dropped_tiles"]) == ({"train": 1}, 2)


def test_padding_is_ignore_and_masked(tmp_path):
    tile(make_scenes(tmp_path, count=1), tmp_path / "o", edge="pad")
    last = read_manifest(tmp_path / "o")[-1]
    assert last["valid_fraction"] == 36 * 2 / 64**2
    assert last["ignore_pixels"] == 64**2 - 36 * 2
    with rasterio.open(tmp_path / "o" / last["image"]) as dataset:
        mask = dataset.dataset_mask() > 0
    assert mask[:36, :2].all()
    assert mask.sum() == 72


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_other_formats(tmp_path, suffix):
    scenes = make_scenes(tmp_path, count=1, height=64, width=64)
    tile(scenes, tmp_path / "o", format=suffix)
    got = read_image(tmp_path / "o/train/images" / f"s0_000000_000000.{suffix}").astype(int)
    want = read_image(scenes[0].image).astype(int)
    if suffix == "png":
        np.testing.assert_array_equal(got, want)
    else:
        assert abs(got.mean(axis=(1, 2)) - want.mean(axis=(1, 2))).max() < 3


def test_a_second_run_changes_nothing(tmp_path):
    scenes = make_scenes(tmp_path)
    info = tile(scenes, tmp_path / "o")
    times = {p: p.stat().st_mtime_ns for p in (tmp_path / "o").rglob("*") if p.is_file()}
    assert tile(scenes, tmp_path / "o", workers=1) == info
    assert times == {p: p.stat().st_mtime_ns for p in (tmp_path / "o").rglob("*") if p.is_file()}


def test_threads_do_not_change_the_result(tmp_path):
    scenes = make_scenes(tmp_path, count=3)
    tile(scenes, tmp_path / "a", workers=1)
    tile(scenes, tmp_path / "b", workers=4)
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_scenes_may_be_added_in_a_later_run(tmp_path):
    scenes = make_scenes(tmp_path)
    tile(scenes[:1], tmp_path / "a")
    tile(scenes[1:], tmp_path / "a")
    tile(scenes, tmp_path / "b")
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_a_changed_scene_is_tiled_anew(tmp_path):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "a")
    write(tmp_path / "s0.tif", noise(3, 70, 70, seed=9))
    write(tmp_path / "m0.tif", np.ones((1, 70, 70), np.uint8))
    tile(scenes, tmp_path / "a")
    tile(scenes, tmp_path / "b")
    assert snapshot(tmp_path / "a") == snapshot(tmp_path / "b")


def test_a_lost_or_cut_tile_is_made_again(tmp_path):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o")
    before = snapshot(tmp_path / "o")
    (tmp_path / "o/train/images/s0_000000_000000.tif").unlink()
    (tmp_path / "o/val/labels/s1_000000_000000.png").write_bytes(b"cut")
    tile(scenes, tmp_path / "o")
    assert snapshot(tmp_path / "o") == before


def test_an_interrupted_addition_is_no_dataset(tmp_path, monkeypatch):
    scenes = make_scenes(tmp_path)
    tile(scenes[:1], tmp_path / "o")
    with monkeypatch.context() as patch:
        patch.setattr("mmda.raster.tiling.tiles.write_tile", interrupt)
        with pytest.raises(KeyboardInterrupt):
            tile(scenes, tmp_path / "o")
    for read in (read_dataset_info, read_manifest):
        with pytest.raises(DataError, match="interrupted"):
            read(tmp_path / "o")
    assert tile(scenes, tmp_path / "o")["splits"] == {"train": 6, "val": 6}


def interrupt(*_):
    raise KeyboardInterrupt


def be_killed(scenes, root, point):
    """Be killed at a file, leaving half of it behind."""
    real, seen = tiles.write_tile, []

    def deadly(path, *args):
        seen.append(path)
        if len(seen) == point:
            path.parent.mkdir(parents=True, exist_ok=True)
            (path.parent / f".{path.stem}.tmp-1{path.suffix}").write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        return real(path, *args)

    tiles.write_tile = deadly
    tile(scenes, root)


@pytest.mark.parametrize("point", [1, 18])
def test_kill_9_and_resume_is_identical(tmp_path, point):
    scenes = make_scenes(tmp_path, count=3)
    assert in_fork(be_killed, scenes, tmp_path / "killed", point) == -signal.SIGKILL
    assert not (tmp_path / "killed/dataset.json").exists()
    for path in (tmp_path / "killed").rglob("s*.tif"):
        read_image(path)
    tile(scenes, tmp_path / "killed")
    tile(scenes, tmp_path / "straight")
    assert snapshot(tmp_path / "killed") == snapshot(tmp_path / "straight")


def test_a_foreign_record_removes_no_file_elsewhere(tmp_path):
    """Records come with a dataset from elsewhere, and name the files that are replaced."""
    scenes, precious = make_scenes(tmp_path), tmp_path / "precious.txt"
    precious.write_text("mine")
    tile(scenes, tmp_path / "o")
    path, *_ = (tmp_path / "o/.scenes").glob("*.scene.json")
    record = json.loads(path.read_text())
    record["rows"][0]["image"] = "train/images/../../../precious.txt"
    record["rows"][0]["label"] = str(precious)
    path.write_text(json.dumps(record))
    tile(scenes, tmp_path / "o", tile=32, overwrite=True)
    assert precious.read_text() == "mine"


def test_overwrite_leaves_foreign_files_alone(tmp_path):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o")
    (tmp_path / "o/notes.txt").write_text("mine")
    tile(scenes, tmp_path / "o", tile=32, overwrite=True)
    assert (tmp_path / "o/notes.txt").read_text() == "mine"
    assert json.loads((tmp_path / "o/dataset.json").read_text())["tile"] == 32
    assert len(list((tmp_path / "o/train/images").iterdir())) == 4 * 5


def test_a_finished_scene_leaves_the_files_that_others_read_open(tmp_path):
    first, second = make_scenes(tmp_path, count=2)
    shared = dataclasses.replace(second, label=first.label)
    options = TileOptions("t", "d", ("a", "b"), 32, 32, None, "tif", 0.0, "shift")
    plan = plan_tiles([first, shared], options, 1)
    done, reading = (SceneTiler(scene, options, tmp_path / "o") for scene in plan.scenes)
    expected = reading.tile_strip(reading.plan.strips()[0])
    done.tile_strip(done.plan.strips()[0])
    handles = list(reading._reader._pool._open.values())
    done.close()
    assert len(handles) == 2
    assert not any(handle.closed for handle in handles)
    assert reading.tile_strip(reading.plan.strips()[0]).rows == expected.rows
    reading.close()
    assert all(handle.closed for handle in handles)
