"""Maps made in bands: any number of shards, killed on the way, gives the same files."""

from __future__ import annotations

import multiprocessing
import os
import signal

import numpy as np
import pytest
from api_samples import map_names
from raster_samples import noise, snapshot, write

import mmda
from mmda.api.prediction import Model
from mmda.cli import main
from mmda.errors import ConfigError, DataError
from mmda.utils.locks import locked

QUIET = {"tile": 32, "progress": False, "band_strips": 1}
ALL = {"probabilities": True, "confidence": True, "entropy": True}


def by_tile(batch):
    """Return probabilities that hang on all pixels of a tile, so that no tile may be shifted."""
    seeds = batch.astype(np.int64).sum(axis=(1, 2, 3)) % 2**31
    size = batch.shape[-1]
    raw = np.stack([np.random.default_rng(s).random((3, size, size), np.float32) for s in seeds])
    return raw / raw.sum(1, keepdims=True)


def tile_model(predictor=by_tile):
    palette = [[0, 0, 0], [255, 0, 0], [0, 0, 255]]
    return Model(None, predictor, ("a", "b", "c"), palette, bands=3, name="m.pth 1")


@pytest.fixture
def scene(tmp_path):
    image = noise(3, 150, 70)
    image[:, 60:70, 20:] = 0
    return write(tmp_path / "scene.tif", image, nodata=0)


def maps(folder):
    """Return the digests of the rasters, the style and the picture, but not of the dated item."""
    return {name: digest for name, digest in snapshot(folder).items() if "stac" not in name}


def make_shards(scene, out, count, model=None, **options):
    for index in range(1, count + 1):
        chosen = mmda.PredictOptions(**{**QUIET, **options}, shard=f"{index}/{count}")
        mmda.predict_bands(model or tile_model(), scene, out, chosen)


@pytest.mark.parametrize(
    "options",
    [
        ALL,
        {"overlap": 0.6, "band_strips": 2},
        {"overlap": 0, "tile": 64},
        {"gsd": 0.8, **ALL},
        {"gsd": 0.3},
        {"gsd": 0.3, "overlap": 0.6},
        {"gsd": 0.8333, **ALL},  # the last tile is shifted in nearly onto the one before
        {"gsd": 0.8, "grid": "model"},
        {"tile": 200},
    ],
)
def test_any_number_of_shards_gives_the_files_of_a_whole_map(tmp_path, scene, options):
    whole = mmda.PredictOptions(**{**QUIET, **options})
    mmda.predict(tile_model(), scene, tmp_path / "whole", whole)
    expected = maps(tmp_path / "whole")
    for count in (1, 3, 8):
        out = tmp_path / f"{count}"
        make_shards(scene, out, count, **options)
        (joined,) = mmda.mosaic(out)
        assert maps(out) == expected
        assert joined.mask == out / "scene_mask.tif" and sum(joined.shares.values()) == 1


def test_shards_share_the_bands_of_all_images_evenly(tmp_path, scene):
    write(tmp_path / "other.tif", noise(3, 130, 40))
    images = [scene, tmp_path / "other.tif"]
    made = []
    for index in (1, 2, 3):
        options = mmda.PredictOptions(**QUIET, shard=f"{index}/3")
        results = mmda.predict_bands(tile_model(), images, tmp_path / "out", options)
        made.append(sum(result.made for result in results))
    assert sum(made) == sum(result.total for result in results)
    assert max(made) - min(made) <= 1
    assert [done.mask.name for done in mmda.mosaic(tmp_path / "out")] == [
        "other_mask.tif", "scene_mask.tif",
    ]  # fmt: skip
    assert {path.name for path in (tmp_path / "out").iterdir()} == map_names("other", "scene")


class Dies:
    """A predictor that kills its process at the given call."""

    def __init__(self, at):
        self.left = at

    def __call__(self, batch):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return by_tile(batch)


def make_all(scene, out, at):
    make_shards(scene, out, 1, tile_model(Dies(at)), probabilities=True, batch_size=1)


def map_whole(scene, out, at):
    mmda.predict(tile_model(Dies(at)), scene, out, mmda.PredictOptions(**QUIET))


