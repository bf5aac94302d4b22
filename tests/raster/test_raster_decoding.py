import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from raster_samples import make_scenes, tile, write

from mmda.errors import ConfigError, DataError
from mmda.raster import read_manifest
from mmda.raster.decoding import parse_decode
from mmda.raster.labels import readers

TWO = ("ground", "building")


def grid(*values, dtype="uint8"):
    return np.array(values, dtype)[None, None, :]


def decode(rule, array, classes=TWO):
    return parse_decode(rule, classes).decode(array, "mask.png").tolist()[0]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32"])
def test_ids(dtype):
    assert decode("ids", grid(0, 1, 255, dtype=dtype)) == [0, 1, 255]


def test_threshold_takes_jpeg_noise():
    assert decode("threshold:128", grid(0, 127, 128, 254)) == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("maximum", "values", "expected"),
    [(1, (0, 1), [0, 1]), (255, (0, 255), [0, 1]), (128, (3, 128), [0, 1]), (0, (0, 0), [0, 0])],
)
def test_binary_is_settled_by_the_maximum(maximum, values, expected):
    decoder = parse_decode("binary", TWO).resolve(maximum, "mask.tif")
    assert decoder.decode(grid(*values), "mask.tif").tolist()[0] == expected


@pytest.mark.parametrize("value", [2, 76, 127])
def test_binary_refuses_a_grey_mask_among_good_ones(tmp_path, value):
    scenes = make_scenes(tmp_path, count=3)
    scenes = [replace(s, label=replace(s.label, decode="binary")) for s in scenes]
    # A value that settles nothing comes first in the file.
    mask = np.full((1, 100, 130), value, np.uint8)
    mask[:, :50] = 0
    write(Path(scenes[1].label.path), mask)
    write(Path(scenes[2].label.path), mask * 0 + np.uint8([[[0] * 65 + [255] * 65]]))
    with pytest.raises(DataError, match=rf"m1\.tif` has the maximum {value}.*threshold:V"):
        tile(scenes, tmp_path / "o")
    assert {row["scene"] for row in read_manifest(tmp_path / "o")} == {"s0", "s2"}


def test_binary_looks_at_the_whole_file():
    mask = SimpleNamespace(
        block_windows=lambda band: [(0, 2), (1, 255), (2, 0)],
        read=lambda band, window: np.array([window]),
    )
    assert readers._maximum(mask) == 255


def test_binary_reads_a_pure_red_mask():
    red = np.zeros((3, 1, 2), np.uint8)
    red[0, 0, 1] = 255
    decoder = parse_decode("binary", TWO).resolve(255, "mask.tif")
    assert decoder.decode(red[: decoder.bands], "mask.tif").tolist() == [[0, 1]]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_colors(dtype):
    array = np.array([[255, 0, 9], [120, 0, 9], [80, 0, 9]], dtype)[:, None, :]
    assert decode("color:255,120,80=1,0,0,0=0,*=255", array) == [1, 0, 255]


def test_idmap_inline_and_json(tmp_path):
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"0": 255, "7": 1, "*": 0}))
    values = grid(0, 7, 3)
    assert decode("idmap:0=255,7=1,*=0", values) == decode(f"idmap:{path}", values) == [255, 1, 0]


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
def test_unknown_values_are_counted_and_named(dtype):
    with pytest.raises(DataError) as caught:
        decode("ids", grid(0, 2, 2, 3, 4, 5, 6, 7, dtype=dtype))
    text = str(caught.value)
    assert "mask.png" in text
    assert "2 (2 pixels), 3 (1 pixels), 4 (1 pixels), 5 (1 pixels), 6 (1 pixels) and 1 more" in text
    assert "1 = building" in text


def test_unknown_colour_is_named():
    array = np.array([255, 0, 9], np.uint8)[:, None, None]
    with pytest.raises(DataError, match=r"\(255, 0, 9\) \(1 pixels\)"):
        decode("color:0,0,0=0", array)


@pytest.mark.parametrize(
    ("rule", "classes", "message"),
    [
        ("treshold:3", TWO, "Did you mean `threshold`"),
        ("threshold:x", TWO, "needs a number"),
        ("binary", ("a", "b", "c"), "two classes"),
        ("color:1,2=3", TWO, "Cannot read the colours"),
        ("color:1,2,3=1;oops", TWO, "from position 8"),
        ("idmap:1-2", TWO, "Cannot read the id map"),
        ("idmap:missing.json", TWO, "Cannot read the id map"),
        ("idmap:3=2", TWO, "maps to class 2"),
    ],
)
def test_malformed_rules(rule, classes, message):
    with pytest.raises(ConfigError, match=message):
        parse_decode(rule, classes)
