"""Images for figures: without augmentation, with the truth where there is one."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate

from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.raster.dataset.tile_files import read_label, read_tile
from mmda.registry import MODELS
from mmda.visualisation.domains import open_domain, read_shown, run_pair, spread_pairs


def test_images_are_the_files_without_augmentation(cdga_config):
    dataset = open_domain(load_config(cdga_config), "source")
    record = dataset.get_data_info(2)
    shown = read_shown(dataset, 2, "index")
    assert np.array_equal(shown.picture, read_tile(record["img_path"])[0])
    assert np.array_equal(shown.truth, read_label(record["seg_map_path"]))


@pytest.mark.parametrize(("split", "labelled"), [("train", False), ("val", True), ("test", True)])
def test_split_chooses_the_target_set(cdga_config, split, labelled):
    shown = read_shown(open_domain(load_config(cdga_config), "target", split), 0, "index")
    assert f"/{split}/" in shown.packed["data_samples"].img_path
    assert (shown.truth is not None) == labelled


def test_source_images_are_training_images_whatever_the_split(cdga_config):
    shown = read_shown(open_domain(load_config(cdga_config), "source", "test"), 0, "index")
    assert "source/train/" in shown.packed["data_samples"].img_path


def test_truth_takes_the_size_of_a_resized_image(write_config):
    resized = """
val_dataloader["dataset"]["pipeline"] = [
    dict(type="LoadTile"),
    dict(type="ResizeImage", scale=(32, 32), keep_ratio=False),
    dict(type="PackDomainInputs"),
]
"""
    text = "val_dataloader = dict(dataset=dict())\n" + resized
    shown = read_shown(open_domain(load_config(write_config(text)), "target"), 0, "index")
    assert shown.picture.shape == (32, 32, 3)
    assert shown.truth.shape == (32, 32)
    assert set(np.unique(shown.truth)) <= {0, 1}


def test_pipelines_inside_wrappers_are_plain_too(cdga_config):
    config = load_config(cdga_config)
    source = config.train_dataloader.dataset.source
    config.train_dataloader.dataset.source = dict(type="RepeatDataset", times=2, dataset=source)
    dataset = open_domain(config, "source")
    assert read_shown(dataset, len(dataset) - 1, "index").size == (64, 64)  # crops have 32


def test_missing_set_and_missing_image_are_named(write_config):
    config = load_config(write_config("train_dataloader['dataset']['target'] = None\n"))
    with pytest.raises(ConfigError, match=r"no `train_dataloader.dataset.target`"):
        open_domain(config, "target", "train")
    with pytest.raises(ConfigError, match=r"`--target-index` is 7, but .* has 4 images"):
        read_shown(open_domain(config, "target"), 7, "--target-index")


def test_pairs_are_spread_over_both_datasets(cdga_config):
    config = load_config(cdga_config)
    source, target = (open_domain(config, domain) for domain in ("source", "target"))
    found = [
        [shown.packed["data_samples"].img_path for shown in pair]
        for pair in spread_pairs(source, target, 3)
    ]
    for side, dataset in enumerate((source, target)):
        paths = [dataset.get_data_info(i)["img_path"] for i in range(len(dataset))]
        assert found[0][side] == paths[0]
        assert found[-1][side] == paths[-1]
        assert len({pair[side] for pair in found}) == 3


def test_each_domain_is_normalised_with_its_own_statistics(write_config, build_model, pair):
    text = """
model["data_preprocessor"] = dict(
    domains=dict(target=dict(mean=[10.0, 20.0, 30.0], std=[1.0, 2.0, 4.0])), size_divisor=48)
"""
    model = build_model(write_config(text))
    batches = run_pair(model, *pair)
    assert model.training
    assert not batches["source"].logits["decode"].requires_grad
    source, target = (batches[domain].images[0, :, :64, :64] for domain in ("source", "target"))
    mean = torch.tensor([123.675, 116.28, 103.53]).view(-1, 1, 1)
    assert torch.allclose(
        source * torch.tensor([58.395, 57.12, 57.375]).view(-1, 1, 1) + mean,
        pair[0].packed["inputs"].float(),
        atol=1e-3,
    )
    scale = torch.tensor([1.0, 2.0, 4.0]).view(-1, 1, 1)
    mean = torch.tensor([10.0, 20.0, 30.0]).view(-1, 1, 1)
    assert torch.allclose(target * scale + mean, pair[1].packed["inputs"].float(), atol=1e-3)
    assert batches["source"].size == (96, 96)  # padded


def test_two_classifiers_are_shown_by_their_sum_as_they_predict(cdga_config):
    config = load_config(cdga_config)
    network = config.model.segmentor
    network.update(type="TwinEncoderDecoder", auxiliary_head=copy.deepcopy(network.decode_head))
    model = MODELS.build({**config.model, "alignments": {}}).eval()
    pair = tuple(read_shown(open_domain(config, d), 0, d) for d in ("source", "target"))
    shown = run_pair(model, *pair)["target"]
    data = model.data_preprocessor(pseudo_collate([{"target": pair[1].packed}]), training=False)
    (predicted,) = model.predict(data["inputs"]["target"], data["data_samples"]["target"])
    expected = predicted.seg_logits.data.softmax(0)
    found = shown.probabilities()[0, :, : expected.shape[1], : expected.shape[2]]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
