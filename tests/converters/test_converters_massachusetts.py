"""Massachusetts: encodings of the masks, white areas, mirrors."""

import numpy as np
import pytest
from converter_samples import box, label, noise, notes, read, rows, save, splits

from mmda.cli import main
from mmda.raster import read_dataset_info
from mmda.raster.io.blank import find_blank

SIZE = 64
RED = np.stack([box(value=255), 0 * box(), 0 * box()])
ENCODINGS = {"red": RED, "zero-one": box(), "white": np.stack([box(value=255)] * 3)}


def convert(source, out, *more, task="buildings"):
    arguments = [str(source), str(out), "--task", task, "--tile", "64", "--min-valid", "0", *more]
    return main(["tile", "massachusetts", *arguments])


def write(root, mask=None, image=None, folders=("train/sat", "train/map"), stem="22678915_15"):
    image = noise() if image is None else image
    mask = box(value=255) if mask is None else mask
    size = {"image": ".tiff", "mask": ".tif"}
    save(root / folders[0] / (stem + size["image"]), image)
    save(root / folders[1] / (stem + size["mask"]), mask)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_of_the_buildings(tmp_path, encoding):
    for stem, folder in (("1_15", "train"), ("2_15", "valid"), ("3_15", "test")):
        folders = (f"{folder}/sat", f"{folder}/map")
        write(tmp_path / "in", ENCODINGS[encoding], stem=stem, folders=folders)
    assert convert(tmp_path / "in", tmp_path / "o", "--tile", "32") == 0
    assert splits(tmp_path / "o") == {"1_15": "train", "2_15": "val", "3_15": "test"}
    for scene in ("1_15", "2_15", "3_15"):
        assert (label(tmp_path / "o", scene=scene) == box()).all()
    info = read_dataset_info(tmp_path / "o")
    assert (info["domain"], info["gsd"]) == ("massachusetts_buildings", 1.0)


def test_grey_edges_are_cut_in_the_middle(tmp_path):
    mask = box(value=255)
    mask[0, :2] = 127, 128
    write(tmp_path / "in", mask)
    assert convert(tmp_path / "in", tmp_path / "o", "--tile", "32") == 0
    assert label(tmp_path / "o")[0, :2].tolist() == [0, 1]


def test_encodings_are_told_apart_per_file(tmp_path):
    for stem, mask in ENCODINGS.items():
        write(tmp_path / "in", mask, stem=stem)
    assert convert(tmp_path / "in", tmp_path / "o", "--tile", "32") == 0
    for scene in ENCODINGS:
        assert (label(tmp_path / "o", scene=scene) == box()).all()
    assert "no folder of the split val, test" in notes(tmp_path / "o")


