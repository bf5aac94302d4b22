"""The converters of named datasets on real samples, in the folder named by MMDA_SAMPLE_DATA.

The samples are crops and mixtures, so each is first laid out as the dataset's archive is.
"""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from converter_samples import read, rows, splits

from mmda.cli import main
from mmda.converters.street import STREET_CLASSES as CLASSES
from mmda.raster import read_dataset_info

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("MMDA_SAMPLE_DATA" not in os.environ, reason="MMDA_SAMPLE_DATA is not set"),
]
DATA = Path(os.environ.get("MMDA_SAMPLE_DATA", ""))


def lay_out(sample, kind, folder, name=lambda path: path.name):
    """Copy the images or masks of a sample to ``folder``, under the archive's names."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((DATA / sample / kind).iterdir()):
        shutil.copy(path, folder / name(path))


def convert(name, source, out, *more):
    assert main(["tile", name, str(source), str(out), *more]) == 0
    return read_dataset_info(out)


def share(info, split, index):
    pixels = info["class_pixels"][split]
    return pixels[index] / sum(pixels)


def test_inria(tmp_path):
    def name(path):  # austin1_0 is a crop: number it as an image of its city
        city, crop = path.stem.split("1_")
        return f"{city}{int(crop) + 1}.tif"

    lay_out("inria_tif", "images", tmp_path / "in/train/images", name)
    lay_out("inria_tif", "masks", tmp_path / "in/train/gt", name)
    info = convert("inria", tmp_path / "in", tmp_path / "o", "--tile", "256")
    assert sum(info["splits"].values()) == 41
    for scene, split in splits(tmp_path / "o").items():
        number = int(scene.removeprefix("austin").removeprefix("chicago"))
        assert split == ("val" if number <= 5 else "train")
    assert {row["city"] for row in rows(tmp_path / "o")} == {"austin", "chicago"}
    assert 0.02 < share(info, "train", 1) < 0.6


def test_massachusetts_buildings(tmp_path):
    def name(path):
        return path.name.replace("AerialPatch", "")

    lay_out("mass_buildings_patches", "images", tmp_path / "in/train/sat", name)
    lay_out("mass_buildings_patches", "masks", tmp_path / "in/train/map", name)
    info = convert(
        *("massachusetts", tmp_path / "in", tmp_path / "o"),
        *("--task", "buildings", "--tile", "256"),
    )
    assert info["splits"] == {"train": 3}
    assert 0.02 < share(info, "train", 1) < 0.6


def test_massachusetts_roads_with_their_white_areas(tmp_path):
    lay_out("mass_roads", "images", tmp_path / "in/train/sat")
    lay_out("mass_roads", "masks", tmp_path / "in/train/map")
    arguments = ["--task", "roads", "--tile", "1500", "--min-valid", "0"]
    info = convert("massachusetts", tmp_path / "in", tmp_path / "o", *arguments)
    assert 0.02 < share(info, "train", 1) < 0.15
    for row in rows(tmp_path / "o"):
        image, label = read(tmp_path / "o" / row["image"]), read(tmp_path / "o" / row["label"])[0]
        white = (image == 255).all(axis=0)
        blank = label == 255
        assert 0.2 < blank.mean() < 0.6
        assert blank.mean() == pytest.approx(1 - row["valid_fraction"])
        assert white[blank].all()
        assert (white & ~blank).mean() < 0.01  # roofs
        mask = read(Path(row["label_source"]))[0]
        assert (mask[blank] > 0).any()  # the labels went on where the image did not
        assert (label[~blank] == (mask[~blank] > 127)).all()


def test_deepglobe(tmp_path):
    lay_out("deepglobe_roads", "images", tmp_path / "in")
    lay_out("deepglobe_roads", "masks", tmp_path / "in")
    info = convert("deepglobe", tmp_path / "in", tmp_path / "o")
    assert info["splits"] == {"train": 4, "val": 4}
    assert 0.01 < share(info, "train", 1) < 0.2


def test_cityscapes(tmp_path):
    lay_out("cityscapes", "images", tmp_path / "in/leftImg8bit/train/aachen")
    lay_out("cityscapes", "masks", tmp_path / "in/gtFine/train/aachen")
    info = convert("cityscapes", tmp_path / "in", tmp_path / "o", "--format", "png")
    assert info["splits"] == {"train": 2}
    assert share(info, "train", CLASSES.index("road")) > 0.2
    assert share(info, "train", CLASSES.index("building")) > 0.05
    for row in rows(tmp_path / "o"):
        assert (read(tmp_path / "o" / row["image"]) == read(Path(row["source"]))).all()


def test_loveda(tmp_path):
    lay_out("loveda_mmseg", "images", tmp_path / "in/Train/Rural/images_png")
    lay_out("loveda_mmseg", "masks", tmp_path / "in/Train/Rural/masks_png")
    convert("loveda", tmp_path / "in", tmp_path / "o", "--tile", "1024")
    (row,) = rows(tmp_path / "o")
    mask = read(Path(row["label_source"]))[0]
    expected = np.where(mask == 0, 255, mask - 1)
    assert (read(tmp_path / "o" / row["label"])[0] == expected).all()


def test_a_gta5_frame_without_its_label(tmp_path, capsys):
    lay_out("gta5_unlabelled", "images", tmp_path / "in/images")
    (tmp_path / "in/labels").mkdir()
    assert main(["tile", "gta5", str(tmp_path / "in"), str(tmp_path / "o")]) == 2
    assert "00373.png` -> `" in capsys.readouterr().err
