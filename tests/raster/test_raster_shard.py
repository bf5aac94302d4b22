"""Shards make together what one run makes, in any order."""

import numpy as np
import pytest
from raster_samples import make_scenes, snapshot, tile, tiled, write

from mmda.cli import main
from mmda.errors import ConfigError, DataError
from mmda.raster import read_dataset_info
from mmda.utils.shards import Shard, parse_shard


def spread(tmp_path, count=6):
    """Scenes of which each of the shards 1/3, 2/3 and 3/3 has some."""
    scenes = make_scenes(tmp_path, count=count)
    assert {i for s in scenes for i in (1, 2, 3) if Shard(i, 3).owns(s.name)} == {1, 2, 3}
    return scenes


def test_every_scene_has_one_shard_and_shards_are_alike():
    names = [f"city_{i}" for i in range(3000)]
    owners = np.array([[Shard(i, 7).owns(name) for name in names] for i in range(1, 8)])
    assert (owners.sum(axis=0) == 1).all()
    assert owners.sum(axis=1).min() > 350
    # Other versions of mmda must share alike.
    first = [Shard(1, 2).owns(name) for name in names[:6]]
    assert first == [False, False, False, False, True, True]


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_shards_that_are_none(text):
    with pytest.raises(ConfigError, match=r"`1/4`"):
        parse_shard(text)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_shards_make_what_one_run_makes(tmp_path, order):
    scenes = spread(tmp_path)
    tile(scenes, tmp_path / "one")
    for shard in order[:-1]:
        result = tiled(scenes, tmp_path / "o", shard=f"{shard}/3")
        assert (result.pending_scenes > 0, result.info) == (True, {})
        assert not (tmp_path / "o/dataset.json").exists()
    info = tile(scenes, tmp_path / "o", shard=f"{order[-1]}/3")
    assert info == read_dataset_info(tmp_path / "one")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "one")
    times = {p: p.stat().st_mtime_ns for p in (tmp_path / "o").rglob("*") if p.is_file()}
    assert tile(scenes, tmp_path / "o", shard="1/3") == info
    assert times == {p: p.stat().st_mtime_ns for p in (tmp_path / "o").rglob("*") if p.is_file()}


def test_a_run_without_shards_completes_them(tmp_path):
    scenes = spread(tmp_path)
    tile(scenes, tmp_path / "o", shard="2/3")
    tile(scenes, tmp_path / "o")
    tile(scenes, tmp_path / "one")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "one")


def test_more_shards_than_scenes(tmp_path):
    scenes = make_scenes(tmp_path)
    empty = next(i for i in range(1, 9) if not any(Shard(i, 8).owns(s.name) for s in scenes))
    assert tiled(scenes, tmp_path / "o", shard=f"{empty}/8").pending_scenes == 2
    tile(scenes, tmp_path / "o")
    assert tile(scenes, tmp_path / "o", shard=f"{empty}/8")["splits"] == {"train": 6, "val": 6}


@pytest.mark.parametrize("keep", [0.0, 0.5])
def test_a_damaged_scene_holds_no_shard_up(tmp_path, keep):
    scenes = spread(tmp_path)
    bad = next(s for s in scenes if Shard(1, 3).owns(s.name))
    with open(bad.image, "r+b") as file:
        file.truncate(int(keep * 20000))
    for shard, match in ((1, r"1 of \d scene"), (2, None), (3, "1 of 6 scenes")):
        if match is None:
            assert tiled(scenes, tmp_path / "o", shard=f"{shard}/3").pending_scenes
        else:
            with pytest.raises(DataError, match=rf"{match}(.|\n)*`{bad.image}`"):
                tile(scenes, tmp_path / "o", shard=f"{shard}/3")
    assert read_dataset_info(tmp_path / "o")["scenes"] == 5
    # Mended, its shard completes the dataset.
    number = int(bad.name[1:])
    write(tmp_path / f"{bad.name}.tif", np.full((3, 100, 130), number, np.uint8))
    assert tile(scenes, tmp_path / "o", shard="1/3")["scenes"] == 6


def test_what_other_shards_are_writing_is_left_alone(tmp_path):
    scenes = spread(tmp_path)
    own = next(s.name for s in scenes if Shard(1, 3).owns(s.name))
    other = next(s.name for s in scenes if not Shard(1, 3).owns(s.name))
    folder = tmp_path / "o/val/images"
    folder.mkdir(parents=True)
    left = {name: folder / f".{name}_000000_000000.tmp-ab.tif" for name in (own, other)}
    for path in left.values():
        path.write_bytes(b"half")
    tile(scenes, tmp_path / "o", shard="1/3")
    assert not left[own].exists()
    assert left[other].exists()
    tile(scenes, tmp_path / "o")
    assert not left[other].exists()


def test_overwrite_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="other shards"):
        tile(make_scenes(tmp_path), tmp_path / "o", shard="1/3", overwrite=True)


def test_shards_with_other_options_are_refused(tmp_path):
    scenes = spread(tmp_path)
    tile(scenes, tmp_path / "o", shard="1/3")
    with pytest.raises(ConfigError, match="tile was 64, is 32"):
        tile(scenes, tmp_path / "o", shard="2/3", tile=32)


def test_the_command_line_tells_what_is_pending_then_shows_a_sample(tmp_path, capsys):
    spread(tmp_path / "in")
    arguments = ["tile", "geotiff", str(tmp_path / "in/s*.tif"), str(tmp_path / "o"), "--preview"]
    arguments += ["--task", "t", "--domain", "d", "--classes", "a", "b", "--tile", "64"]
    for shard in (1, 2):
        assert main([*arguments, "--shard", f"{shard}/3"]) == 0
        assert "scenes of other" in capsys.readouterr().out
    assert not (tmp_path / "o/preview.png").exists()
    assert main([*arguments, "--shard", "3/3"]) == 0
    assert "6 scenes, tiles of 64 pixels" in capsys.readouterr().out
    assert (tmp_path / "o/preview.png").exists()