def test_a_split_without_buildings_is_refused(tmp_path, capsys):
    write(tmp_path / "in")
    # What a grey reading makes of (255, 0, 0).
    write(tmp_path / "in", box(value=76), folders=("test/sat", "test/map"))
    assert convert(tmp_path / "in", tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "split `test` has no building" in message and "[0, 76]" in message
    assert not (tmp_path / "o").exists()
    assert convert(tmp_path / "in", tmp_path / "o", "--splits", "train") == 0


def test_an_image_without_buildings_is_fine_in_a_split_that_has_some(tmp_path):
    write(tmp_path / "in", box(value=0), stem="a")
    write(tmp_path / "in", stem="b")
    assert convert(tmp_path / "in", tmp_path / "o", "--tile", "32") == 0
    assert label(tmp_path / "o", scene="a").max() == 0


def blank_scene():
    """White: 40 x 25 = 1000 connected pixels, a roof of 999, and a diagonal of single ones."""
    image = noise(SIZE, SIZE)
    image[:, :40, :25] = 255
    image[:, 10:37, 27:64] = 255  # 27 x 37 = 999
    image[:2, 41:] = 255  # large, but not white: the third band differs
    image[:, np.arange(42, 60), np.arange(42, 60)] = 255
    blank = np.zeros((SIZE, SIZE), bool)
    blank[:40, :25] = True
    return image, blank


def test_areas_that_touch_at_a_corner_are_two():
    image = noise(60, 60)
    image[:, :25, :25] = 255
    image[:, 25:50, 25:50] = 255
    assert find_blank(image, 626) is None
    assert find_blank(image, 625).sum() == 1250


@pytest.mark.parametrize("task", ["roads", "buildings"])
def test_large_white_areas_are_no_data_and_specks_are_not(tmp_path, task):
    image, blank = blank_scene()
    write(tmp_path / "in", np.full((SIZE, SIZE), 255, np.uint8), image)
    out = tmp_path / "o"
    assert convert(tmp_path / "in", out, task=task) == 0
    (row,) = rows(out)
    assert (label(out) == np.where(blank, 255, 1)).all()
    assert row["valid_fraction"] == 1 - blank.mean()
    assert (read(out / row["image"]) == image).all()  # nothing is painted over
    assert read_dataset_info(out)["domain"] == f"massachusetts_{task}"


def test_white_areas_are_found_in_the_whole_scene_before_it_is_tiled(tmp_path):
    image, blank = blank_scene()
    write(tmp_path / "in", np.full((SIZE, SIZE), 255, np.uint8), image)
    assert convert(tmp_path / "in", tmp_path / "o", "--tile", "16", task="roads") == 0
    whole = np.full((SIZE, SIZE), 255, np.uint8)
    for row in rows(tmp_path / "o"):  # wholly blank tiles are left out
        box = np.s_[row["row"] : row["row"] + 16, row["col"] : row["col"] + 16]
        whole[box] = read(tmp_path / "o" / row["label"])[0]
    assert (whole == np.where(blank, 255, 1)).all()


def test_white_areas_do_not_bleed_when_shrinking(tmp_path):
    image, _ = blank_scene()
    image[:, :40, 25] = 100
    write(tmp_path / "in", np.full((SIZE, SIZE), 255, np.uint8), image)
    assert convert(tmp_path / "in", tmp_path / "o", "--tile", "32", "--gsd", "2", task="roads") == 0
    (row,) = rows(tmp_path / "o")
    assert (row["gsd"], row["height"]) == (2.0, 32)
    # Column 12 of the shrunken scene is half white and half grey: the grey alone counts.
    assert (read(tmp_path / "o" / row["image"])[:, :20, 12] == 100).all()
    ids = label(tmp_path / "o")
    assert (ids[:20, :12] == 255).all() and (ids[:, 13:] == 1).all()


@pytest.mark.parametrize(("area", "ignored"), [("0", 0), ("1001", 0), ("1000", 1000)])
def test_the_smallest_white_area_can_be_chosen(tmp_path, area, ignored):
    image, _ = blank_scene()
    write(tmp_path / "in", np.full((SIZE, SIZE), 255, np.uint8), image)
    assert convert(tmp_path / "in", tmp_path / "o", "--white-area", area, task="roads") == 0
    assert (label(tmp_path / "o") == 255).sum() == ignored


def test_tiles_that_are_mostly_white_are_dropped_and_counted(tmp_path, capsys):
    image = noise(SIZE, SIZE)
    image[:, :, :40] = 255
    write(tmp_path / "in", np.full((SIZE, SIZE), 255, np.uint8), image, stem="a")
    write(tmp_path / "in", stem="b")
    assert convert(tmp_path / "in", tmp_path / "o", "--min-valid", "0.5", task="roads") == 0
    assert set(splits(tmp_path / "o")) == {"b"}
    assert "1 dropped as invalid" in capsys.readouterr().out


@pytest.mark.parametrize(
    "folders",
    [
        ("png/{}", "png/{}_labels"),
        ("tiff/{}", "tiff/{}_labels"),
        ("{}/sat", "{}/map"),
    ],
)
def test_mirrors(tmp_path, folders):
    for name in ("train", "val"):
        pair = tuple(folder.format(name) for folder in folders)
        write(tmp_path / "in", folders=pair, stem=name)
    assert convert(tmp_path / "in", tmp_path / "o", task="roads") == 0
    assert splits(tmp_path / "o") == {"train": "train", "val": "val"}


@pytest.mark.parametrize(
    "folders", [("Train/SAT", "Train/MAP"), ("TIFF/train", "TIFF/train_labels")]
)
def test_the_folder_above_will_do(tmp_path, folders):
    write(tmp_path / "in/Massachusetts", folders=folders)
    assert convert(tmp_path / "in", tmp_path / "o", task="roads") == 0
    assert set(splits(tmp_path / "o").values()) == {"train"}


def test_other_layouts_are_refused(tmp_path, capsys):
    write(tmp_path / "in", folders=("train/sat", "train/other"))
    assert convert(tmp_path / "in", tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "`train/map`" in message and "Expected layout: train/sat and train/map" in message
    (tmp_path / "in/train").rename(tmp_path / "in/images")
    assert convert(tmp_path / "in", tmp_path / "o") == 2
    assert "it holds images. Expected layout" in capsys.readouterr().err


def test_the_task_must_be_given(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["tile", "massachusetts", str(tmp_path), str(tmp_path / "o")])
    assert "--task" in capsys.readouterr().err
