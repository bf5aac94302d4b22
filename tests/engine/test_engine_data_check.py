"""Data that do not fit, refused before training with one line, through ``mmda train``."""

from __future__ import annotations

import json
import shutil

import pytest
from core_samples import ADAPTED

from mmda.cli import main
from mmda.engine.launch import build_runner, load_config, prepare
from mmda.raster.dataset.manifest import read_manifest, write_manifest


@pytest.fixture
def data(toy_root, tmp_path, monkeypatch):
    root = shutil.copytree(toy_root, tmp_path / "data")
    return root / "buildings"


@pytest.fixture
def refused(data, write_config, monkeypatch, tmp_path, capsys):
    """Return a function that runs ``mmda train`` and gives the one line it refuses with."""

    def run(text: str = "", *options: str) -> str:
        path = write_config(ADAPTED + text)
        monkeypatch.setenv("MMDA_TOY_ROOT", str(data))
        argv = ["train", path, "--work-dir", str(tmp_path / "work")]
        assert main([*argv, *(("--cfg-options", *options) if options else ())]) == 2
        lines = capsys.readouterr().err.splitlines()
        errors = [line for line in lines if line.startswith("error: ")]
        assert len(errors) == 1
        assert lines[-1] == errors[0]
        assert not list(tmp_path.glob("work/*.pth"))
        return errors[0]

    return run


def change_info(root, **values) -> None:
    path = root / "dataset.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def change_rows(root, change) -> None:
    rows = read_manifest(root)
    for row in rows:
        change(row)
    write_manifest(root, rows)


def first(root, split: str, kind: str = "image"):
    return root / read_manifest(root, split)[0][kind]


@pytest.mark.parametrize("domain", ["source", "target"])
def test_missing_folder(data, refused, domain):
    shutil.rmtree(data / domain)
    error = refused()
    assert f"{domain}/dataset.json` does not exist" in error
    assert "mmda tile" in error


@pytest.mark.parametrize(
    ("domain", "split", "kind"),
    [("source", "train", "image"), ("source", "train", "label"), ("target", "train", "image"),
     ("target", "val", "label")],
)  # fmt: skip
@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_missing_and_truncated_files(data, refused, domain, split, kind, damage):
    path = first(data / domain, split, kind)
    size = path.stat().st_size
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-10])
    error = refused()
    expected = "is missing" if damage == "missing" else f"has {size - 10} bytes, not {size}"
    assert f"`{path}` {expected}" in error
    assert "--overwrite" in error


def test_many_faults_are_counted(data, refused):
    for row in read_manifest(data / "source", "train"):
        (data / "source" / row["image"]).unlink()
    error = refused()
    assert error.count("is missing") == 5
    assert "and 3 more" in error


def test_labels_of_the_target_are_not_needed(data, write_config, monkeypatch, tmp_path):
    """The target's training labels may be absent: they are never read."""
    for row in read_manifest(data / "target", "train"):
        (data / "target" / row["label"]).unlink()
    path = write_config(ADAPTED)
    monkeypatch.setenv("MMDA_TOY_ROOT", str(data))
    work = str(tmp_path / "work")
    assert main(["train", path, "--work-dir", work, "--cfg-options", "train_cfg.max_iters=1"]) == 0


def test_empty_split(data, refused):
    error = refused(
        "", "train_dataloader.dataset.target.split=test", "val_dataloader.dataset.split=x"
    )
    assert "val_dataloader" in error
    assert "no tiles in split `x`" in error
    assert "'train': 4" in error


def test_band_count(data, refused):
    error = refused(
        "", "model.data_preprocessor.mean=[1,2,3,4]", "model.data_preprocessor.std=[1,1,1,1]"
    )
    assert "has 3 bands" in error
    assert "has 4 means" in error
    assert "in_channels" in error


def test_class_count(data, refused):
    error = refused("", "model.segmentor.decode_head.num_classes=5")
    assert "has 2 classes ['background', 'building']" in error
    assert "num_classes=5" in error


def test_label_id_out_of_range(data, refused):
    def change(row):
        row["class_pixels"] = [*row["class_pixels"], 0, 0, 17]

    change_rows(data / "source", change)
    error = refused()
    assert "has the class id 4; expected 0..1 or 255 = ignore" in error
    assert "source/train/labels/" in error


def test_nothing_but_ignore(data, refused):
    change_rows(data / "source", lambda row: row.update(class_pixels=[0, 0]))
    assert "255 = ignore" in refused()


def test_unlabelled_source(data, refused):
    change_rows(data / "source", lambda row: row.update(label=None, class_pixels=None))
    error = refused()
    assert "label" in error
    assert "labelled=False" in error or "--overwrite" in error
    assert str(data / "source") in error


def test_a_target_less_config_for_an_adapting_model(data, refused):
    assert "need the target domain" in refused('train_dataloader["dataset"]["target"] = None\n')


@pytest.fixture
def warned(data, write_config, monkeypatch, tmp_path):
    """Return a function that builds a run and gives what its log says of the data."""

    def run(text: str = "") -> str:
        path = write_config(ADAPTED + text)
        monkeypatch.setenv("MMDA_TOY_ROOT", str(data))
        build_runner(prepare(load_config(path), tmp_path / "work"))
        (log,) = (tmp_path / "work").glob("*/*.log")
        return log.read_text()

    return run


def test_sound_data_give_no_warning(warned):
    log = warned()
    assert "cannot be learnt" not in log
    assert "normalises by" not in log


def test_a_class_without_labels_is_told_before_training(data, warned):
    for domain in ("source", "target"):
        info = json.loads((data / domain / "dataset.json").read_text())
        change_info(
            data / domain,
            classes=[*info["classes"], "pond"],
            palette=[*info["palette"], [0, 0, 255]],
        )
        change_rows(data / domain, lambda row: row["class_pixels"].append(0))
    log = warned('model["segmentor"]["decode_head"]["num_classes"] = 3\n' + THREE)
    assert f"`{data / 'source'}`: `pond`: no pixel in the labels of the split `train`" in log
    assert log.count("cannot be learnt") == 1


THREE = 'model["alignments"]["adversarial"]["num_classes"] = 3\n'


@pytest.mark.parametrize(
    ("factor", "warns"), [(1.0, False), (2.0, False), (1 / 255, True), (257.0, True), (16.0, True)]
)
@pytest.mark.parametrize("domain", ["source", "target"])
def test_values_of_another_scale_are_told(data, warned, factor, warns, domain):
    info = json.loads((data / domain / "dataset.json").read_text())
    statistics = {k: [v * factor for v in values] for k, values in info["statistics"].items()}
    change_info(data / domain, statistics=statistics)
    log = warned()
    assert (f"`{data / domain}` holds uint8 values with the mean" in log) is warns


def test_looks_that_are_matched_are_not_compared(data, warned):
    info = json.loads((data / "source/dataset.json").read_text())
    statistics = {k: [v * 16 for v in values] for k, values in info["statistics"].items()}
    change_info(data / "source", statistics=statistics)
    match = """
train_dataloader["dataset"]["source"]["pipeline"] = [
    augment[0],
    dict(type="MatchTile", target=f"{SOURCE}", method="fda"),
    *augment[1:],
]
""".replace("{SOURCE}", str(data / "target"))
    assert "normalises by" not in warned(match)
