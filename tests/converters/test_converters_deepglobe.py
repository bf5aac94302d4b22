"""DeepGlobe roads: masks, layouts, the drawn split and given lists."""

import numpy as np
import pytest
from converter_samples import label, noise, notes, rows, save, splits

from mmda.cli import main
from mmda.raster import read_dataset_info

IDS = ("104", "113", "2007", "88", "91", "405")


def write(folder, names=IDS, masked=True):
    for seed, name in enumerate(names):
        save(folder / f"{name}_sat.jpg", noise(seed=seed))
        if masked:
            mask = np.full((3, 32, 32), 127, np.uint8)
            mask[:, 10:20] = 128
            mask[:, 12:16] = 251
            save(folder / f"{name}_mask.png", mask)
    return folder


def convert(source, out, *more):
    return main(["tile", "deepglobe", str(source), str(out), "--tile", "32", *more])


def test_masks_are_cut_at_128_and_the_drawn_split_is_told(tmp_path, capsys):
    out = tmp_path / "o"
    assert convert(write(tmp_path / "in"), out) == 0
    expected = np.zeros((32, 32), np.uint8)
    expected[10:20] = 1
    assert set(splits(out)) == set(IDS)
    for name in IDS:
        assert (label(out, scene=name) == expected).all()
    assert set(splits(out).values()) == {"train", "val"}
    info = read_dataset_info(out)
    assert (info["domain"], info["gsd"], info["classes"]) == (
        "deepglobe",
        0.5,
        ["background", "road"],
    )
    said = "drawn by a hash of the id, val fraction 0.25, seed 0; this is not a published list"
    assert said in notes(out) and said in capsys.readouterr().out


def test_a_mask_without_roads_is_not_taken_for_one_of_0_and_1(tmp_path):
    source = write(tmp_path / "in", ["1"])
    save(source / "1_mask.png", np.ones((3, 32, 32), np.uint8))
    assert convert(source, tmp_path / "o") == 0
    assert label(tmp_path / "o").max() == 0


def test_the_draw_hangs_on_the_seed_and_on_the_id_alone(tmp_path):
    names = [str(i) for i in range(24)]
    drawn = []
    for folder, used, seed in (("a", names, "0"), ("b", names[4:], "0"), ("c", names, "1")):
        assert convert(write(tmp_path / folder, used), tmp_path / f"o{folder}", "--seed", seed) == 0
        drawn.append(splits(tmp_path / f"o{folder}"))
    assert all(drawn[0][name] == split for name, split in drawn[1].items())
    assert drawn[0] != drawn[2]
    assert convert(tmp_path / "a", tmp_path / "all", "--val-fraction", "0") == 0
    assert set(splits(tmp_path / "all").values()) == {"train"}


def test_lists_of_ids(tmp_path):
    (tmp_path / "train.txt").write_text("104\n113_sat.jpg\n\ndata/2007_mask.png 1\n")
    (tmp_path / "roads_val.txt").write_text("88\n")
    lists = [str(tmp_path / "train.txt"), str(tmp_path / "roads_val.txt")]
    assert convert(write(tmp_path / "in"), tmp_path / "o", "--split-file", *lists) == 0
    expected = {"104": "train", "113": "train", "2007": "train", "88": "val"}
    assert splits(tmp_path / "o") == expected
    assert "2 images in none of them" in notes(tmp_path / "o")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("val.txt", "104\n7\n8\n", "2 of 3 ids in the split lists have no image with a mask"),
        ("list.txt", "104\n", "with one of train, val or test in its name"),
        ("gone_val.txt", None, "gone_val.txt` is no split list"),
    ],
)
def test_lists_that_do_not_fit(tmp_path, capsys, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    source = write(tmp_path / "in")
    assert convert(source, tmp_path / "o", "--split-file", str(tmp_path / name)) == 2
    assert message in capsys.readouterr().err


def test_an_id_in_two_lists_is_refused(tmp_path, capsys):
    for name in ("train.txt", "val.txt"):
        (tmp_path / name).write_text("104\n")
    lists = [str(tmp_path / "train.txt"), str(tmp_path / "val.txt")]
    assert convert(write(tmp_path / "in"), tmp_path / "o", "--split-file", *lists) == 2
    assert "`104` is in the lists of train and val" in capsys.readouterr().err


def test_official_folders_without_masks_are_an_unlabelled_test(tmp_path):
    write(tmp_path / "in/train")
    write(tmp_path / "in/valid", ["900"], masked=False)
    write(tmp_path / "in/test", ["901"], masked=False)
    assert convert(tmp_path / "in", tmp_path / "o") == 0
    bare = rows(tmp_path / "o", split="test")
    assert {(row["scene"], row["label"]) for row in bare} == {("900", None), ("901", None)}
    assert "2 images of the official valid and test sets have no masks" in notes(tmp_path / "o")


@pytest.mark.parametrize("inner", ["DeepGlobe", "DeepGlobe/Train"])
def test_the_folder_above_will_do(tmp_path, inner):
    write(tmp_path / "in" / inner)
    assert convert(tmp_path / "in", tmp_path / "o") == 0
    assert set(splits(tmp_path / "o")) == set(IDS)


def test_masks_in_the_folders_make_them_the_splits(tmp_path):
    for folder, name in (("train", "1"), ("valid", "2"), ("test", "3")):
        write(tmp_path / "in" / folder, [name])
    assert convert(tmp_path / "in", tmp_path / "o") == 0
    assert splits(tmp_path / "o") == {"1": "train", "2": "val", "3": "test"}
    assert "by the folders" in notes(tmp_path / "o")


def test_missing_masks_are_named_or_left_out_on_demand(tmp_path, capsys):
    source = write(tmp_path / "in")
    for name in ("88", "91"):
        (source / f"{name}_mask.png").unlink()
    assert convert(source, tmp_path / "o") == 2
    message = capsys.readouterr().err
    assert "2 of 6 images have no label" in message
    assert "88_sat.jpg` -> `" in message and "88_mask.png`" in message
    assert convert(source, tmp_path / "o", "--skip-unlabelled") == 0
    assert set(splits(tmp_path / "o")) == set(IDS) - {"88", "91"}
    assert "2 images without a mask left out" in notes(tmp_path / "o")


def test_other_layouts_are_refused(tmp_path, capsys):
    save(tmp_path / "in/images/1.jpg", noise())
    assert convert(tmp_path / "in", tmp_path / "o") == 2
    assert "Expected layout: <id>_sat.jpg beside <id>_mask.png" in capsys.readouterr().err
    save(tmp_path / "in/train/1.jpg", noise())
    assert convert(tmp_path / "in", tmp_path / "o") == 2
    assert "holds no *_sat.jpg" in capsys.readouterr().err
