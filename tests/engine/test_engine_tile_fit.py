"""Tiles that fit a network: its receptive field, the seams, the crops of its training."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import torch
from mmengine.config import Config
from raster_samples import noise, predict_raster, write
from torch import nn

from mmda.engine.receptive_field import receptive_radius
from mmda.engine.tile_fit import fitted_options
from mmda.raster.mapping.options import PredictOptions


class Preprocessor(nn.Module):
    num_bands, size_divisor = 3, None


class Plain(nn.Module):
    """A network as mmda's segmentors are, of the given layers."""

    def __init__(self, *layers):
        super().__init__()
        self.layers, self.data_preprocessor = nn.Sequential(*layers), Preprocessor()

    @property
    def predictor(self):
        return self

    def inference(self, images, _):
        return self.layers(images)


def conv(radius, bands=3, stride=1):
    return nn.Conv2d(bands, 3, 2 * radius + 1, stride, radius)


def test_the_radius_of_convolutions_is_that_of_their_kernels():
    assert receptive_radius(Plain(conv(0)), 64) == 0
    assert receptive_radius(Plain(conv(1), nn.ReLU(), conv(2), conv(1)), 64) == 4


def test_a_stride_widens_the_radius_of_what_follows():
    layers = conv(1, stride=4), conv(1), nn.Upsample(scale_factor=4)
    radius = receptive_radius(Plain(*layers), 64)
    assert 4 + 1 <= radius <= 4 + 1 + 3  # by where in a step the pixel lies


@pytest.mark.parametrize(
    "layers",
    [
        (nn.Conv2d(3, 3, 1), nn.GroupNorm(1, 3)),
        (nn.Conv2d(3, 3, 71, padding=35),),
    ],
)
def test_a_network_that_sees_all_has_no_radius(layers):
    assert receptive_radius(Plain(*layers), 64) is None


def test_a_small_network_maps_as_if_it_saw_the_whole_raster(tmp_path):
    torch.manual_seed(0)
    network = Plain(conv(3), nn.ReLU(), conv(3), nn.ReLU(), conv(2)).eval()

    @torch.no_grad()
    def predict(pixels):
        logits = network.inference(torch.from_numpy(pixels).float() / 50, None)
        return logits.softmax(1).numpy()

    options = fitted_options(PredictOptions(tile=128), network, None)
    assert options.overlap * 128 == 32  # four times the radius
    image = noise(3, 300, 333)
    write(tmp_path / "a.tif", image)
    whole = predict(image[None])[0]

    def seam(overlap):
        predict_raster(
            tmp_path / "a.tif", tmp_path / "m.tif", predict, num_classes=3, tile=128,
            overlap=overlap, probabilities=tmp_path / "p.tif", progress=False,
        )  # fmt: skip
        with rasterio.open(tmp_path / "m.tif") as mask, rasterio.open(tmp_path / "p.tif") as shares:
            difference = np.abs(shares.read() / 254 - whole).max()
            return (mask.read(1) != whole.argmax(0)).sum(), difference

    assert seam(options.overlap) == (0, pytest.approx(0, abs=0.51 / 254))
    flipped, difference = seam(0)
    assert flipped > 100
    assert difference > 0.1


def test_a_deep_network_overlaps_by_an_eighth_and_large_crops_make_large_tiles():
    deep = Plain(conv(0), nn.GroupNorm(1, 3))
    crop = dict(type="RandomCrop", crop_size=(640, 769))
    steps = [dict(type="LoadImage"), dict(type="Chosen", of=[crop])]
    config = Config(dict(train_dataloader=dict(dataset=dict(source=dict(pipeline=steps)))))
    options = fitted_options(PredictOptions(), deep, config)
    assert (options.tile, options.overlap) == (800, 0.125)
    crop["crop_size"] = 128
    config = Config(dict(train_dataloader=dict(dataset=dict(pipeline=[crop]))))
    assert fitted_options(PredictOptions(), deep, config).tile == 512
    assert fitted_options(PredictOptions(), deep, None).tile == 512
    given = PredictOptions(tile=96, overlap=0.5)
    assert fitted_options(given, deep, config) == given
