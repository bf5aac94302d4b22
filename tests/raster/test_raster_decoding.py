import json

import numpy as np
import pytest

from mmda.errors import ConfigError, DataError
from mmda.raster.decoding import parse_decode

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
    [(1, (0, 1), [0, 1]), (255, (0, 255), [0, 1]), (3, (0, 3), [0, 0]), (0, (0, 0), [0, 0])],
)
def test_binary_is_settled_by_the_maximum(maximum, values, expected):
    decoder = parse_decode("binary", TWO).resolve(maximum)
    assert decoder.decode(grid(*values), "mask.tif").tolist()[0] == expected


def test_binary_reads_a_pure_red_mask():
    red = np.zeros((3, 1, 2), np.uint8)
    red[0, 0, 1] = 255
    decoder = parse_decode("binary", TWO).resolve(255)
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
