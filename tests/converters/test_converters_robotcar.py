"""Oxford RobotCar: nine classes, a training set without labels."""

import numpy as np
import pytest
from converter_samples import label, noise, rows, save

from mmda.cli import main
from mmda.converters.robotcar import RobotCar
from mmda.converters.street import STREET_CLASSES as STREET
from mmda.converters.street import TRAIN_IDS
from mmda.raster import read_dataset_info

NINE = np.broadcast_to(np.array([*range(9), 255], np.uint8), (16, 10))


def convert(source, out, *more):
    return main(["tile", "robotcar", str(source), str(out), *more])


@pytest.fixture
def source(tmp_path):
    root = tmp_path / "in"
    save(root / "train/images/1.png", noise(16, 10))
    save(root / "test/images/1.png", noise(16, 10, seed=1))
    save(root / "test/labels/1.png", NINE)
    return root


def test_nine_classes_and_an_unlabelled_train(source, tmp_path):
    out = tmp_path / "o"
    assert convert(source, out) == 0
    assert {(r["scene"], r["split"], bool(r["label"])) for r in rows(out)} == {
        ("train_1", "train", False),
        ("test_1", "test", True),
    }
    assert (label(out, split="test") == NINE).all()
    info = read_dataset_info(out)
    assert (info["domain"], len(info["classes"]), info["tile"]) == ("robotcar", 9, None)
    assert info["classes"][7:] == ["automobile", "two-wheel"]


def test_cityscapes_ids_are_joined_to_nine_classes(source, tmp_path):
    ids = np.broadcast_to(np.arange(34, dtype=np.uint8), (16, 34))
    save(source / "test/images/1.png", noise(16, 34))
    save(source / "test/labels/1.png", ids)
    assert convert(source, tmp_path / "o", "--label-ids", "cityscapes") == 0
    joined = {
        "traffic light": "light", "traffic sign": "sign", "car": "automobile",
        "truck": "automobile", "bus": "automobile", "motorcycle": "two-wheel",
        "bicycle": "two-wheel", "rider": "person",
    }  # fmt: skip
    row = label(tmp_path / "o", split="test")[0]
    for value in range(34):
        name = STREET[TRAIN_IDS[value]] if value in TRAIN_IDS else ""
        name = joined.get(name, name)
        known = name in RobotCar.CLASSES
        assert row[value] == (RobotCar.CLASSES.index(name) if known else 255), value


def test_labels_that_do_not_fit(source, tmp_path, capsys):
    save(source / "test/labels/1.png", np.minimum(NINE, 9))
    assert convert(source, tmp_path / "o") == 1
    message = capsys.readouterr().err
    assert "unknown values: 9" in message and "test/images/1.png" in message
    save(source / "test/labels/1.png", noise(16, 10))
    assert convert(source, tmp_path / "o2") == 2
    assert "3 band(s) of uint8; expected 1" in capsys.readouterr().err


def test_missing_folders_tell_the_layout(source, tmp_path, capsys):
    (source / "test/labels").rename(source / "test/masks")
    assert convert(source, tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "no folder `labels`" in message and "Expected layout: train/images" in message
