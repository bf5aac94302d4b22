"""Averages over views and over checkpoints."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
import torch
from api_samples import pixel_model
from core_samples import write_scene

import mmda
from mmda.cli import main
from mmda.engine.inference import NetworkPredictor
from mmda.engine.views import PLAIN, View, views_of
from mmda.errors import ConfigError


@pytest.fixture
def scene(tmp_path):
    image = np.random.default_rng(0).integers(0, 255, (64, 96, 3)).astype(np.uint8)
    write_scene(tmp_path / "a.tif", image[..., 0], image)
    return tmp_path / "a.tif"


@pytest.fixture(scope="module")
def model(trained, config):
    return mmda.load_model(config, trained.checkpoint, device="cpu")


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("flipped", [False, True])
def test_a_view_comes_back_as_it_was(turns, flipped):
    images = torch.arange(2 * 3 * 5 * 7.0).reshape(2, 3, 5, 7)
    view = View(turns, flipped)
    assert torch.equal(view.restore(view.change(images), (5, 7)), images)
    changed = {View(t, f).change(images).flatten().sum(0).item() for t, f in [(turns, flipped)]}
    assert changed == {images.sum().item()}
    assert (turns, flipped) == (0, False) or not torch.equal(
        view.change(images).flatten(), images.flatten()
    )


def test_a_scaled_view_has_sizes_that_every_network_takes():
    images = torch.rand(1, 3, 100, 64)
    changed = View(scale=0.5).change(images)
    assert changed.shape == (1, 3, 64, 32)
    assert View(scale=0.5).restore(changed, (100, 64)).shape == images.shape


def test_options_name_the_views():
    assert views_of(mmda.PredictOptions()) == PLAIN
    assert len(set(views_of(mmda.PredictOptions(tta=["flip", "turn"])))) == 8
    views = views_of(mmda.PredictOptions(tta=["flip"], tta_scales=[0.75, 1, 1.5]))
    assert views[0] == View()
    assert {view.scale for view in views} == {0.75, 1, 1.5}
    assert len(views) == 6
    with pytest.raises(ConfigError, match="Unknown tta `mirror`"):
        mmda.PredictOptions(tta=["mirror"])
    with pytest.raises(ConfigError, match=r"between 0\.25 and 4.*\[9\]"):
        mmda.PredictOptions(tta_scales=[9])


def test_views_are_averaged(model):
    pixels = np.random.default_rng(1).integers(0, 255, (2, 3, 64, 64)).astype(np.uint8)
    plain = NetworkPredictor(model.network)
    both = plain.seen_as((View(), View(flipped=True)))(pixels)
    mirrored = plain(np.ascontiguousarray(pixels[..., ::-1]))[..., ::-1]
    np.testing.assert_allclose(both, (plain(pixels) + mirrored) / 2, atol=1e-6)
    assert np.abs(both - plain(pixels)).max() > 1e-4


def test_an_ensemble_averages_and_its_name_is_in_the_mask(model, trained, config, scene):
    other = mmda.load_model(
        config, trained.checkpoint, device="cpu",
        cfg_options={"model.segmentor.decode_head.dropout_ratio": 0.3},
    )  # fmt: skip
    with torch.no_grad():
        other.network.segmentor.decode_head.conv_seg.bias[0] += 1
    both = mmda.ensemble([model, other])
    pixels = np.random.default_rng(1).integers(0, 255, (1, 3, 64, 64)).astype(np.uint8)
    mean = (model.predictor(pixels) + other.predictor(pixels)) / 2
    np.testing.assert_allclose(both.predictor(pixels), mean, atol=1e-6)
    options = mmda.PredictOptions(tile=64, tta=["flip"], progress=False)
    (result,) = mmda.predict(both, scene, scene.parent / "out", options)
    with rasterio.open(result.files.mask) as mask:
        assert mask.tags()["MODEL"] == f"{model.name} + {other.name}"
        assert json.loads(mask.tags()["OPTIONS"])["tta"] == ["flip"]
    assert both.load().name.startswith(model.name)


def test_the_command_line_maps_with_several_checkpoints(trained, config, scene, capsys):
    member = [str(config), str(trained.checkpoint)]
    argv = ["predict", *member, str(scene), "--out", str(scene.parent / "m.tif"), "--tile", "64"]
    argv += ["--with", *member, "--tta", "turn", "--device", "cpu"]
    assert main(argv) == 0
    with rasterio.open(scene.parent / "m.tif") as mask:
        assert mask.tags()["MODEL"].count("iter_60.pth") == 2


def test_models_that_do_not_fit_are_refused(model):
    assert mmda.ensemble([model]) is model
    with pytest.raises(ConfigError, match="at least one"):
        mmda.ensemble([])
    for changes, words in [
        ({"classes": ["background", "road"]}, "classes.*'building'.*'road'"),
        ({"bands": 4}, "bands"),
        ({"training_data": replace(model.training_data, gsd=(2.0, 2.0))}, "ground sample.*2.0"),
    ]:
        with pytest.raises(ConfigError, match=f"(?s)cannot be an ensemble: the {words}"):
            mmda.ensemble([model, replace(model, **changes)])


def test_views_need_a_network(scene):
    options = mmda.PredictOptions(tile=64, tta=["flip"], progress=False)
    with pytest.raises(ConfigError, match="cannot see changed views"):
        mmda.predict(pixel_model(), scene, scene.parent / "out", options)
