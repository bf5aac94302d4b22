"""A trained checkpoint, evaluated and mapped through the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rasterio
import torch
from api_samples import LEARNS_QUICKLY
from core_samples import ADAPTED, LOOK, draw_scene, write_scene
from engine_runs import train

from mmda.cli import main
from mmda.engine.inference import NetworkPredictor, load_model
from mmda.errors import ConfigError
from mmda.evaluation import confusion_matrix, scores


@pytest.fixture(scope="module")
def trained(toy_root, tmp_path_factory):
    """Config and checkpoint of a short source-only training."""
    folder = tmp_path_factory.mktemp("trained")
    config = folder / "config.py"
    config.write_text(LEARNS_QUICKLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        train(str(config), folder)
        yield str(config), str(folder / "iter_60.pth")


@pytest.fixture
def scene(tmp_path):
    """A target scene of another size than the tiles, with its label."""
    label, image = draw_scene(77, LOOK["target"], size=160)
    write_scene(tmp_path / "scene.tif", label[:150], image[:150])
    return tmp_path / "scene.tif", label[:150], image[:150]


def iou(prediction: np.ndarray, label: np.ndarray) -> float:
    return scores(confusion_matrix(prediction, label, 2)).miou


def test_a_device_that_is_not_there(trained):
    with pytest.raises(ConfigError, match="Cannot use the device `cuda:99`"):
        load_model(*trained, device="cuda:99")


def test_the_loaded_model_knows_its_classes(trained):
    model = load_model(*trained, device="cpu")
    assert list(model.dataset_meta["classes"]) == ["background", "building"]
    assert len(model.dataset_meta["palette"]) == 2
    assert not model.training
    state = torch.load(trained[1], weights_only=False)["state_dict"]
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_the_predictor_gives_the_evaluations_probabilities(trained, scene):
    model = load_model(*trained, device="cpu")
    tiles = np.stack([np.moveaxis(scene[2][:64, x : x + 64], -1, 0) for x in (0, 64)])
    got = NetworkPredictor(model)(tiles)
    assert (got.shape, got.dtype) == ((2, 2, 64, 64), np.float32)
    np.testing.assert_allclose(got.sum(1), 1, atol=1e-5)
    mean = torch.tensor([123.675, 116.28, 103.53]).view(3, 1, 1)
    std = torch.tensor([58.395, 57.12, 57.375]).view(3, 1, 1)
    with torch.no_grad():
        logits = model((torch.from_numpy(tiles).float() - mean) / std, mode="tensor")
        logits = torch.nn.functional.interpolate(logits, (64, 64), mode="bilinear")
    np.testing.assert_allclose(got, logits.softmax(1).numpy(), atol=1e-5)
    assert iou(got.argmax(1)[0], scene[1][:64, :64]) > 60


@pytest.mark.parametrize("evaluate", ["student", "teacher"])
def test_the_chosen_network_predicts(write_config, tmp_path, scene, evaluate):
    text = f"{ADAPTED}\nmodel['evaluate'] = '{evaluate}'\n"
    config = write_config(text)
    train(config, tmp_path / "work", {"train_cfg.max_iters": 2})
    model = load_model(config, tmp_path / "work" / "iter_2.pth", device="cpu")
    tile = np.moveaxis(scene[2][:64, :64], -1, 0)[None]
    before = NetworkPredictor(model)(tile)
    with torch.no_grad():
        model.segmentor.decode_head.conv_seg.bias[0] += 1
    assert (NetworkPredictor(model)(tile) != before).any() == (evaluate == "student")


def test_test_writes_scores_and_nam(trained, tmp_path, capsys):
    out = tmp_path / "deep" / "scores.json"
    argv = ["test", *trained, "--work-dir", str(tmp_path / "work"), "--out", str(out)]
    assert main(argv) == 0
    plain = json.loads(out.read_text())
    assert "NAM" not in plain
    assert plain["mIoU"] > 60
    names = {"mIoU", "mF1", "aAcc", *(f"{m}/{c}" for m in ("IoU", "F1") for c in _CLASSES)}
    assert set(plain) == names
    assert plain["mIoU"] == pytest.approx(np.mean([plain[f"IoU/{c}"] for c in _CLASSES]))
    printed = capsys.readouterr().out
    assert f"{plain['mIoU']:.2f}" in printed
    bounds = []
    for name, value in (("source", plain["mIoU"] - 10), ("target", plain["mIoU"] + 30)):
        bounds += [f"--{name}-only", str(tmp_path / f"{name}.json")]
        (tmp_path / f"{name}.json").write_text(json.dumps({"mIoU": value}))
    assert main([*argv, *bounds]) == 0
    assert json.loads(out.read_text())["NAM"] == pytest.approx(25)
    assert "NAM" in capsys.readouterr().out


_CLASSES = ("background", "building")


@pytest.mark.parametrize("content", [None, "{}", "no json", '{"mIoU": null}'])
def test_bounds_that_are_no_scores(trained, tmp_path, capsys, content):
    path = tmp_path / "bound.json"
    if content is not None:
        path.write_text(content)
    argv = ["test", *trained, "--source-only", str(path), "--target-only", str(path)]
    assert main(argv) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert f"`{path}` holds no `mIoU`" in error
    assert "mmda test --out" in error


def test_nam_needs_both_bounds(trained, capsys):
    with pytest.raises(SystemExit) as error:
        main(["test", *trained, "--source-only", "a.json"])
    assert error.value.code == 2
    assert "both --source-only and --target-only" in capsys.readouterr().err


def test_pictures_of_all_test_tiles(trained, toy_root, tmp_path):
    pytest.importorskip("matplotlib")
    show = tmp_path / "show"
    argv = ["test", *trained, "--work-dir", str(tmp_path / "work"), "--show-dir", str(show)]
    assert main(argv) == 0
    tiles = {p.stem for p in (toy_root / "buildings" / "target" / "test" / "images").iterdir()}
    assert {p.stem for p in show.iterdir()} == tiles
    assert all(p.stat().st_size > 1000 for p in show.iterdir())


def test_a_whole_scene_is_mapped_with_its_georeference(trained, scene, tmp_path):
    path, label, _ = scene
    argv = ["predict", *trained, str(path), "--out", str(tmp_path / "map.tif"), "--tile", "64"]
    assert main([*argv, "--device", "cpu"]) == 0
    with rasterio.open(path) as raster, rasterio.open(tmp_path / "map.tif") as mapped:
        assert mapped.crs == raster.crs
        assert mapped.transform == raster.transform
        assert mapped.shape == raster.shape == label.shape
        assert iou(mapped.read(1), label) > 60


def test_mapping_with_a_checkpoint_of_another_model(trained, scene, tmp_path, capsys):
    options = ["--cfg-options", "model.segmentor.decode_head.num_classes=3"]
    out = str(tmp_path / "maps")
    argv = ["predict", *trained, str(scene[0]), "--out", out, "--device", "cpu"]
    assert main([*argv, *options]) == 2
    assert "trained with 2 classes, the config has 3" in capsys.readouterr().err


def test_a_scene_with_other_bands(trained, tmp_path, capsys):
    write_scene(tmp_path / "five.tif", np.zeros((64, 64), "uint8"), np.zeros((64, 64, 5), "uint8"))
    argv = ["predict", *trained, str(tmp_path / "five.tif"), "--out", str(tmp_path / "o")]
    assert main([*argv, "--device", "cpu"]) == 2
    assert "5 bands" in capsys.readouterr().err
