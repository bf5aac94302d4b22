"""``mmda calibrate`` from a trained model to maps with its temperature."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from engine_runs import differences
from scipy.special import softmax

import mmda
from mmda import CalibrateOptions, ConfigError
from mmda.adaptation.checkpoints import write_adapted
from mmda.calibration.collect import labelled_pixels
from mmda.calibration.datasets import source_tiles
from mmda.cli import main
from mmda.engine.inference import load_trained, logits
from mmda.engine.launch import load_config
from mmda.models.batch_norm import TestTime
from mmda.raster.dataset.tile_files import read_label, read_tile

ALL = CalibrateOptions(weights="none", pixels=10**6, progress=False)


def scale_logits(checkpoint, out, factor: float) -> None:
    """Write a checkpoint with ``factor`` times the logits."""
    content = torch.load(checkpoint, weights_only=False)
    for name in ("weight", "bias"):
        content["state_dict"][f"segmentor.decode_head.conv_seg.{name}"] *= factor
    torch.save(content, out)


@pytest.fixture
def work(trained, config, tmp_path):
    """A folder of its own with the trained model, which is 5 times too sure, and its config."""
    scale_logits(trained.checkpoint, tmp_path / "model.pth", 5)
    shutil.copyfile(config, tmp_path / "config.py")
    return tmp_path


def read(path) -> dict:
    return torch.load(path, weights_only=False)


def pixels_of(folder, split: str, model) -> tuple[np.ndarray, np.ndarray]:
    """Return logits and labels of all pixels, tile by tile."""
    found, labels = [], []
    for path in sorted((folder / split / "images").iterdir()):
        image, _ = read_tile(str(path))
        raw = torch.from_numpy(np.moveaxis(image, -1, 0).copy())
        inputs = model.data_preprocessor({"inputs": [raw]})["inputs"]
        with torch.no_grad():
            maps = logits(model, inputs)[0].double().numpy()
        found.append(maps.reshape(len(maps), -1).T)
        labels.append(read_label(str(folder / split / "labels" / f"{path.stem}.png")).ravel())
    return np.concatenate(found), np.concatenate(labels)


def cross_entropy(values, labels, temperature) -> float:
    return -float(np.log(softmax(values / temperature, 1)[np.arange(len(labels)), labels]).mean())


def slow_ece(values, labels, temperature) -> float:
    p = softmax(values / temperature, axis=1)
    total = 0.0
    for number in range(15):
        inside = (p.max(1) > number / 15) & (p.max(1) <= (number + 1) / 15)
        if inside.any():
            total += abs((p.argmax(1) == labels)[inside].sum() - p.max(1)[inside].sum())
    return total / len(labels)


def test_the_command_stores_the_best_temperature_and_nothing_else(work, toy_root, capsys):
    before = read(work / "model.pth")
    command = ["calibrate", str(work / "model.pth"), "--figure", str(work / "r.png")]
    settings = ["--weights", "none", "--pixels", "1000000", "--device", "cpu"]
    assert main([*command, *settings]) == 0
    printed = capsys.readouterr().out
    after = read(work / "model.pth")
    found = after["meta"].pop("temperature")
    assert not differences(before, after)
    assert {path.name for path in work.iterdir()} == {"model.pth", "config.py", "r.png"}
    model, _ = load_trained(load_config(work / "config.py"), work / "model.pth", "cpu")
    assert model.temperature == found
    domains = toy_root / "buildings"
    values, labels = pixels_of(domains / "source", "val", model)
    losses = {t: cross_entropy(values, labels, t) for t in (0.99 * found, found, 1.01 * found)}
    assert min(losses, key=losses.__getitem__) == found > 1
    assert f"temperature {found:.3f}, from {len(labels)} pixels of 4 source" in printed
    scored = {
        "source, val": (values, labels),
        "target, test": pixels_of(domains / "target", "test", model),
    }
    for name, tiles in scored.items():
        one, other = (100 * slow_ece(*tiles, t) for t in (1, found))
        assert f"{name}: {one:.2f} % -> {other:.2f} %" in printed
    assert slow_ece(values, labels, found) < slow_ece(values, labels, 1)


def test_maps_use_the_temperature(work, toy_root):
    plain = mmda.load_model(work / "config.py", work / "model.pth", device="cpu")
    found = mmda.calibrate(work / "model.pth", options=ALL, device="cpu")
    model = mmda.load_model(work / "config.py", work / "model.pth", device="cpu")
    image = np.random.default_rng(0).integers(60, 170, (1, 3, 64, 64)).astype(np.uint8)
    inputs = plain.network.data_preprocessor({"inputs": [torch.from_numpy(image[0])]})["inputs"]
    with torch.no_grad():
        values = logits(plain.network, inputs).double().numpy()
    np.testing.assert_allclose(
        model.predictor(image), softmax(values / found.temperature, 1), atol=1e-5
    )
    np.testing.assert_allclose(plain.predictor(image), softmax(values, 1), atol=1e-5)
    exported = mmda.export(model, work / "model.safetensors")
    again = mmda.load_model(work / "config.py", exported, device="cpu")
    np.testing.assert_array_equal(again.predictor(image), model.predictor(image))
    write_adapted(model.network, read(work / "model.pth")["meta"], work / "other.pth")
    assert "temperature" not in read(work / "other.pth")["meta"]


def test_a_model_is_made_surer_only_on_demand(work, capsys):
    scale_logits(work / "model.pth", work / "unsure.pth", 0.05)
    command = ["calibrate", str(work / "unsure.pth"), "--weights", "none", "--device", "cpu"]
    temperatures = []
    for more in ([], ["--sharpen"]):
        assert main([*command, *more]) == 0
        out, err = capsys.readouterr()
        temperatures.append(read(work / "unsure.pth")["meta"]["temperature"])
        assert f"temperature {temperatures[-1]:.3f}" in out
        assert ("the model is not sure enough" in err) is not bool(more)
    assert temperatures[0] == 1 > temperatures[1]
    too_sure = mmda.calibrate(work / "model.pth", options=ALL, device="cpu").temperature
    assert temperatures[1] == pytest.approx(0.05 * too_sure, rel=1e-3)


def test_tiles_weigh_by_their_likeness_to_the_target(work, toy_root):
    target = toy_root / "buildings" / "target"
    options = CalibrateOptions(pixels=4000, tiles=3, progress=False)
    one, other = (mmda.calibrate(work / "model.pth", target, options) for _ in range(2))
    assert one.temperature == other.temperature
    assert one.tiles == 3 and 1 <= one.effective_tiles <= 3 and one.pixels == 4002
    assert set(one.reliability) == {"source, val", "target, test"}
    before, after = one.reliability["source, val"]
    assert after.ece < before.ece and before.counts.sum() == 4002


def test_the_source_is_seen_at_the_scale_of_the_training(work, toy_root):
    roots = {name: f"{toy_root}/buildings/{name}" for name in ("source", "target")}
    steps = [
        {"type": "LoadTile"},
        {"type": "MatchScale", "spread": 1.5, **roots},
        {"type": "RandomFlip", "prob": 0.5},
        {"type": "PackDomainInputs"},
    ]
    overrides = {"train_dataloader.dataset.source.pipeline": steps}
    config = load_config(work / "config.py", overrides)
    tiles = source_tiles(config, "val", labelled=True)
    (match,) = (step for step in tiles.pipeline.transforms if type(step).__name__ == "MatchScale")
    match.ratio = 0.5  # as of a target of coarser pixels
    assert tiles[0]["inputs"].shape == (3, 32, 32)
    assert torch.equal(tiles[0]["inputs"], tiles[0]["inputs"])
    model, _ = load_trained(config, work / "model.pth", "cpu")
    found = labelled_pixels(model, tiles, ALL)
    assert found.logits.shape == (4 * 32 * 32, 2) and len(found.features) == 4


def test_what_is_missing_is_said_before_work(work, toy_root, tmp_path):
    path, before = work / "model.pth", (work / "model.pth").read_bytes()
    table = tmp_path / "splits.csv"
    table.write_text("scene,split\nsource2,train\n")
    source = "train_dataloader.dataset.source"
    for overrides, message in (
        ({f"{source}.split_file": str(table)}, r"split `val` is empty.*--val-fraction"),
        ({f"{source}.data_root": "gone"}, r"source `gone` or a folder.* does not exist"),
        ({f"{source}.labelled": False}, "or the source has no labels but pseudo-labels"),
    ):
        with pytest.raises(ConfigError, match=message):
            mmda.calibrate(path, options=ALL, cfg_options=overrides)
    with pytest.raises(ConfigError, match="has no target dataset"):
        mmda.calibrate(path)
    with pytest.raises(ConfigError, match=r"only in a \.pth file"):
        mmda.calibrate(work / "m.safetensors", config=work / "config.py")
    with pytest.raises(ConfigError, match="must end in one of"):
        mmda.calibrate(path, options=ALL, figure=work / "r.txt")
    with pytest.raises(ConfigError, match="`limit` must be 1 or more"):
        CalibrateOptions(limit=0.5)
    assert path.read_bytes() == before
    content = read(path)
    content["meta"]["temperature"] = -1
    torch.save(content, path)
    with pytest.raises(ConfigError, match="its temperature is -1, expected a positive number"):
        mmda.load_model(work / "config.py", path, device="cpu")


@contextmanager
def three_times_as_sure(self, network, images, counted):
    """Stand in for what adapts a network to its images: multiply its logits by 3."""
    parts = (network.decode_head.conv_seg.weight, network.decode_head.conv_seg.bias)
    for part in parts:
        part.data *= 3
    yield
    for part in parts:
        part.data /= 3


def test_a_model_is_calibrated_as_it_adapts_to_its_images(work, monkeypatch):
    plain = mmda.calibrate(work / "model.pth", options=ALL, device="cpu").temperature
    monkeypatch.setattr(TestTime, "adapted", three_times_as_sure)
    found = mmda.calibrate(work / "model.pth", options=ALL, device="cpu").temperature
    assert found == pytest.approx(3 * plain, rel=1e-3)
    monkeypatch.setattr(TestTime, "keeps", True)
    with pytest.raises(ConfigError, match="predictions depend on their order"):
        mmda.calibrate(work / "model.pth", options=ALL, device="cpu")


def test_a_model_with_the_targets_batch_norm_is_refused(work):
    content = read(work / "model.pth")
    content["meta"]["adapted_batch_norm"] = {"blend": 0.0}
    torch.save(content, work / "adapted.pth")
    with pytest.raises(ConfigError, match="tell nothing of its probabilities"):
        mmda.calibrate(work / "adapted.pth", options=ALL, config=work / "config.py", device="cpu")
    assert "temperature" not in read(work / "adapted.pth")["meta"]
