"""GTA5: palette labels, files known to be bad, sizes."""

import numpy as np
import pytest
from converter_samples import label, noise, notes, read, rows, save, splits
from PIL import Image

from mmda.cli import main
from mmda.converters.street import STREET_CLASSES as CLASSES
from mmda.converters.street import TRAIN_IDS
from mmda.raster import read_dataset_info

HEIGHT, WIDTH = 26, 48


def ids(height=HEIGHT, width=WIDTH):
    """Every id of 0 to 34 and some that do not exist, in columns of one pixel."""
    values = [*range(35), 99, 200, 255]
    return (
        np.broadcast_to((np.arange(width) % len(values)), (height, width))
        .choose(values)
        .astype(np.uint8)
    )


def save_palette(path, indices):
    """Write a palette PNG whose colours tell nothing of the ids."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(indices, mode="P")
    image.putpalette([(value * 7 + shift) % 256 for value in range(256) for shift in (0, 90, 180)])
    image.save(path)


def write(root, *numbers, size=(HEIGHT, WIDTH), label_size=(HEIGHT, WIDTH)):
    for number in numbers:
        save(root / f"images/{number:05d}.png", noise(*size, seed=number))
        save_palette(root / f"labels/{number:05d}.png", ids(*label_size))
    return root


def convert(source, out, *more):
    return main(["tile", "gta5", str(source), str(out), *more])


def test_palette_indices_become_train_ids(tmp_path):
    source, out = write(tmp_path / "in", 1, 3, 24966), tmp_path / "o"
    assert convert(source, out) == 0
    expected = np.full((HEIGHT, WIDTH), 255, np.uint8)
    for value, target in TRAIN_IDS.items():
        expected[ids() == value] = target
    assert set(splits(out)) == {"00001", "00003", "24966"}
    for row in rows(out):
        assert (read(out / row["label"])[0] == expected).all()
        assert (read(out / row["image"]) == noise(HEIGHT, WIDTH, seed=int(row["scene"]))).all()
    info = read_dataset_info(out)
    assert (info["domain"], info["tile"], tuple(info["classes"])) == ("gta5", None, CLASSES)


def test_colour_labels_are_refused(tmp_path, capsys):
    source = write(tmp_path / "in", 1, 2)
    save(source / "labels/00002.png", noise(HEIGHT, WIDTH))
    assert convert(source, tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "labels/00002.png` of `" in message and "3 band(s) of uint8; expected 1" in message


def test_files_known_to_be_bad_are_left_out_by_name(tmp_path, capsys):
    source = write(tmp_path / "in", 1, 15188, 17705, 20850)
    write(source, 20801, 20860, label_size=(HEIGHT, WIDTH - 2))
    (source / "labels/17705.png").unlink()
    assert convert(source, tmp_path / "o") == 0
    assert set(splits(tmp_path / "o")) == {"00001", "20850"}
    assert "2 images left out (blank): 15188, 17705" in notes(tmp_path / "o")
    said = "2 images left out (label of another size): 20801, 20860"
    assert said in notes(tmp_path / "o") and said in capsys.readouterr().out


def test_another_size_elsewhere_is_an_error(tmp_path, capsys):
    source = write(tmp_path / "in", 1)
    write(source, 20800, 20861, label_size=(HEIGHT, WIDTH - 2))
    assert convert(source, tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "(2 scenes do not fit)" in message and "images/20800.png` has 48 x 26" in message


def test_validation_is_drawn_in_blocks_of_frames(tmp_path):
    source = write(tmp_path / "in", *range(194, 206), 301, 405, 512)
    assert convert(source, tmp_path / "o", "--val-fraction", "0.5", "--seed", "3") == 0
    drawn = {int(scene): split for scene, split in splits(tmp_path / "o").items()}
    assert set(drawn.values()) == {"train", "val"}
    for block in (1, 2):
        assert len({split for number, split in drawn.items() if number // 100 == block}) == 1
    assert "fraction 0.5, seed 3" in notes(tmp_path / "o")


def test_resizing_to_the_size_of_the_field(tmp_path):
    source, out = write(tmp_path / "in", 7, size=(40, 60), label_size=(40, 60)), tmp_path / "o"
    save(source / "images/00007.png", np.full((3, 40, 60), 90, np.uint8))
    wide = np.repeat(np.array([7, 11], np.uint8), 30)  # road, then building
    save_palette(source / "labels/00007.png", np.broadcast_to(wide, (40, 60)))
    assert convert(source, out, "--resize", "32x18", "--format", "png") == 0
    (row,) = rows(out)
    assert (row["height"], row["width"], row["gsd"]) == (18, 32, None)
    assert (read(out / row["image"]) == 90).all()
    assert (label(out) == np.repeat(np.array([0, 2]), 16)).all()


@pytest.mark.parametrize("size", ["1280", "0x720", "1280x", "axb"])
def test_sizes_that_are_none(tmp_path, capsys, size):
    assert convert(tmp_path, tmp_path / "o", "--resize", size) == 2
    assert "e.g. 1280x720" in capsys.readouterr().err


def test_names_and_folders(tmp_path, capsys):
    source = write(tmp_path / "in", 1)
    save(source / "images/frame.png", noise())
    assert convert(source, tmp_path / "o") == 2
    assert "1 images are not named by a number" in capsys.readouterr().err
    (source / "images/frame.png").unlink()
    (source / "labels").rename(source / "masks")
    assert convert(source, tmp_path / "o") == 2
    assert "Expected layout: images/<number>.png" in capsys.readouterr().err


def test_classes_are_those_of_the_street_dataset():
    from mmda.converters.street import STREET_PALETTE as PALETTE
    from mmda.datasets.street import StreetDataset

    assert StreetDataset.METAINFO["classes"] == CLASSES
    assert [tuple(color) for color in StreetDataset.METAINFO["palette"]] == list(PALETTE)
