"""`mmda verify` finds whatever differs from the manifest."""

import json
import re
import zlib

import cv2
import numpy as np
import pytest
from raster_samples import make_scenes, noise, tile, write

from mmda.cli import main
from mmda.raster import Scene, read_manifest
from mmda.raster.dataset.verify import verify_dataset

IMAGE = "train/images/s0_000000_000000.tif"
LABEL = "val/labels/s1_000000_000000.png"


def flip(path):
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)


def append(path):
    path.write_bytes(path.read_bytes() + b"0")


@pytest.fixture
def root(tmp_path):
    tile(make_scenes(tmp_path), tmp_path / "o")
    return tmp_path / "o"


def edit(root, change):
    """Change dataset.json."""
    path = root / "dataset.json"
    info = json.loads(path.read_text())
    change(info)
    path.write_text(json.dumps(info))


def rewrite(root, name, array):
    """Replace a tile by another one and make size and checksum of the manifest fit to it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = root / name
    assert cv2.imwrite(str(path), array)
    data = path.read_bytes()
    table = pq.read_table(root / "manifest.parquet")
    kind = "label" if "labels" in name else "image"
    index = table[kind].to_pylist().index(name)
    for column, value in ((f"{kind}_bytes", len(data)), (f"{kind}_crc32", zlib.crc32(data))):
        values = table[column].to_pylist()
        values[index] = value
        position = table.schema.get_field_index(column)
        table = table.set_column(
            position, column, pa.array(values, table.schema.field(column).type)
        )
    pq.write_table(table, root / "manifest.parquet")


@pytest.mark.parametrize("suffix", ["tif", "png", "jpg", "none"])
def test_a_sound_dataset(tmp_path, suffix, capsys):
    tile(make_scenes(tmp_path), tmp_path / "o", format=suffix)
    assert main(["verify", str(tmp_path / "o")]) == 0
    files = 0 if suffix == "none" else 24
    assert f"12 tiles, {files} files" in capsys.readouterr().out


def test_bands_without_labels(tmp_path):
    image = write(tmp_path / "i.tif", noise(5, 70, 70, "uint16"))
    tile([Scene("s", str(image))], tmp_path / "o")
    assert verify_dataset(tmp_path / "o", progress=False).problems == []


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        (IMAGE, lambda path: path.unlink(), "cannot be read"),
        (IMAGE, append, "bytes, the manifest says"),
        (IMAGE, flip, "checksum"),
        (LABEL, flip, "checksum"),
    ],
)
def test_damage_is_named(root, name, damage, message, capsys):
    damage(root / name)
    assert main(["verify", str(root)]) == 1
    captured = capsys.readouterr()
    assert f"`{root / name}`" in captured.err
    assert message in captured.err
    assert "1 problems" in captured.out


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((64, 64), 7, np.uint8), r"values \[7\]; expected 0..1 and 255"),
        (np.zeros((64, 64), np.uint8), "pixels per class"),
        (np.zeros((64, 63), np.uint8), r"\(64, 63\) uint8"),
        (np.zeros((64, 64), np.uint16), "uint16"),
        (np.zeros((64, 64, 3), np.uint8), r"\(64, 64, 3\)"),
    ],
)
def test_a_label_that_is_whole_but_wrong(root, array, message):
    rewrite(root, LABEL, array)
    (problem,) = verify_dataset(root, progress=False).problems
    assert re.search(message, problem)


def test_an_image_of_another_type(tmp_path):
    tile(make_scenes(tmp_path), tmp_path / "o", format="png")
    rewrite(tmp_path / "o", IMAGE.replace("tif", "png"), np.zeros((64, 64), np.uint8))
    (problem,) = verify_dataset(tmp_path / "o", progress=False).problems
    assert "(1, 64, 64) uint8, the manifest says (3, 64, 64) uint8" in problem


def test_foreign_files_and_wrong_counts(root):
    (root / "val/images/mine.tif").write_bytes(b"1")
    (root / "val/images/.left.tmp-1.tif").write_bytes(b"1")
    edit(root, lambda info: info["splits"].update(val=5))
    edit(root, lambda info: info["class_pixels"]["train"].reverse())
    problems = verify_dataset(root, progress=False).problems
    assert len(problems) == 3
    assert "{'train': 6, 'val': 6}" in problems[0]
    assert "class_pixels" in problems[1]
    assert "mine.tif` is not in the manifest" in problems[2]


def test_all_problems_are_counted_and_ten_named(root, capsys):
    for row in read_manifest(root):
        flip(root / row["image"])
    assert main(["verify", str(root), "--workers", "3"]) == 1
    captured = capsys.readouterr()
    assert captured.err.count("checksum") == 10
    assert "and 2 more" in captured.err
    assert "12 problems" in captured.out


def test_no_dataset(tmp_path, capsys):
    assert main(["verify", str(tmp_path)]) == 2
    assert "no tiled dataset" in capsys.readouterr().err
