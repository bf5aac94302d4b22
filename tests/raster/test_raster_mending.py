"""The same command again mends what was lost, cut or damaged since."""

import os

import pytest
from raster_samples import make_scenes, snapshot, tile


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def scribble(path):
    path.write_bytes(b"\xff\xfe no such thing")


def cut_inside(path):
    """Damage a part that the footer of a parquet file does not tell of."""
    data = bytearray(path.read_bytes())
    data[20:120] = bytes(100)
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [os.unlink, cut, scribble, cut_inside])
@pytest.mark.parametrize("name", ["manifest.parquet", "dataset.json", ".scenes/s1.scene.json"])
def test_lost_and_cut_records_are_mended(tmp_path, name, damage):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o")
    before = snapshot(tmp_path / "o")
    damage(tmp_path / "o" / name)
    tile(scenes, tmp_path / "o")
    assert snapshot(tmp_path / "o") == before
