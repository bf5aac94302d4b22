"""SYNTHIA: 16-bit labels of three bands with ids of their own."""

import cv2
import numpy as np
from converter_samples import noise, read, rows, save, splits

from mmda.cli import main
from mmda.converters.street import STREET_CLASSES as CLASSES
from mmda.raster import read_dataset_info

TABLE = {
    3: "road", 4: "sidewalk", 2: "building", 21: "wall", 5: "fence", 7: "pole",
    15: "traffic light", 9: "traffic sign", 6: "vegetation", 1: "sky", 10: "person",
    17: "rider", 8: "car", 19: "bus", 12: "motorcycle", 11: "bicycle",
}  # fmt: skip
IDS = np.broadcast_to(np.arange(23, dtype=np.uint16), (20, 23))


def write(root, name, ids=IDS):
    """Write a label as the archive has it: red = class, green = instance, blue = 0."""
    save(root / f"RGB/{name}.png", noise(*ids.shape))
    instance = np.arange(ids.size, dtype=np.uint16).reshape(ids.shape)
    save(root / f"GT/LABELS/{name}.png", np.stack([ids, instance, 0 * ids]).astype(np.uint16))
    return root


def convert(source, out, *more):
    return main(["tile", "synthia", str(source), str(out), *more])


def test_sixteen_bit_ids_become_train_ids(tmp_path):
    source, out = write(tmp_path / "in/RAND_CITYSCAPES", "0000000"), tmp_path / "o"
    # The usual reader: OpenCV gives BGR, so that red is the last channel.
    raw = cv2.imread(str(source / "GT/LABELS/0000000.png"), cv2.IMREAD_UNCHANGED)
    assert raw.dtype == np.uint16 and (raw[..., -1] == IDS).all()
    assert convert(tmp_path / "in", out) == 0
    expected = np.full(IDS.shape, 255, np.uint8)
    for value, name in TABLE.items():
        expected[value == IDS] = CLASSES.index(name)
    (row,) = rows(out)
    assert (read(out / row["label"])[0] == expected).all()
    assert row["split"] == "train"
    absent = [n for n, c in zip(CLASSES, row["class_pixels"], strict=True) if c == 0]
    assert absent == ["terrain", "truck", "train"]
    assert read_dataset_info(out)["domain"] == "synthia"


def test_eight_bit_copies_are_refused(tmp_path, capsys):
    source = write(tmp_path / "in", "a")
    save(source / "GT/LABELS/a.png", np.zeros((3, 20, 23), np.uint8))
    assert convert(source, tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "3 band(s) of uint8; expected 3 of uint16" in message and "RGB/a.png" in message


def test_unknown_ids_are_refused(tmp_path, capsys):
    source = write(tmp_path / "in", "a", np.full((20, 23), 300, np.uint16))
    assert convert(source, tmp_path / "o") == 2
    assert "unknown values: 300 (460 pixels)" in capsys.readouterr().err


def test_a_small_validation_set_is_drawn(tmp_path):
    for index in range(12):
        write(tmp_path / "in", f"{index:07d}")
    assert convert(tmp_path / "in", tmp_path / "o") == 0
    assert sorted(splits(tmp_path / "o").values()) == ["train"] * 11 + ["val"]


def test_missing_labels_and_folders(tmp_path, capsys):
    source = write(write(tmp_path / "in", "a"), "b")
    (source / "GT/LABELS/b.png").unlink()
    assert convert(source, tmp_path / "o") == 2
    assert "1 of 2 images have no label" in capsys.readouterr().err
    (source / "GT/LABELS").rename(source / "GT/COLOR")
    assert convert(source, tmp_path / "o") == 2
    assert "Expected layout: RGB/*.png and GT/LABELS/*.png" in capsys.readouterr().err
