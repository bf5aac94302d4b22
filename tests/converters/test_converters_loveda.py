"""LoveDA: no-data, shifted ids, areas that share their file names."""

import numpy as np
import pytest
from converter_samples import noise, read, rows, save, splits

from mmda.cli import main
from mmda.raster import read_dataset_info

MASK = np.broadcast_to(np.arange(32, dtype=np.uint8) // 4, (32, 32))  # 0 to 7


def convert(source, out, *more):
    return main(["tile", "loveda", str(source), str(out), "--tile", "32", *more])


@pytest.fixture
def source(tmp_path):
    root = tmp_path / "LoveDA"
    for seed, area in enumerate(("Rural", "Urban")):
        for split in ("Train", "Val"):
            save(root / split / area / "images_png/0.png", noise(seed=seed))
            save(root / split / area / "masks_png/0.png", MASK)
        save(root / f"Test/{area}/images_png/0.png", noise(seed=seed))
    return root


def test_ids_move_down_and_zero_is_ignored(source, tmp_path):
    out = tmp_path / "o"
    assert convert(source, out) == 0
    assert splits(out) == {
        f"{split}_{area}_0": split
        for split in ("train", "val", "test")
        for area in ("rural", "urban")
    }
    for row in rows(out):
        assert row["city"] == row["scene"].split("_")[1]
        if row["split"] == "test":
            assert row["label"] is None
        else:
            assert (read(out / row["label"])[0] == np.where(MASK == 0, 255, MASK - 1)).all()
    info = read_dataset_info(out)
    assert (len(info["classes"]), info["classes"][0], info["classes"][6]) == (
        *(7, "background"),
        "agricultural",
    )
    assert (info["domain"], info["gsd"]) == ("loveda", 0.3)


def test_one_area_is_one_domain(source, tmp_path):
    assert convert(source, tmp_path / "o", "--area", "urban") == 0
    assert set(splits(tmp_path / "o")) == {"train_urban_0", "val_urban_0", "test_urban_0"}
    (row,) = rows(tmp_path / "o", split="train")
    assert (read(tmp_path / "o" / row["image"]) == noise(seed=1)).all()
    assert read_dataset_info(tmp_path / "o")["domain"] == "loveda_urban"


def test_labels_that_do_not_fit(source, tmp_path, capsys):
    save(source / "Val/Rural/masks_png/0.png", MASK + 1)
    assert convert(source, tmp_path / "o") == 1
    message = capsys.readouterr().err
    assert "unknown values: 8" in message and "Val/Rural/images_png/0.png" in message
    (source / "Val/Rural/masks_png/0.png").unlink()
    save(source / "Val/Rural/masks_png/1.png", MASK)
    assert convert(source, tmp_path / "o2") == 2
    assert "1 of 1 images have no label" in capsys.readouterr().err


def test_folders_in_lower_case(source, tmp_path):
    for folder in sorted(source.rglob("*"), reverse=True):
        if folder.is_dir():
            folder.rename(folder.with_name(folder.name.lower()))
    (source / "train/rural/masks_png").rename(source / "train/rural/Masks_PNG")
    for place, out in ((source, tmp_path / "a"), (source.parent, tmp_path / "b")):
        assert convert(place, out) == 0
        assert len(splits(out)) == 6
        assert all(row["label"] for row in rows(out) if row["split"] != "test")


def test_missing_folders_tell_the_layout(source, tmp_path, capsys):
    (source / "Train/Urban/masks_png").rename(source / "Train/Urban/masks")
    assert convert(source, tmp_path / "o") == 2
    assert "no folder `masks_png`" in capsys.readouterr().err
    assert convert(source / "Train/Urban", tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "`Train` or `Val`" in message and "Expected layout: {Train,Val,Test}" in message
