"""The memory of a training iteration, and the switches that save it."""

from __future__ import annotations

import json

import pytest
from core_samples import ADAPTED, TRAINING
from mmengine.config import Config

from mmda.cli import main
from mmda.engine.image_sizes import image_sizes
from mmda.engine.memory_switches import GIB, count_settings, recommended
from mmda.engine.training_memory import TrainingMemory, training_memory

SIZE = (512, 512)


def test_sizes_come_from_the_transforms():
    resized = dict(pipeline=[dict(type="LoadTile"), dict(type="Resize", scale=(1280, 720))])
    cropped = dict(pipeline=[dict(type="RandomCrop", crop_size=(96, 128))])
    joined = dict(type="ConcatDataset", datasets=[resized, resized])
    cases = {"source": joined, "target": cropped}
    config = Config(dict(train_dataloader=dict(dataset=cases)))
    assert image_sizes(config, SIZE) == {"source": (720, 1280), "target": (96, 128)}
    plain = Config(dict(train_dataloader=dict(dataset=dict(source=dict(pipeline=[]), target=None))))
    assert image_sizes(plain, SIZE) == {"source": SIZE}


def test_it_grows_with_the_pixels_and_the_switches_save_it(write_config, tmp_path, capsys):
    config = write_config(ADAPTED, base=TRAINING)
    large = {f"train_dataloader.dataset.{name}.pipeline": [] for name in ("source", "target")}
    one, half = (training_memory(config, large, SIZE, shrink) for shrink in (4, 2))
    assert one.activations == pytest.approx(half.activations, rel=0.05)
    assert one.fixed == half.fixed
    out = tmp_path / "memory.json"
    options = ["--cfg-options", "train_dataloader.batch_size=1"]
    assert main(["complexity", config, "--memory", "--out", str(out), *options]) == 0
    counts = json.loads(out.read_text())["memory"][config]
    assert list(counts) == ["plain", "sequential", "with_cp", "both"]
    saved = {name: count["activations"] for name, count in counts.items()}
    assert saved["plain"] > saved["with_cp"] > saved["both"]
    assert "for 11 GiB" in capsys.readouterr().out


def test_the_fastest_setting_that_fits_is_recommended():
    gib = {"plain": 13.0, "sequential": 7.0, "with_cp": 6.0, "both": 4.0}
    counts = {name: TrainingMemory(0, int(value * GIB)) for name, value in gib.items()}
    found = [recommended(counts, card) for card in (16, 11, 7.5, 5, 4)]
    assert found == ["plain", "sequential", "with_cp", "both", None]


def test_counting_ends_at_the_first_setting_that_fits(write_config):
    assert list(count_settings(write_config(ADAPTED, base=TRAINING), card=80)) == ["plain"]
