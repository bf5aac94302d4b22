"""Configs of a pair with the networks for one GPU."""

from __future__ import annotations

import json

import pytest
from engine_runs import read, train
from pair_samples import domain
from small_networks import SMALL_NETWORKS

from mmda.cli import main
from mmda.engine.launch import load_config


@pytest.mark.parametrize("network", sorted(SMALL_NETWORKS))
def test_two_iterations_with_four_bands(tmp_path, network):
    for index, name in enumerate("st"):
        domain(tmp_path, name, "train val", bands=4, east=1000 * index)
    folders = [str(tmp_path / name) for name in ("s", "t", "o")]
    assert main(["pair", *folders, "--network", network]) == 0
    path = str(tmp_path / "o/adapted.py")
    config = load_config(path)
    assert config.model.segmentor.backbone.init_cfg.type == "Pretrained"
    assert config.train_cfg.max_iters == 20_000
    assert config.optim_wrapper.precision == "bf16"
    options = {
        **SMALL_NETWORKS[network],
        "model.alignments.self_training.start": 0,
        "train_dataloader.num_workers": 0,
        "train_dataloader.persistent_workers": False,
        "train_dataloader.batch_size": 2,
        "train_cfg.max_iters": 2,
        "val_cfg": None,
        "val_dataloader": None,
        "val_evaluator": None,
        "log_level": "WARNING",
        # So few channels cannot be normalised in groups for a single tile.
        "default_hooks.selection": None,
    }
    train(path, tmp_path / "w", options)
    weights = read(tmp_path / "w", 2)["state_dict"]
    assert all(value.isfinite().all() for value in weights.values() if value.is_floating_point())
    stem = next(v for k, v in weights.items() if k.startswith("segmentor.") and v.ndim == 4)
    assert stem.shape[1] == 4


def test_images_have_the_contrast_that_the_weights_expect(tmp_path):
    for index, name in enumerate("st"):
        domain(tmp_path, name, "train val", east=1000 * index)
    folders = [str(tmp_path / name) for name in ("s", "t", "o")]
    assert main(["pair", *folders, "--network", "efficientnet-lite0"]) == 0
    config = load_config(str(tmp_path / "o/adapted.py"))
    measured = json.loads((tmp_path / "o/pair.json").read_text())["target"]["statistics"]
    assert config.model.data_preprocessor.std == pytest.approx(
        [std / 0.45 for std in measured["std"]], rel=1e-5
    )
    assert config.model.segmentor.backbone.init_cfg.checkpoint == "package://efficientnet-lite0"
    assert config.train_cfg.max_iters == 300
