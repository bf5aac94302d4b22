"""Bad input through the commands that a user types: one message, exit code 2, no traceback.

A damaged scene among good ones costs that scene alone: the rest is converted, exit code 1.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
import torch

import mmda.utils.files
from mmda.cli import main
from mmda.raster import read_manifest

NAMES = ["--task", "buildings", "--classes", "background", "building", "--domain", "source"]


@pytest.fixture
def folders(tmp_path):
    """Folders ``images`` and ``masks`` (0/255) of three pictures."""
    rng = np.random.default_rng(0)
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    for index in range(3):
        cv2.imwrite(
            str(tmp_path / f"images/{index}.tif"), rng.integers(0, 255, (64, 64, 3), np.uint8)
        )
        mask = 255 * rng.integers(0, 2, (64, 64)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"masks/{index}.png"), mask)
    return tmp_path


def tile(folders, *options, decode="binary"):
    paths = [str(folders / "images"), str(folders / "out"), "--masks", str(folders / "masks")]
    return main(["tile", "folder", *paths, "--decode", decode, *NAMES, *options])


def refused(code, capsys, *fragments, expected=2):
    """Check for the exit code and one message that holds all fragments; return it."""
    error = capsys.readouterr().err
    assert code == expected
    assert error.count("error: ") == 1
    message = error[error.index("error: ") :]
    assert "Traceback" not in message
    for fragment in fragments:
        assert fragment in message
    return message


def break_folder(folders, fault):
    if fault == "missing folder":
        shutil.rmtree(folders / "images")
        return "images` does not exist", "Correct the path"
    if fault == "empty folder":
        shutil.rmtree(folders / "images")
        (folders / "images").mkdir()
        return "images` holds no rasters", "Give the folder"
    if fault == "no label":
        (folders / "masks/1.png").unlink()
        return "1 of 3 images have no label", "images/1.tif", "Add the labels"
    cv2.imwrite(str(folders / "masks/1.png"), np.zeros((64, 50), np.uint8))
    return "images/1.tif` has 64 x 64", "masks/1.png` has 50 x 64"


@pytest.mark.parametrize("fault", ["missing folder", "empty folder", "no label", "other size"])
def test_tile_refuses_bad_folders(folders, capsys, fault):
    fragments = break_folder(folders, fault)
    refused(tile(folders), capsys, *fragments)
    assert not (folders / "out").exists()


def damaged_alone(folders, code, capsys, *fragments):
    """Check that scene 1 is named and the two others are converted."""
    refused(code, capsys, "1 of 3 scenes", *fragments, expected=1)
    assert {row["scene"] for row in read_manifest(folders / "out")} == {"0", "2"}


def test_tile_names_a_truncated_image_and_converts_the_rest(folders, capsys):
    path = folders / "images/1.tif"
    path.write_bytes(path.read_bytes()[:200])
    damaged_alone(folders, tile(folders), capsys, "images/1.tif", "copy it again")


def test_tile_names_label_values_out_of_range_and_converts_the_rest(folders, capsys):
    for index in range(3):
        value = 7 if index == 1 else 1
        cv2.imwrite(str(folders / f"masks/{index}.png"), np.full((64, 64), value, np.uint8))
    code = tile(folders, decode="ids")
    damaged_alone(folders, code, capsys, "masks/1.png", "7 (4096 pixels)", "1 = building")


def test_tile_refuses_resampling_without_a_scale(folders, capsys):
    refused(tile(folders, "--gsd", "0.5"), capsys, "it has no CRS", "--nominal-gsd")
    assert not (folders / "out").exists()


def test_tile_refuses_a_full_disk(folders, capsys, monkeypatch):
    usage = shutil.disk_usage(folders)._replace(free=1000)
    monkeypatch.setattr(mmda.utils.files.shutil, "disk_usage", lambda _: usage)
    refused(tile(folders), capsys, "Not enough disk space", "MiB are needed")
    assert not (folders / "out").exists()


def test_masks_of_0_and_255_read_as_ids_do_not_reach_training(
    folders, capsys, monkeypatch, write_config
):
    assert tile(folders, decode="ids") == 0
    assert "--decode binary" in capsys.readouterr().err
    config = write_config(
        f'train_dataloader["dataset"]["source"]["data_root"] = "{folders / "out"}"\n'
    )
    code = main(["train", config, "--work-dir", str(folders / "work")])
    refused(code, capsys, str(folders / "out"), "no class but `background`", "--decode binary")
    assert not (folders / "work").exists()


FAULTY_RUNS = [
    (["train_cfg.max_iter=2"], "`max_iter`. Did you mean `max_iters`?"),
    (["train_dataloder.batch_size=2"], "Did you mean `train_dataloader`?"),
    (["model.alignments.a.type=SelfTrainig"], "`SelfTrainig`. Did you mean `SelfTraining`?"),
    (["train_dataloader.dataset.source.data_root=/no/where"], "`/no/where/dataset.json`"),
    (["train_dataloader.dataset.source.split=test"], "no tiles in split `test`"),
    (["model.segmentor.decode_head.num_classes=5"], "has 2 classes"),
    (["model.data_preprocessor.mean=[1,2,3,4]"], "has 3 bands"),
    (["train_dataloader.dataset.source.pipeline=[L,o]"], "pipeline[0]: expected a transform"),
    (["load_from=no.pth"], "checkpoint `no.pth` does not exist"),
]


@pytest.mark.parametrize(("options", "fragment"), FAULTY_RUNS, ids=[o[0] for o, _ in FAULTY_RUNS])
def test_train_refuses_before_it_starts(write_config, tmp_path, capsys, options, fragment):
    work_dir = tmp_path / "work"
    command = ["train", write_config(), "--work-dir", str(work_dir), "--cfg-options", *options]
    refused(main(command), capsys, fragment)
    assert not work_dir.exists()


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("model = (", "SyntaxError"),
        ("x = 1 / 0", "ZeroDivisionError"),
        ("", "has no `model`"),
        ("model = dict(type=3)", "`3`"),
        ("_base_ = 'missing.py'", "missing.py"),
    ],
)
def test_train_refuses_faulty_config_files(tmp_path, capsys, text, fragment):
    (tmp_path / "config.py").write_text(text)
    refused(main(["train", str(tmp_path / "config.py")]), capsys, fragment)


def test_train_refuses_domains_that_differ_in_class_names(
    write_config, toy_root, tmp_path, capsys, monkeypatch
):
    other = tmp_path / "other"
    shutil.copytree(toy_root / "buildings" / "target", other)
    info = json.loads((other / "dataset.json").read_text())
    info["classes"][1] = "road"
    (other / "dataset.json").write_text(json.dumps(info))
    config = write_config(f'train_dataloader["dataset"]["target"]["data_root"] = "{other}"\n')
    refused(main(["train", config]), capsys, "'building'", "'road'", "must agree")


def test_train_refuses_a_damaged_tile(write_config, toy_root, tmp_path, capsys):
    copy = tmp_path / "source"
    shutil.copytree(toy_root / "buildings" / "source", copy)
    tile_path = copy / read_manifest(copy, "train")[0]["image"]
    tile_path.write_bytes(tile_path.read_bytes()[:100])
    config = write_config(f'train_dataloader["dataset"]["source"]["data_root"] = "{copy}"\n')
    refused(main(["train", config]), capsys, str(tile_path), "100 bytes")


def test_malformed_override_is_a_usage_error(write_config, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", write_config(), "--cfg-options", "max_iters"])
    assert stop.value.code == 2
    assert "KEY=VALUE" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_test_refuses_what_is_no_checkpoint(write_config, tmp_path, capsys, content):
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": {"x": torch.zeros(1)}}, path)
    if content is not None:
        path.write_bytes(content)
    work_dir = ["--work-dir", str(tmp_path / "work")]
    refused(main(["test", write_config(), str(path), *work_dir]), capsys, str(path))


def test_tile_interrupted_by_ctrl_c_leaves_no_dataset_and_goes_on(folders):
    command = ["tile", "folder", str(folders / "images"), str(folders / "out"), *NAMES]
    command += ["--tile", "16", "--stride", "1", "--min-valid", "0"]
    start = [sys.executable, "-c", RESTORE_SIGINT, "-m", "mmda"]
    process = subprocess.Popen([*start, *command], stderr=subprocess.PIPE, text=True)
    while not list((folders / "out/train/images").glob("[0-9]*")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=120)[1]
    assert process.returncode == 130
    assert error.rstrip().endswith("interrupted")
    assert not (folders / "out/dataset.json").exists()
    assert not list(folders.rglob(".*.tmp-*"))
    assert main(command) == 0
    assert len(read_manifest(folders / "out")) == 3 * 49 * 49


# A shell starts background jobs with Ctrl-C ignored, and so do some test runners.
RESTORE_SIGINT = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL);"
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