def killed(work, *args):
    """Run a function in a new process (GDAL's threads would not be in a fork) that is killed."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=args)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_a_killed_shard_goes_on_where_it_was(tmp_path, scene):
    killed(make_all, scene, tmp_path / "out", 12)
    before = {p.name for p in (tmp_path / "out/scene_bands").iterdir()}
    assert any(".tmp-" in name for name in before) and "00000_mask.tif" in before
    with pytest.raises(DataError, match=r"of 6 bands are missing"):
        mmda.mosaic(tmp_path / "out")
    options = mmda.PredictOptions(**QUIET, shard="1/1", probabilities=True, batch_size=1)
    (made,) = mmda.predict_bands(tile_model(), scene, tmp_path / "out", options)
    assert made.kept > 0 and made.made > 0 and made.made + made.kept == made.total
    assert not [p for p in (tmp_path / "out/scene_bands").iterdir() if ".tmp-" in p.name]
    mmda.mosaic(tmp_path / "out")
    make_shards(scene, tmp_path / "straight", 2, probabilities=True, batch_size=1)
    mmda.mosaic(tmp_path / "straight")
    assert maps(tmp_path / "out") == maps(tmp_path / "straight")


def test_a_killed_prediction_is_cleared_away_by_the_next(tmp_path, scene):
    out, options = tmp_path / "out", mmda.PredictOptions(**QUIET)
    killed(map_whole, scene, out, 2)
    assert [path for path in out.iterdir() if ".tmp-" in path.name]
    mmda.predict(tile_model(), scene, out, options)
    assert {path.name for path in out.iterdir()} == map_names("scene")
    mmda.predict(tile_model(), scene, tmp_path / "straight", options)
    assert maps(out) == maps(tmp_path / "straight")


def test_two_processes_do_not_write_one_map(tmp_path, scene):
    with (
        locked(tmp_path / "out/.scene_mask.tif.lock"),
        pytest.raises(DataError, match="another prediction is writing into it"),
    ):
        mmda.predict(tile_model(), scene, tmp_path / "out", mmda.PredictOptions(**QUIET))


def test_bands_of_others_are_refused(tmp_path, scene):
    make_shards(scene, tmp_path / "out", 1)
    for options in ({"overlap": 0.5}, {"entropy": True}, {"band_strips": 2}):
        with pytest.raises(ConfigError, match="holds bands of another raster, by another model"):
            make_shards(scene, tmp_path / "out", 2, **options)
    (again,) = mmda.predict_bands(
        tile_model(), scene, tmp_path / "out", mmda.PredictOptions(**QUIET, shard="1/2")
    )
    assert (again.made, again.kept) == (0, 3)
    mmda.mosaic(tmp_path / "out/scene_bands", keep_bands=True)
    with pytest.raises(ConfigError, match=r"exist already\. Choose --overwrite to replace maps\.$"):
        mmda.mosaic(tmp_path / "out")
    mmda.mosaic(tmp_path / "out", overwrite=True)
    with pytest.raises(DataError, match="holds no bands"):
        mmda.mosaic(tmp_path / "out")


def test_bands_that_are_being_removed_keep_their_plan(tmp_path, scene, monkeypatch):
    make_shards(scene, tmp_path / "out", 1)

    def interrupted(folder):
        raise KeyboardInterrupt

    monkeypatch.setattr("mmda.raster.mapping.band_folder.shutil.rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mmda.mosaic(tmp_path / "out")
    assert [path.name for path in (tmp_path / "out/scene_bands").iterdir()] == ["plan.json"]


@pytest.mark.parametrize("content", ["", "{}", '{"rows": 1}'])
def test_a_damaged_plan(tmp_path, scene, content):
    make_shards(scene, tmp_path / "out", 1)
    (tmp_path / "out/scene_bands/plan.json").write_text(content)
    with pytest.raises(DataError, match=r"plan\.json` is no plan of bands"):
        mmda.mosaic(tmp_path / "out")


def test_a_plan_names_files_beside_its_folder_alone(tmp_path, scene):
    make_shards(scene, tmp_path / "out", 1)
    plan = tmp_path / "out/scene_bands/plan.json"
    plan.write_text(plan.read_text().replace("scene_mask.tif", "../../scene.tif"))
    with pytest.raises(DataError, match="names no files of a map"):
        mmda.mosaic(tmp_path / "out", overwrite=True)


def test_a_damaged_band_is_named_and_leaves_no_map(tmp_path, scene):
    make_shards(scene, tmp_path / "out", 1)
    band = tmp_path / "out/scene_bands/00002_mask.tif"
    band.write_bytes(band.read_bytes()[:700])
    with pytest.raises(DataError, match=r"00002_mask\.tif` is damaged.*run its shard again"):
        mmda.mosaic(tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scene_bands"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shard": "3/2"}, "Unknown shard `3/2`"),
        ({"shard": "1/2", "polygons": True}, "`mmda vectorise` then makes polygons"),
        ({"shard": "1/2", "scheduler": "x"}, "without `scheduler`"),
        ({"band_strips": 0}, "at least 1 row of tiles"),
    ],
)
def test_options_that_cannot_be(options, message):
    with pytest.raises(ConfigError, match=message):
        mmda.PredictOptions(**options)


def test_whole_maps_have_no_shard(tmp_path, scene):
    with pytest.raises(ConfigError, match="use `predict_bands`"):
        mmda.predict(tile_model(), scene, tmp_path, mmda.PredictOptions(**QUIET, shard="1/2"))


def test_on_the_command_line(tmp_path, scene, monkeypatch, capsys):
    monkeypatch.setattr("mmda.cli.predict.load_model", lambda *_, **__: tile_model())
    out = str(tmp_path / "out")
    command = ["predict", "c.py", "c.pth", str(scene), str(tmp_path / "gone.tif"), "--out", out]
    options = ["--tile", "32", "--band-strips", "1", "--shard"]
    assert main([*command, *options, "1/2"]) == 2
    assert "3 of 6 bands made; when all shards" in capsys.readouterr().out
    assert main(["mosaic", out]) == 2
    assert "3 of 6 bands are missing (2, 4, 6)" in capsys.readouterr().err
    assert main([*command, *options, "2/2"]) == 2
    assert main(["mosaic", out]) == 0
    assert "scene_mask.tif: a " in capsys.readouterr().out
