"""Batch-norm statistics of the target, from checkpoint to checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rasterio
import torch
from api_samples import BATCH_NORM, LEARNS_QUICKLY
from core_samples import LOOK, REPO, draw_scene, write_scene

import mmda
from mmda import ConfigError, PredictOptions, adapt_bn, load_model, predict
from mmda.cli import main
from mmda.raster.dataset.training_data import TrainingData

SHORT = """
train_cfg["max_iters"] = default_hooks["checkpoint"]["interval"] = 30
"""
QUIET = PredictOptions(tile=64, batch_size=2, progress=False)


@pytest.fixture(scope="module")
def trained_bn(config, tmp_path_factory):  # `config` sets where the tiny domains are
    """Config and checkpoint of a short source-only training of a network with batch norm."""
    folder = tmp_path_factory.mktemp("batch_norm")
    path = folder / "config.py"
    path.write_text(LEARNS_QUICKLY + BATCH_NORM + SHORT)
    return path, mmda.train(path, work_dir=folder / "work", seed=3).checkpoint


def read(path: Path) -> dict:
    return torch.load(path, weights_only=False)


def test_tiles_and_rasters_of_one_scene_give_the_same_statistics(trained_bn, toy_root, tmp_path):
    config, checkpoint = trained_bn
    target = toy_root / "buildings" / "target"
    (scene,) = (toy_root / "scenes" / "target").glob("target0.tif")
    by_tiles = adapt_bn(
        config, checkpoint, tmp_path / "tiles.pth", data=target, options=QUIET, device="cpu"
    )
    by_raster = adapt_bn(
        config, checkpoint, tmp_path / "raster.pth", images=scene, options=QUIET, device="cpu"
    )
    assert by_tiles.tiles == by_raster.tiles == 4
    assert by_tiles.pixels == by_raster.pixels == 128 * 128
    assert by_tiles.shift == pytest.approx(by_raster.shift) and by_tiles.shift > 0.1
    one, other = read(by_tiles.checkpoint), read(by_raster.checkpoint)
    before = read(checkpoint)
    for name, value in one["state_dict"].items():
        torch.testing.assert_close(value, other["state_dict"][name])
        assert torch.equal(value, before["state_dict"][name]) != ("running_" in name), name
    data = {name: c["meta"]["dataset_meta"] for name, c in (("tiles", one), ("raster", other))}
    assert data["raster"] == before["meta"]["dataset_meta"]
    info = mmda.raster.dataset.domain.TiledDomain(str(target)).info
    assert data["tiles"]["training_data"] == TrainingData.of(info).to_json()
    assert data["tiles"]["classes"] == data["raster"]["classes"]
    assert one["meta"]["adapted_batch_norm"]["target"] == [str(target)]
    assert one["meta"]["iter"] == before["meta"]["iter"]


def test_the_adapted_checkpoint_is_tested_and_maps_rasters(trained_bn, toy_root, tmp_path, capsys):
    config, checkpoint = trained_bn
    target = str(toy_root / "buildings" / "target")
    out = str(tmp_path / "adapted.pth")
    command = ["adapt-bn", str(config), str(checkpoint), "--data", target, "--out", out]
    assert main([*command, "--blend", "0.2", "--device", "cpu"]) == 0
    assert "layers with the statistics of 4 tiles (16384 pixels)" in capsys.readouterr().out
    before = mmda.test(config, checkpoint, work_dir=tmp_path / "t").metrics["mIoU"]
    after = mmda.test(config, out, work_dir=tmp_path / "t").metrics["mIoU"]
    assert after > before
    label, image = draw_scene(77, LOOK["target"])
    write_scene(tmp_path / "scene.tif", label, image)
    model = load_model(config, out, device="cpu")
    (done,) = predict(model, tmp_path / "scene.tif", tmp_path / "maps", QUIET)
    assert done.files.mask.exists()
    with pytest.raises(ConfigError, match="cannot be resumed from"):
        mmda.train(config, work_dir=tmp_path / "again", resume=out)


def test_tent_trains_scales_and_shifts_before(trained_bn, toy_root, tmp_path, capsys):
    config, checkpoint = trained_bn
    target, out = str(toy_root / "buildings" / "target"), tmp_path / "tent.pth"
    command = ["adapt-bn", str(config), str(checkpoint), "--data", target, "--out", str(out)]
    assert main([*command, "--tent", "3", "--batch-size", "2", "--device", "cpu"]) == 0
    assert "Tent: 3 steps, entropy" in capsys.readouterr().out
    before, after = read(checkpoint)["state_dict"], read(out)["state_dict"]
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    layers = {name.removesuffix("running_mean") for name in changed if "running_mean" in name}
    kinds = ("running_mean", "running_var", "weight", "bias")
    assert changed == {layer + kind for layer in layers for kind in kinds}
    assert read(out)["meta"]["adapted_batch_norm"]["tent"] == 3


def test_statistics_of_single_images_are_blended_by_a_switch(trained_bn, tmp_path, capsys):
    config, checkpoint = trained_bn
    scores = []
    for blend in ([], ["--bn-blend", "1"], ["--bn-blend", "0.3"]):
        out = tmp_path / "scores.json"
        command = ["test", str(config), str(checkpoint), "--work-dir", str(tmp_path)]
        assert main([*command, "--out", str(out), *blend]) == 0
        scores.append(json.loads(out.read_text())["mIoU"])
    assert scores[0] == scores[1] != scores[2]
    label, image = draw_scene(77, LOOK["target"])
    write_scene(tmp_path / "scene.tif", label, image)
    maps = []
    for blend in ([], ["--bn-blend", "0.3"]):
        out = str(tmp_path / f"map{len(blend)}.tif")
        command = ["predict", str(config), str(checkpoint), str(tmp_path / "scene.tif")]
        assert main([*command, "--out", out, "--tile", "64", "--device", "cpu", *blend]) == 0
        with rasterio.open(out) as raster:
            maps.append(raster.read())
    assert (maps[0] != maps[1]).any()


def test_what_does_not_fit_is_said_before_work(trained_bn, tmp_path):
    path, checkpoint = trained_bn
    with pytest.raises(ConfigError, match=r"has no target dataset\. Name one with --data"):
        adapt_bn(path, checkpoint, device="cpu")
    with pytest.raises(ConfigError, match="not both"):
        adapt_bn(path, checkpoint, data="somewhere", images="scene.tif", device="cpu")
    with pytest.raises(ConfigError, match=r"must end in \.pth"):
        adapt_bn(path, checkpoint, tmp_path / "a.txt", images="scene.tif", device="cpu")
    with pytest.raises(ConfigError, match="would replace"):
        adapt_bn(path, checkpoint, checkpoint, images="scene.tif", device="cpu")
    assert len(list(checkpoint.parent.glob("*.pth"))) == 1


def test_the_hook_does_the_same_at_the_end_of_a_training(trained_bn, toy_root, tmp_path):
    path, _ = trained_bn
    target = toy_root / "buildings" / "target"
    hook = f'custom_hooks.append(dict(type="AdaptBatchNormHook", data_root="{target}", blend=0.1))'
    hooked = tmp_path / "hooked.py"
    hooked.write_text(f"{path.read_text()}\ncustom_hooks = [dict(type='TeacherEMAHook')]\n{hook}\n")
    short = {"train_cfg.max_iters": 2, "default_hooks.checkpoint.interval": 1}
    plain = mmda.train(path, work_dir=tmp_path / "plain", cfg_options=short)
    adapted = mmda.train(hooked, work_dir=tmp_path / "hooked", cfg_options=short)
    expected = adapt_bn(path, plain.checkpoint, data=target, blend=0.1, device="cpu")
    first = (read(tmp_path / run / "iter_1.pth")["state_dict"] for run in ("plain", "hooked"))
    same(*first)
    one, other = read(expected.checkpoint), read(adapted.checkpoint)
    same(one["state_dict"], other["state_dict"])
    for key in ("dataset_meta", "adapted_batch_norm"):
        assert one["meta"][key] == other["meta"][key]
    assert "adapted_batch_norm" not in read(tmp_path / "hooked" / "iter_1.pth")["meta"]


def test_the_hook_checks_before_the_training(config, tmp_path):
    hook = {"custom_hooks": [{"type": "AdaptBatchNormHook"}]}
    with pytest.raises(ConfigError, match="has no batch norm"):
        mmda.train(config, work_dir=tmp_path, cfg_options=hook)


def same(one: dict, other: dict) -> None:
    for name, value in one.items():
        torch.testing.assert_close(value, other[name], msg=lambda m, n=name: f"{n}: {m}")


def test_the_small_network_comes_with_batch_norm():
    from mmda.engine.launch import load_config

    config = load_config(REPO / "configs" / "_base_" / "models" / "toy_r18_bn.py")
    for part in ("backbone", "decode_head"):
        assert config.model.segmentor[part].norm_cfg == {"type": "BN", "requires_grad": True}
