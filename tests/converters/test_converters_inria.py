"""Inria: names, splits, withheld labels."""

import pytest
from converter_samples import box, label, noise, notes, read, rows, save, splits

from mmda.cli import main
from mmda.raster import read_dataset_info
from mmda.tasks import TASKS


@pytest.fixture
def source(tmp_path):
    """The archive's layout, below a path with digits; two cities, one with a hyphen."""
    root = tmp_path / "disk2/AerialImageDataset"
    for seed, name in enumerate(("austin1", "austin6", "tyrol-w5", "tyrol-w36")):
        save(root / f"train/images/{name}.tif", noise(seed=seed))
        save(root / f"train/gt/{name}.tif", box(value=255))
    save(root / "test/images/tyrol-e1.tif", noise(seed=9))
    return root


def test_cities_splits_and_labels(source, tmp_path, capsys):
    assert main(["tile", "inria", str(source), str(tmp_path / "o"), "--tile", "32"]) == 0
    out = tmp_path / "o"
    assert splits(out) == {
        **{"austin1": "val", "tyrol-w5": "val", "austin6": "train", "tyrol-w36": "train"},
        "tyrol-e1": "test",
    }
    cities = {row["scene"]: row["city"] for row in rows(out)}
    assert {cities[n] for n in ("tyrol-w5", "tyrol-w36")} == {"tyrol-w"}
    assert (cities["austin1"], cities["tyrol-e1"]) == ("austin", "tyrol-e")
    for row in rows(out):
        assert (read(out / row["image"]) == read(source.parent / row["source"])).all()
        assert (row["gsd"], row["nominal_gsd"]) == (0.3, True)
    for scene in ("austin1", "tyrol-w36"):
        assert (label(out, scene=scene) == box()).all()
    (bare,) = rows(out, split="test")
    assert bare["label"] is None
    info = read_dataset_info(out)
    assert (info["domain"], info["task"]) == ("inria", "buildings")
    assert tuple(info["classes"]) == TASKS["buildings"].classes
    assert info["labelled_splits"] == ["train", "val"]
    assert "images 1 to 5" in notes(out) and "withheld" in capsys.readouterr().out


def test_the_parent_folder_and_a_subset_of_splits(source, tmp_path):
    arguments = [str(source.parent), str(tmp_path / "o"), "--splits", "train", "--domain", "x"]
    assert main(["tile", "inria", *arguments, "--tile", "16", "--gsd", "0.6"]) == 0
    assert {row["split"] for row in rows(tmp_path / "o")} == {"train"}
    assert {(r["domain"], r["gsd"], r["height"]) for r in rows(tmp_path / "o")} == {("x", 0.6, 16)}


def refused(source, out, capsys, code=2):
    assert main(["tile", "inria", str(source), str(out), "--tile", "32"]) == code
    return capsys.readouterr().err


def test_missing_folders_tell_the_layout(source, tmp_path, capsys):
    (source / "train/gt").rename(source / "train/masks")
    message = refused(source, tmp_path / "o", capsys)
    assert "no folder `train/gt`" in message and "Expected layout" in message
    message = refused(source / "train", tmp_path / "o", capsys)
    assert "no folder `train/images`" in message and "it holds images, masks" in message


def test_missing_labels_are_named_in_pairs(source, tmp_path, capsys):
    for name in ("austin1", "tyrol-w5"):
        (source / f"train/gt/{name}.tif").unlink()
    message = refused(source, tmp_path / "o", capsys)
    assert "2 of 4 images have no label" in message
    assert "images/austin1.tif` -> `" in message and "gt/tyrol-w5`" in message


def test_labels_of_another_size_are_refused(source, tmp_path, capsys):
    save(source / "train/gt/austin1.tif", box(32, 30, 255))
    message = refused(source, tmp_path / "o", capsys)
    assert "images/austin1.tif` has 32 x 32" in message
    assert "gt/austin1.tif` has 30 x 32" in message
    assert not (tmp_path / "o").exists()


def test_unknown_values_name_label_and_image(source, tmp_path, capsys):
    mask = box(value=255)
    mask[0, :7] = range(1, 8)
    save(source / "train/gt/austin6.tif", mask)
    message = refused(source, tmp_path / "o", capsys, code=1)
    assert "unknown values: 1 (1 pixels), 2" in message and "2 more values" in message
    assert "gt/austin6.tif" in message and "images/austin6.tif" in message
    assert "austin6" not in splits(tmp_path / "o")


def test_unreadable_labels_name_label_and_image(source, tmp_path, capsys):
    path = source / "train/gt/austin6.tif"
    path.write_bytes(path.read_bytes()[:20])
    message = refused(source, tmp_path / "o", capsys, code=1)
    assert "gt/austin6.tif" in message and "images/austin6.tif" in message


def test_names_without_a_number_are_refused(source, tmp_path, capsys):
    save(source / "train/images/readme.tif", noise())
    save(source / "train/gt/readme.tif", box(value=255))
    assert "not named <city><number>.tif" in refused(source, tmp_path / "o", capsys)
