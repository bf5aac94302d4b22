"""Cityscapes: the id table, cities as splits, dummy labels of the test set."""

import numpy as np
import pytest
from converter_samples import noise, notes, read, rows, save, splits

from mmda.cli import main
from mmda.converters.street import STREET_CLASSES as CLASSES
from mmda.raster import read_dataset_info

TRAINED = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
IDS = np.broadcast_to(np.arange(34, dtype=np.uint8), (16, 34))


def write(root, split, name, ids=IDS):
    city = name.split("_")[0]
    save(root / f"leftImg8bit/{split}/{city}/{name}_leftImg8bit.png", noise(*ids.shape))
    folder = root / f"gtFine/{split}/{city}"
    save(folder / f"{name}_gtFine_labelIds.png", ids)
    save(folder / f"{name}_gtFine_instanceIds.png", ids.astype(np.uint16) * 1000)
    save(folder / f"{name}_gtFine_color.png", noise(*ids.shape, bands=4))


def convert(source, out, *more):
    return main(["tile", "cityscapes", str(source), str(out), *more])


@pytest.fixture
def source(tmp_path):
    root = tmp_path / "in"
    for name in ("aachen_000000_000019", "weimar_000001_000019", "bochum_000000_000313"):
        write(root, "train", name)
    write(root, "val", "frankfurt_000000_000294")
    write(root, "test", "berlin_000000_000019", 0 * IDS)
    return root


def test_ids_become_train_ids_and_cities_splits(source, tmp_path, capsys):
    out = tmp_path / "o"
    assert convert(source, out) == 0
    placed = {row["city"]: row["split"] for row in rows(out)}
    expected = {"aachen": "train", "bochum": "train", "weimar": "val", "frankfurt": "test"}
    assert placed == expected
    ids = np.full(IDS.shape, 255, np.uint8)
    for target, value in enumerate(TRAINED):
        ids[value == IDS] = target
    for row in rows(out):
        assert (read(out / row["label"])[0] == ids).all()
    assert splits(out)["frankfurt_000000_000294"] == "test"
    info = read_dataset_info(out)
    assert (info["domain"], info["tile"], tuple(info["classes"])) == ("cityscapes", None, CLASSES)
    said = "1 images of the official test left out: their labels are dummies"
    assert said in notes(out) and said in capsys.readouterr().out


@pytest.mark.parametrize(("plate", "dtype"), [(-1, "int16"), (255, "uint8"), (65535, "uint16")])
def test_licence_plates_are_ignored(tmp_path, plate, dtype):
    ids = np.full((16, 34), 26, dtype)
    ids[4:6] = plate
    write(tmp_path / "in", "train", "aachen_000000_000019")
    path = "gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png"
    (tmp_path / "in" / path).unlink()
    driver = {"driver": "GTiff"} if dtype == "int16" else {}  # PNG has no signed values
    save(tmp_path / "in" / path, ids, **driver)
    assert convert(tmp_path / "in", tmp_path / "o") == 0
    (row,) = rows(tmp_path / "o")
    assert row["class_pixels"][CLASSES.index("car")] == 14 * 34
    assert row["ignore_pixels"] == 2 * 34


def test_unknown_ids_are_refused(tmp_path, capsys):
    write(tmp_path / "in", "train", "aachen_000000_000019", IDS + 1)
    assert convert(tmp_path / "in", tmp_path / "o") == 2
    assert "unknown values: 34" in capsys.readouterr().err


def test_cities_can_be_chosen(source, tmp_path, capsys):
    assert convert(source, tmp_path / "o", "--val-cities", "bochum", "aachen") == 0
    assert {r["city"] for r in rows(tmp_path / "o", split="val")} == {"bochum", "aachen"}
    assert convert(source, tmp_path / "o2", "--val-cities") == 0
    assert {r["split"] for r in rows(tmp_path / "o2")} == {"train", "test"}
    assert convert(source, tmp_path / "o3", "--val-cities", "ulm") == 2
    assert "has no city ulm (--val-cities); it has aachen" in capsys.readouterr().err


def test_missing_labels_and_folders(source, tmp_path, capsys):
    (source / "gtFine/val/frankfurt/frankfurt_000000_000294_gtFine_labelIds.png").unlink()
    assert convert(source, tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "frankfurt_000000_000294_leftImg8bit.png` -> `" in message
    assert "frankfurt_000000_000294_gtFine_labelIds.png`" in message
    (source / "gtFine").rename(source / "gtCoarse")
    assert convert(source, tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "no folder `gtFine`" in message and "Expected layout" in message
