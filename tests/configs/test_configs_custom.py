"""Configs for your own data: what they share, and that they train on tiled data as they are."""

from __future__ import annotations

import pytest
import torch
from config_samples import CONFIGS, load
from engine_runs import read, train
from mmengine.config import Config
from mmengine.registry import init_default_scope
from small_networks import SMALL_NETWORKS

from mmda.engine.inference import build_model
from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.registry import DATASETS

CUSTOM = sorted((CONFIGS / "custom").glob("*.py"))
ON_GPU = [path for path in CUSTOM if path.stem.endswith(tuple(SMALL_NETWORKS))]
PLAIN = ("source_only", "adapted")
BASELINES = [path for path in CUSTOM if path not in ON_GPU and path.stem not in PLAIN]
ADAPTED = [CONFIGS / "toy/adapted.py", *(path for path in CUSTOM if "adapted" in path.stem)]
RECIPE = Config.fromfile(CONFIGS / "_base_/recipes/adapted.py")
SHORT = {
    "train_dataloader.num_workers": 0,
    "train_dataloader.persistent_workers": False,
    "train_dataloader.batch_size": 2,
    "train_cfg.max_iters": 1,
    "log_level": "WARNING",
}


def steps(config, domain):
    return config.train_dataloader.dataset[domain].pipeline


def test_there_are_two_networks_for_a_gpu_and_one_for_a_cpu():
    assert {path.stem.removeprefix("adapted").strip("_") for path in ADAPTED} == {
        "",
        *SMALL_NETWORKS,
    }
    assert len(ON_GPU) == 4
    assert len(CUSTOM) == 6 + len(BASELINES)


def test_baselines_train_on_the_source_alone_with_one_network(toy_root, monkeypatch):
    for domain in ("source", "target"):
        monkeypatch.setenv(f"MMDA_{domain.upper()}", str(toy_root / "buildings" / domain))
    monkeypatch.setenv("MMDA_CROP", "48")
    init_default_scope("mmda")
    found = {}
    for path in BASELINES:
        config = load_config(path)
        assert config.model.segmentor == load(CONFIGS / "custom/adabn.py").model.segmentor, path
        if path.stem == "source_free":
            assert config.train_dataloader.dataset.source is None
            continue
        assert config.train_dataloader.dataset.target is None
        dataset = DATASETS.build(config.train_dataloader.dataset)
        image = dataset[0]["source"]["inputs"]
        assert image.shape == (3, 48, 48), path
        found[path.stem] = {step.type for step in steps(config, "source")}
    assert len(found) == len(BASELINES) - 1
    strong = {"MatchScale", "RadiometricJitter"}
    assert {name for name, kinds in found.items() if strong <= kinds} == {
        "adabn_strong",
        "source_only_strong",
        "source_only_restyled_strong",
    }


def test_source_free_trains_from_a_checkpoint(toy_root, tmp_path, monkeypatch):
    monkeypatch.setenv("MMDA_TARGET", str(toy_root / "buildings" / "target"))
    monkeypatch.setenv("MMDA_SOURCE", str(tmp_path / "no source"))
    monkeypatch.setenv("MMDA_CROP", "48")
    config, start = CONFIGS / "custom/source_free.py", tmp_path / "start.pth"
    monkeypatch.setenv("MMDA_CHECKPOINT", str(start))
    with pytest.raises(ConfigError, match=r"start\.pth` does not exist"):
        train(str(config), tmp_path / "none", SHORT)
    torch.save({"state_dict": build_model(config).state_dict()}, start)
    train(str(config), tmp_path / "run", SHORT)
    weights = read(tmp_path / "run", 1)["state_dict"].values()
    assert all(v.isfinite().all() for v in weights if v.is_floating_point())


def test_all_adapted_configs_follow_one_recipe():
    for path in ADAPTED:
        config = load(path)
        model = RECIPE.adapted_model_20k if path in ON_GPU else RECIPE.adapted_model
        assert {key: config.model[key] for key in model} == model, path
        source, target = steps(config, "source"), steps(config, "target")
        own = {"prob": 0.5} if path.parent.name == "toy" else {}
        roots = {"source": config.source_root, "target": config.target_root}
        assert source[1] == {**RECIPE.match, **roots, **own}, path
        (crop,) = [step.crop_size[0] for step in source if step.type == "RandomCrop"]
        assert source[2] == {**RECIPE.scale, **roots, "min_size": crop}, path
        kinds = ["LoadTile", "RandomCrop", "RandomFlip", "RandomRotate90"]
        kinds += ["RadiometricJitter", "PackDomainInputs"]
        added = {"MatchDomain", "MatchScale", "KeepWeakView"}
        assert [step.type for step in source if step.type not in added] == kinds, path
        assert [step.type for step in target if step.type not in added] == kinds, path
        assert target[-3] == RECIPE.weak_view, path
        assert source[-2] == target[-2] == {**RECIPE.jitter, **roots}, path


def test_configs_for_a_gpu_are_no_toys():
    for path in ON_GPU:
        config = load(path)
        assert config.model.segmentor.backbone.init_cfg.type == "Pretrained", path
        assert config.train_cfg.max_iters == 20_000, path
        assert config.optim_wrapper.precision == "bf16", path
        crops = [step.crop_size for step in steps(config, "source") if step.type == "RandomCrop"]
        assert crops == [(512, 512)], path


def test_no_layer_mixes_the_domains():
    for path in ON_GPU:
        segmentor = load(path).model.segmentor
        assert segmentor.backbone.get("norm_eval", True) is True, path  # else layer norm
        heads = [segmentor.decode_head, segmentor.get("auxiliary_head") or {}]
        assert {head.get("norm_cfg", {}).get("type", "GN") for head in heads} == {"GN"}, path


@pytest.mark.parametrize("name", ["", *SMALL_NETWORKS])
def test_one_iteration_on_tiled_data(name, toy_root, tmp_path, monkeypatch):
    """The network made small, without its weights; all else as the files have it."""
    for domain in ("source", "target"):
        monkeypatch.setenv(f"MMDA_{domain.upper()}", str(toy_root / "buildings" / domain))
    monkeypatch.setenv("MMDA_CROP", "64")
    for path in CUSTOM:
        if path.stem.removeprefix("source_only").removeprefix("adapted").strip("_") == name:
            adapted = {"model.alignments.self_training.start": 0} if path in ADAPTED else {}
            # So few channels cannot be normalised in groups for a single tile.
            small = {**SMALL_NETWORKS[name], "default_hooks.selection": None} if name else {}
            options = {**SHORT, **small, **adapted}
            train(str(path), tmp_path / path.stem, options)
            weights = read(tmp_path / path.stem, 1)["state_dict"].values()
            assert all(v.isfinite().all() for v in weights if v.is_floating_point()), path
