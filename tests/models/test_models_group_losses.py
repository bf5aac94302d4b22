"""CDGA's losses against slow oracles, known values and gradcheck."""

from __future__ import annotations

import math

import pytest
import torch
from torch.autograd import gradcheck

from mmda.models.losses import (
    class_equivalence_loss,
    consistency_loss,
    discriminator_condition,
    group_cosines,
    group_distributions,
    group_maxima,
    orthogonality_loss,
)
from mmda.utils.distributed import weighted_batch_mean


def maps(n=2, c=3, k=4, size=(3, 5), seed=0, dtype=torch.float64):
    """Random softmax maps p and assignments H."""
    generator = torch.Generator().manual_seed(seed)
    p = torch.randn(n, c, *size, generator=generator, dtype=dtype).mul(2).softmax(1)
    h = torch.randn(n, k, *size, generator=generator, dtype=dtype).mul(2).softmax(1)
    return p, h


def grouped(p, h):
    """F as the paper has it, (N, K, C, H, W)."""
    return h[:, :, None] * p[:, None]


def distributions(k=4, c=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(k, c, generator=generator, dtype=torch.float64)


def slow_consistency(source, target):
    k, c = source.shape
    return sum((source[i, u] - target[i, u]) ** 2 for i in range(k) for u in range(c))


def slow_orthogonality(q):
    total = 0.0
    for first in range(len(q)):
        for second in range(first + 1, len(q)):
            dot = sum(a * b for a, b in zip(q[first], q[second], strict=True))
            norms = [math.sqrt(sum(float(a) ** 2 for a in q[i])) for i in (first, second)]
            total += float(dot) / (norms[0] * norms[1])
    return total


def slow_equivalence(source, target, threshold):
    k, c = source.shape
    total = 0.0
    for group in range(k):
        for u in range(c):
            if source[group, u] >= threshold:
                total -= math.log(max(float(target[group, u]), 1e-6))
    return total


@pytest.mark.parametrize("k", [1, 2, 8])
@pytest.mark.parametrize("n", [1, 3])
def test_q_and_m_are_the_mean_and_the_maximum_of_f(n, k):
    p, h = maps(n=n, k=k)
    torch.testing.assert_close(group_distributions(p, h), grouped(p, h).mean((3, 4)))
    torch.testing.assert_close(group_maxima(p, h), grouped(p, h).amax((3, 4)))


def test_q_is_the_mean_over_the_pixels_that_count():
    p, h = maps(n=3)
    mask = torch.rand(3, 3, 5, generator=torch.Generator().manual_seed(1)) < 0.5
    mask[2] = False
    q = group_distributions(p, h.masked_fill(~mask[:, None], 0), mask)
    for n in range(2):
        places = mask[n].nonzero().tolist()
        expected = sum(torch.outer(h[n, :, y, x], p[n, :, y, x]) for y, x in places) / len(places)
        torch.testing.assert_close(q[n], expected)
    assert not q[2].any()
    shares = mask.double().mean((1, 2))
    weighted = (q * mask.sum((1, 2))[:, None, None]).sum(0) / mask.sum()
    torch.testing.assert_close(weighted_batch_mean(q, shares), weighted)
    torch.testing.assert_close(weighted_batch_mean(q, None), q.mean(0))
    assert not weighted_batch_mean(q, 0 * shares).any()


def test_q_sums_to_one_per_sample():
    q = group_distributions(*maps())
    torch.testing.assert_close(q.sum((1, 2)), torch.ones(2, dtype=torch.float64))


@pytest.mark.parametrize("seed", range(5))
def test_losses_equal_the_slow_formulas(seed):
    source, target = distributions(seed=seed), distributions(seed=seed + 100)
    assert float(consistency_loss(source, target)) == pytest.approx(
        float(slow_consistency(source, target))
    )
    assert float(orthogonality_loss(source)) == pytest.approx(slow_orthogonality(source))
    m_source, m_target = (group_maxima(*maps(n=1, seed=s))[0] for s in (seed, seed + 100))
    for threshold in (0.0, 0.4, 1.0):
        assert float(class_equivalence_loss(m_source, m_target, threshold)) == pytest.approx(
            slow_equivalence(m_source, m_target, threshold)
        )


def test_consistency_known_value_and_gradient():
    source = torch.tensor([[0.5, 0.0], [0.25, 0.25]], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([[0.2, 0.4], [0.25, 0.25]], dtype=torch.float64, requires_grad=True)
    loss = consistency_loss(source, target)
    loss.backward()
    assert loss.item() == pytest.approx(0.3**2 + 0.4**2)
    expected = torch.tensor([[0.6, -0.8], [0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(source.grad, expected)
    torch.testing.assert_close(target.grad, -expected)


def test_orthogonality_known_values():
    axes = torch.eye(3, dtype=torch.float64)
    assert orthogonality_loss(axes).item() == 0
    assert orthogonality_loss(axes[[0, 0, 1]]).item() == pytest.approx(1)  # one pair is parallel
    assert orthogonality_loss(0.2 * axes[[0, 0, 0]]).item() == pytest.approx(3)  # scale is free
    diagonal = torch.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    assert orthogonality_loss(diagonal).item() == pytest.approx(1 / math.sqrt(2))
    assert orthogonality_loss(axes[:1]).item() == 0  # a single group has no pair


def test_an_empty_group_is_orthogonal_with_a_finite_gradient():
    q = torch.tensor([[0.0, 0.0], [0.5, 0.5]], dtype=torch.float64, requires_grad=True)
    loss = orthogonality_loss(q)
    loss.backward()
    assert loss.item() == 0
    assert torch.isfinite(q.grad).all()


def test_equivalence_known_value_gradient_and_clamp():
    source = torch.tensor([[0.9, 0.04, 0.5]], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([[0.5, 0.5, 0.0]], dtype=torch.float64, requires_grad=True)
    loss = class_equivalence_loss(source, target, 0.05)
    loss.backward()
    assert loss.item() == pytest.approx(-math.log(0.5) - math.log(1e-6))
    # An absent source class (0.04) asks for nothing; a class that the target lacks is clamped.
    expected = torch.tensor([[-2.0, 0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(target.grad, expected)
    assert source.grad is None


def test_the_condition_sums_to_one_and_has_no_gradient():
    q = distributions()[None].requires_grad_()
    c = discriminator_condition(q)
    assert not c.requires_grad
    torch.testing.assert_close(c.sum(-1), torch.ones(1, 4, dtype=torch.float64), atol=1e-5, rtol=0)
    empty = torch.zeros(1, 1, 3)
    assert torch.equal(discriminator_condition(empty), empty)


def test_cosines_are_those_of_numpy():
    q = distributions()
    lengths = q.norm(dim=1)
    torch.testing.assert_close(group_cosines(q), (q @ q.T) / (lengths[:, None] * lengths))


def test_gradcheck():
    p, h = (x.requires_grad_() for x in maps(n=1, size=(2, 3)))
    other = group_distributions(*maps(n=1, seed=5))[0]
    assert gradcheck(lambda p, h: consistency_loss(group_distributions(p, h)[0], other), (p, h))
    assert gradcheck(lambda p, h: orthogonality_loss(group_distributions(p, h)[0]), (p, h))
    m = group_maxima(*maps(n=1, seed=5))[0]
    assert gradcheck(lambda p, h: class_equivalence_loss(m, group_maxima(p, h)[0], 0.1), (p, h))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_inputs_give_finite_losses_near_the_exact_ones(dtype):
    p, h = maps(size=(8, 8))
    exact = group_distributions(p, h)[0], group_distributions(*maps(seed=3, size=(8, 8)))[0]
    m = group_maxima(p, h)[0], group_maxima(*maps(seed=3, size=(8, 8)))[0]
    for loss, given in (
        (consistency_loss, exact),
        (lambda one, other: orthogonality_loss(one) + orthogonality_loss(other), exact),
        (class_equivalence_loss, m),
    ):
        value, gradients = value_and_gradients(loss, given)
        half_value, half_gradients = value_and_gradients(loss, [x.to(dtype) for x in given])
        assert half_value == pytest.approx(value, rel=0.05)
        for got, expected in zip(half_gradients, gradients, strict=True):
            scale = float(expected.abs().max())
            torch.testing.assert_close(got.double(), expected, rtol=0.05, atol=0.05 * scale)


def value_and_gradients(loss, given):
    leaves = [x.clone().requires_grad_() for x in given]
    value = loss(*leaves)
    gradients = torch.autograd.grad(value, leaves, allow_unused=True, materialize_grads=True)
    return float(value), gradients
