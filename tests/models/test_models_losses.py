"""Adversarial losses and self-information against slow oracles and known values."""

from __future__ import annotations

import math

import pytest
import torch

from mmda.errors import ConfigError
from mmda.models.alignments import FeatureAdversarial, OutputAdversarial
from mmda.models.losses import domain_accuracy, gan_loss, self_information


def slow_gan_loss(logits: torch.Tensor, label: float, kind: str) -> float:
    terms = []
    for value in logits.flatten().tolist():
        if kind == "lsgan":
            terms.append((value - label) ** 2)
        else:
            p = 1 / (1 + math.exp(-value))
            terms.append(-(label * math.log(p) + (1 - label) * math.log(1 - p)))
    return sum(terms) / len(terms)


@pytest.mark.parametrize("kind", ["vanilla", "lsgan"])
@pytest.mark.parametrize("label", [0.0, 1.0, 0.9])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 1, 3, 5)])
def test_gan_loss_equals_the_slow_formula(kind, label, shape):
    logits = torch.randn(shape, generator=torch.Generator().manual_seed(0)).double() * 3
    assert float(gan_loss(logits, label, kind)) == pytest.approx(slow_gan_loss(logits, label, kind))


@pytest.mark.parametrize(
    ("kind", "logit", "label", "value", "slope"),
    [
        ("vanilla", 0.0, 1.0, math.log(2), -0.5),
        ("vanilla", 0.0, 0.0, math.log(2), 0.5),
        ("vanilla", 200.0, 0.0, 200.0, 1.0),
        ("vanilla", -200.0, 0.0, 0.0, 0.0),
        ("lsgan", 3.0, 1.0, 4.0, 4.0),
        ("lsgan", 1.0, 1.0, 0.0, 0.0),
    ],
)
def test_gan_loss_known_values_and_slopes(kind, logit, label, value, slope):
    logits = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
    loss = gan_loss(logits, label, kind)
    loss.backward()
    assert loss.item() == pytest.approx(value)
    assert logits.grad.item() == pytest.approx(slope)


@pytest.mark.parametrize("kind", ["vanilla", "lsgan"])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_gan_loss_gradient(kind, label):
    logits = torch.randn(2, 1, 3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: gan_loss(x, label, kind), logits)


def test_gan_loss_refuses_an_unknown_kind():
    with pytest.raises(ConfigError, match="`wgan`; expected `vanilla` or `lsgan`"):
        gan_loss(torch.zeros(1), 0.0, "wgan")


@pytest.mark.parametrize("classes", [2, 7, 19])
def test_self_information_equals_the_slow_formula(classes):
    maps = torch.randn(2, classes, 2, 3, generator=torch.Generator().manual_seed(0)).softmax(1)
    got = self_information(maps)
    for value, p in zip(got.flatten().tolist(), maps.flatten().tolist(), strict=True):
        assert value == pytest.approx(-p * math.log2(p) / math.log2(classes), abs=1e-6)


@pytest.mark.parametrize("classes", [2, 5])
def test_entropy_is_one_for_uniform_and_zero_for_certain_maps(classes):
    uniform = torch.full((1, classes, 1, 1), 1 / classes)
    assert self_information(uniform).sum().item() == pytest.approx(1)
    certain = torch.zeros(1, classes, 1, 1)
    certain[:, 0] = 1
    assert self_information(certain).abs().sum().item() == 0


def test_self_information_at_zero_has_a_finite_gradient():
    maps = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1).requires_grad_()
    self_information(maps).sum().backward()
    assert torch.isfinite(maps.grad).all()
    logits = torch.tensor([0.0, 300.0]).view(1, 2, 1, 1).requires_grad_()
    self_information(logits.softmax(1)).sum().backward()
    assert torch.isfinite(logits.grad).all()


def test_self_information_gradient():
    logits = torch.randn(1, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: self_information(x.softmax(1)), logits)


@pytest.mark.parametrize("kind", ["vanilla", "lsgan"])
def test_gan_loss_of_the_logits_that_count(kind):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    counted = torch.rand(2, 1, 4, 5, generator=generator) < 0.5
    chosen = logits[counted.expand_as(logits)]
    got, expected = gan_loss(logits, 1.0, kind, counted), slow_gan_loss(chosen, 1.0, kind)
    assert float(got) == pytest.approx(expected)
    got.backward()
    grad, logits.grad = logits.grad, None
    gan_loss(chosen, 1.0, kind).backward()
    torch.testing.assert_close(grad, logits.grad)
    assert torch.autograd.gradcheck(lambda x: gan_loss(x, 1.0, kind, counted), logits)
    nothing = gan_loss(logits, 1.0, kind, torch.zeros_like(counted))
    assert float(nothing) == 0


@pytest.mark.parametrize(("gan", "weight"), [("vanilla", 0.001), ("lsgan", 0.01)])
def test_the_default_weight_is_the_published_one_of_the_loss(gan, weight):
    small = dict(type="PixelDiscriminator", channels=2, num_layers=1)
    output = OutputAdversarial(2, discriminator=small, gan=gan)
    assert output.weights == {"decode": weight}
    assert FeatureAdversarial(4, discriminator=small, gan=gan).weight == weight
    assert FeatureAdversarial(4, weight=0.5, discriminator=small, gan=gan).weight == 0.5


def test_the_accuracy_of_a_discriminator():
    source = torch.tensor([[-1.0, -2.0, 3.0, -0.5]])  # one of four is taken for the target
    target = torch.tensor([[1.0, -1.0]])
    assert float(domain_accuracy((source, target), (None, None))) == 100 * (3 / 4 + 1 / 2) / 2
    counted = torch.tensor([[True, False, True, False]]), torch.tensor([[False, False]])
    assert float(domain_accuracy((source, target), counted)) == 100 * (1 / 2 + 0) / 2
    near = torch.full((1, 1, 2, 2), 0.4)  # of least squares, the labels are 0 and 1
    assert float(domain_accuracy((near, near), (None, None), "lsgan")) == 50
    assert float(domain_accuracy((near, near + 0.2), (None, None), "lsgan")) == 100
