"""ISIA's losses against slow loops, known values and gradcheck."""

from __future__ import annotations

import math

import pytest
import torch
from torch.autograd import gradcheck

from mmda.models.losses import (
    class_distances,
    class_similarities,
    inter_class_loss,
    intra_class_loss,
)


def vectors(p=2, c=4, length=6, seed=0):
    """Random class vectors of both domains, and which classes each holds."""
    generator = torch.Generator().manual_seed(seed)
    draw = lambda: torch.randn(p, c, length, generator=generator, dtype=torch.float64)  # noqa: E731
    held = [torch.rand(p, c, generator=generator) < 0.7 for _ in range(2)]
    return draw().requires_grad_(), draw().requires_grad_(), *held


def lengths(source):
    return source.new_full((len(source),), source.shape[2])


def slow_intra(source, target, in_source, in_target):
    pairs, classes, length = source.shape
    total = 0.0
    for p in range(pairs):
        terms = []
        for i in range(classes):
            if in_source[p, i] and in_target[p, i]:
                terms.append(sum(abs(source[p, i, x] - target[p, i, x]) for x in range(length)))
        if terms:
            total = total + sum(terms) / length / len(terms)
    return total / pairs


def slow_inter(source, target, in_source, in_target):
    pairs, classes, length = source.shape
    total = 0.0
    for p in range(pairs):
        terms = []
        for i in range(classes):
            for k in range(classes):
                if i == k or not in_source[p, i] or not in_target[p, k]:
                    continue
                a, b = source[p, i], target[p, k]
                dot = sum(a[x] * b[x] for x in range(length))
                norms = [sum(v[x] ** 2 for x in range(length)).sqrt() for v in (a, b)]
                terms.append(0.5 + 0.5 * dot / (norms[0] * norms[1]))
        if terms:
            total = total + sum(terms) / len(terms)
    return total / pairs


def intra(source, target, *held):
    return intra_class_loss(class_distances(source, target, lengths(source)), *held)


def inter(source, target, *held):
    return inter_class_loss(class_similarities(source, target), *held)


@pytest.mark.parametrize(("fast", "slow"), [(intra, slow_intra), (inter, slow_inter)])
@pytest.mark.parametrize("p", [1, 3])
@pytest.mark.parametrize("c", [2, 5])
def test_values_and_gradients_equal_the_slow_formulas(fast, slow, p, c):
    for seed in range(3):
        source, target, *held = vectors(p, c, seed=seed)
        value, expected = fast(source, target, *held), slow(source, target, *held)
        torch.testing.assert_close(value, torch.as_tensor(expected, dtype=torch.float64))
        if isinstance(expected, float):
            continue
        got = torch.autograd.grad(value, (source, target))
        want = torch.autograd.grad(expected, (source, target))
        torch.testing.assert_close(got, want)


def test_known_distances():
    source = torch.tensor([[[0.0, 1.0], [0.5, 0.5]]])
    target = torch.tensor([[[0.5, 0.0], [0.5, 0.1]]])
    torch.testing.assert_close(
        class_distances(source, target, torch.tensor([2.0])), torch.tensor([[0.75, 0.2]])
    )
    # Of four entries two count; the others are 0 in both domains.
    padded = [torch.cat([x, torch.zeros_like(x)], 2) for x in (source, target)]
    torch.testing.assert_close(
        class_distances(*padded, torch.tensor([2.0])), torch.tensor([[0.75, 0.2]])
    )


@pytest.mark.parametrize(("angle", "similarity"), [(0, 1.0), (60, 0.75), (90, 0.5), (180, 0.0)])
def test_known_similarities(angle, similarity):
    direction = [math.cos(math.radians(angle)), math.sin(math.radians(angle))]
    found = class_similarities(torch.tensor([[[3.0, 0.0]]]), 0.1 * torch.tensor([[direction]]))
    assert float(found) == pytest.approx(similarity, abs=1e-6)


def test_the_diagonal_does_not_count_and_order_does():
    similarities = torch.tensor([[[9.0, 0.2], [0.6, 9.0]]])
    both, first, second = (torch.tensor([x]) for x in ([True, True], [True, False], [False, True]))
    assert float(inter_class_loss(similarities, both, both)) == pytest.approx(0.4)
    assert float(inter_class_loss(similarities, first, second)) == pytest.approx(0.2)
    assert float(inter_class_loss(similarities, second, first)) == pytest.approx(0.6)
    assert float(inter_class_loss(similarities, first, first)) == 0


def test_the_gradient_of_the_inter_class_term_is_not_zero():
    """A cosine over a dimension of size 1 is a constant."""
    source, target, *_ = vectors()
    held = torch.ones(2, 4, dtype=torch.bool)
    (gradient,) = torch.autograd.grad(inter(source, target, held, held), target)
    assert (gradient.abs().amax(2) > 1e-4).all()  # for every class
    public = torch.cosine_similarity(source[..., None], target[..., None], dim=3)
    (constant,) = torch.autograd.grad(public.sum(), target)
    assert constant.abs().max() < 1e-6


def test_descending_the_losses_aggregates_and_separates():
    source, target, *_ = vectors(p=1)
    held = torch.ones(1, 4, dtype=torch.bool)
    for loss in (intra, inter):
        before = loss(source, target, held, held)
        (gradient,) = torch.autograd.grad(before, target)
        assert loss(source, target - 0.1 * gradient, held, held) < before


@pytest.mark.parametrize("loss", [intra, inter])
def test_a_pair_without_common_classes_counts_as_zero_and_stays_in_the_graph(loss):
    source, target, *_ = vectors(p=2)
    some = torch.tensor([[True] * 4, [False] * 4])
    alone = loss(source[:1], target[:1], some[:1], some[:1])
    torch.testing.assert_close(loss(source, target, some, some), alone / 2)
    nothing = loss(source, target, some & False, some)
    assert nothing == 0
    (gradient,) = torch.autograd.grad(nothing, target)
    assert not gradient.any()


def test_vectors_of_zeros_have_finite_gradients():
    source = torch.zeros(1, 3, 4, requires_grad=True)
    held = torch.ones(1, 3, dtype=torch.bool)
    value = inter(source, source, held, held) + intra(source, source, held, held)
    value.backward()
    assert value == 0.5
    assert torch.isfinite(source.grad).all()


def test_gradcheck():
    source, target, *held = vectors(p=2, c=3, length=3)
    assert gradcheck(lambda s, t: intra(s, t, *held), (source, target))
    assert gradcheck(lambda s, t: inter(s, t, *held), (source, target))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("loss", [intra, inter])
def test_half_precision_vectors_are_near_the_exact_ones(loss, dtype):
    source, target, *held = vectors()
    half = loss(source.to(dtype), target.to(dtype), *held)
    assert float(half) == pytest.approx(float(loss(source, target, *held)), rel=0.02)
