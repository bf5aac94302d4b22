"""What users give as images."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
import rasterio
from raster_samples import noise, predict_raster, write

from mmda.errors import DataError
from mmda.raster.mapping.sources import expand_images, map_name


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("city/b.tif", "city/a.tif", "city/c.png", "city [1].tif", "other/x.vrt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"a raster")
    (tmp_path / "city/notes.md").write_text("no raster")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["city/b.tif", "gone.tif"], ["city/b.tif", "gone.tif"]),  # opening tells what is missing
        (["city"], ["city/a.tif", "city/b.tif", "city/c.png"]),
        (["city/*.tif"], ["city/a.tif", "city/b.tif"]),
        (["city/b.tif", "city/*.tif"], ["city/b.tif", "city/a.tif"]),
        (["city [1].tif"], ["city [1].tif"]),  # a file, no pattern
        (["other/x.vrt"], ["other/x.vrt"]),
        (["/vsizip/a.zip/b.tif", "https://host/a.tif?key=1*"],
         ["/vsizip/a.zip/b.tif", "https://host/a.tif?key=1*"]),
        (['NETCDF:"a.nc":band'], ['NETCDF:"a.nc":band']),
    ],
)  # fmt: skip
def test_sources(folder, given, expected):
    assert expand_images(given) == expected


def test_a_list_of_anything(folder, monkeypatch):
    lines = "\ufeff# sheets\n\ncity/b.tif\n  other/*.vrt  \n/vsis3/bucket/x.tif\ncity\nhttps://h/y.tif\n"
    (folder / "list.txt").write_text(lines, encoding="utf-8")
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    assert expand_images(["../list.txt"]) == [
        f"{folder}/city/b.tif", f"{folder}/other/x.vrt", "/vsis3/bucket/x.tif",
        f"{folder}/city/a.tif", f"{folder}/city/c.png", "https://h/y.tif",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\n# nothing\n", "is empty. Write an image on each line"),
        (b"\xff\xfe\x00", r"list\.txt` cannot be read"),
        (b"more.txt", "names another list, `more.txt`"),
        (b"gone/*.tif", "does not exist"),
    ],
)
def test_lists_that_give_nothing(folder, content, message):
    (folder / "list.txt").write_bytes(content)
    with pytest.raises(DataError, match=message):
        expand_images(["list.txt"])


@pytest.mark.parametrize(
    ("source", "message"),
    [("empty", "holds no rasters"), ("none*.tif", "does not exist"), ("/vsimem/x.txt", "be read")],
)
def test_sources_that_give_nothing(folder, source, message):
    with pytest.raises(DataError, match=message):
        expand_images([source])


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("a/b.c.tif", "b.c"),
        ("https://host/a/b.tif?key=secret/x.y", "b"),
        ("/vsizip/a.zip/b.tif", "b"),
        ("b#1?.tif", "b#1?"),
    ],
)
def test_the_name_of_a_map(image, name):
    assert map_name(image) == name


def test_a_raster_in_an_archive_is_mapped(tmp_path):

    write(tmp_path / "a.tif", noise(1, 40, 50))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(tmp_path / "a.tif", "in/a.tif")

    def bright(batch):
        return np.concatenate([batch < 100, batch >= 100], axis=1).astype(np.float32)

    image = f"/vsizip/{tmp_path}/a.zip/in/a.tif"
    predict_raster(image, tmp_path / "m.tif", bright, num_classes=2, tile=32, progress=False)
    with rasterio.open(tmp_path / "m.tif") as mask, rasterio.open(tmp_path / "a.tif") as raster:
        np.testing.assert_array_equal(mask.read(), raster.read() >= 100)
