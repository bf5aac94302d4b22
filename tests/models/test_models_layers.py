"""DeepLab-v2's head and the discriminator, against their definitions."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

from mmda.models import DeepLabV2Head, PixelDiscriminator


@pytest.mark.parametrize("dilations", [(6, 12, 18, 24), (6, 12), (1,)])
def test_deeplabv2_head_sums_dilated_classifiers(dilations):
    loss = dict(type="CrossEntropyLoss", avg_non_ignore=True)
    head = DeepLabV2Head(dilations, in_channels=4, num_classes=5, in_index=1, loss_decode=loss)
    head.init_weights()
    feats = [torch.zeros(1, 1, 1, 1), torch.randn(2, 4, 9, 7)]
    expected = sum(
        F.conv2d(feats[1], c.weight, c.bias, padding=d, dilation=d)
        for c, d in zip(head.classifiers, dilations, strict=True)
    )
    torch.testing.assert_close(head(feats), expected)
    assert head(feats).shape == (2, 5, 9, 7)
    assert len(list(head.parameters())) == 2 * len(dilations)
    for classifier in head.classifiers:
        assert 0.007 < classifier.weight.std() < 0.013
        assert not classifier.bias.any()


@pytest.mark.parametrize(
    ("layers", "size", "out"),
    [(5, (64, 64), (2, 2)), (5, (32, 40), (1, 1)), (3, (20, 33), (2, 4)), (1, (2, 3), (1, 1))],
)
def test_discriminator_halves_its_input(layers, size, out):
    discriminator = PixelDiscriminator(3, channels=4, num_layers=layers)
    assert discriminator(torch.randn(2, 3, *size)).shape == (2, 1, *out)
    assert discriminator.reduction == 2**layers


def test_discriminator_of_the_paper():
    convolutions = [m for m in PixelDiscriminator(19).layers if hasattr(m, "weight")]
    shapes = [tuple(m.weight.shape) for m in convolutions]
    widths = [19, 64, 128, 256, 512, 1]
    assert shapes == [(b, a, 4, 4) for a, b in pairwise(widths)]
    assert all(m.stride == (2, 2) and m.padding == (1, 1) for m in convolutions)
