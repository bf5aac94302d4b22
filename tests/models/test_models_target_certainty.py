"""MinEnt, MaxSquare and gradient reversal against slow loops and the published layer."""

from __future__ import annotations

import math

import pytest
import torch
from alignment_cases import DISCRIMINATOR
from torch.autograd import gradcheck

from mmda.errors import ConfigError
from mmda.models import DomainReversal, MaxSquare, MinEnt
from mmda.models.losses import gan_loss, max_square_loss
from mmda.testing import build_segmentor, losses_of, random_batch, segmentor_config


def maps(n=2, c=3, size=(3, 4), seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, c, *size, generator=generator, dtype=torch.float64).softmax(1)


def some(n=2, size=(3, 4)):
    counted = torch.rand(n, *size, generator=torch.Generator().manual_seed(1)) < 0.6
    counted[0] = False  # an image in which nothing counts
    return counted


def slow_max_square(values, balance, counted):
    """Return the loss by loops over images, pixels and classes."""
    images = []
    for image, seen in zip(values, counted, strict=True):
        places = seen.nonzero().tolist()
        if not places:
            continue
        labels = [int(image[:, row, column].argmax()) for row, column in places]
        total = 0.0
        for (row, column), label in zip(places, labels, strict=True):
            weight = labels.count(label) ** balance * len(places) ** (1 - balance)
            total = total + sum(image[c, row, column] ** 2 for c in range(len(image))) / weight
        images.append(-total / 2)
    return sum(images) / len(images)


@pytest.mark.parametrize("balance", [0.0, 0.2, 1.0])
def test_max_square_equals_a_loop(balance):
    values, counted = maps(3).requires_grad_(), some(3)
    for seen in (counted, torch.ones_like(counted)):
        given = None if seen.all() else seen
        one, other = max_square_loss(values, balance, given), slow_max_square(values, balance, seen)
        torch.testing.assert_close(one, other)
        gradients = [torch.autograd.grad(x, values, retain_graph=True)[0] for x in (one, other)]
        torch.testing.assert_close(*gradients)
    assert gradcheck(lambda x: max_square_loss(x, balance, counted), (values,))
    assert float(max_square_loss(values.detach(), balance, torch.zeros_like(counted))) == 0


def test_known_values():
    uniform, certain = torch.full((1, 4, 5, 5), 0.25), torch.zeros(1, 4, 5, 5)
    certain[:, 1] = 1
    assert float(max_square_loss(uniform, 0.0)) == pytest.approx(-1 / 8)
    assert float(max_square_loss(certain, 0.0)) == pytest.approx(-1 / 2)
    alignment = MinEnt()
    assert float(alignment.uncertainty(uniform, None)) == pytest.approx(1)
    assert float(alignment.uncertainty(certain, None)) == pytest.approx(0, abs=1e-6)


def test_rare_classes_weigh_more_in_a_balanced_loss():
    """Nine pixels of one class and one of another: the latter has 9 ** 0.5 times the weight."""
    values = torch.zeros(1, 2, 1, 10, dtype=torch.float64)
    values[:, 0], values[:, 1] = 0.8, 0.2
    values[..., 9] = torch.tensor([0.2, 0.8])[:, None]
    values.requires_grad_()
    (gradient,) = torch.autograd.grad(max_square_loss(values, 0.5), values)
    assert float(gradient[0, 1, 0, 9] / gradient[0, 0, 0, 0]) == pytest.approx(3)


def test_min_ent_equals_a_loop():
    values, counted = maps(), some()
    entropies = [
        -sum(p * math.log(p) for p in values[n, :, row, column].tolist()) / math.log(3)
        for n, row, column in counted.nonzero().tolist()
    ]
    found = MinEnt().uncertainty(values, counted)
    assert float(found) == pytest.approx(sum(entropies) / len(entropies))


class Reversal(torch.autograd.Function):
    """The published layer: the identity, whose gradient is turned round and weighted."""

    @staticmethod
    def forward(ctx, values, weight):
        ctx.weight = weight
        return values.view_as(values)

    @staticmethod
    def backward(ctx, gradient):
        return -ctx.weight * gradient, None


def test_reversal_has_the_gradients_of_the_published_layer():
    def built():
        reversal = dict(type="DomainReversal", in_channels=64, weight=0.7)
        reversal["discriminator"] = dict(DISCRIMINATOR, num_layers=1)
        return build_segmentor(segmentor_config(), alignments=dict(it=reversal))

    model, other = built(), built()
    losses = losses_of(model, random_batch())
    sum(value for name, value in losses.items() if name.startswith("it.")).backward()
    (discriminator,) = other.alignments["it"].discriminators.values()
    batch, total = random_batch(), 0
    for domain, label in (("source", 0.0), ("target", 1.0)):
        feats = other.features_and_logits(batch["inputs"][domain])[0][-1]
        total = total + 0.5 * gan_loss(discriminator(Reversal.apply(feats, 0.7)), label)
    total.backward()
    torch.testing.assert_close(losses["it.loss_dis"], total)
    reached = 0
    for (name, one), (_, two) in zip(
        model.named_parameters(), other.named_parameters(), strict=True
    ):
        assert (one.grad is None) == (two.grad is None), name
        if one.grad is not None:
            torch.testing.assert_close(one.grad, two.grad, atol=1e-6, rtol=1e-4)
            reached += 1
    assert reached > 20


def test_published_settings_and_what_is_refused():
    assert MinEnt().weights == {"decode": 0.001}
    assert (MaxSquare().weights, MaxSquare().balance) == ({"decode": 0.1}, 0.2)
    assert DomainReversal(8).weight == 0.001
    with pytest.raises(ConfigError, match="`balance` must be in"):
        MaxSquare(balance=2)
    for weights in ({}, {"decode": -1.0}):
        with pytest.raises(ConfigError, match="weights must be 0 or more"):
            MinEnt(weights)
    with pytest.raises(ConfigError, match="there is no head `aux_1`"):
        MinEnt({"aux_1": 1.0}).attach(build_segmentor(segmentor_config(aux=True)).segmentor)
