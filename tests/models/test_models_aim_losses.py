"""AIM's pooling, matching and weights against slow loops, known values and gradcheck."""

from __future__ import annotations

import pytest
import torch
from torch.autograd import gradcheck

from mmda.models.losses import adaptive_weights, matching_loss, region_means


def draw(n=2, d=3, size=(4, 5), slots=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(n, d, *size, generator=generator, dtype=torch.float64)
    regions = torch.randint(-1, slots, (n, *size), generator=generator)
    return features.requires_grad_(), regions


def instances(n=2, k=3, m=4, d=5, stored=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(n, k, m, d, generator=generator, dtype=torch.float64)
    bank = torch.randn(k, stored, d, generator=generator, dtype=torch.float64)
    counted = torch.rand(n, k, m, generator=generator) < 0.6
    return features.requires_grad_(), bank, counted, torch.rand(k, generator=generator).double()


def nearest(features, bank):
    distances = (features[:, :, :, None] - bank[:, None]).abs().mean(4)
    return torch.stack(
        [
            torch.stack([bank[k][distances[n, k].argmin(1)] for k in range(len(bank))])
            for n in range(len(features))
        ]
    ).detach()


def slow_matching(features, bank, counted, weights):
    """Eq. 11 with the minimum in the graph."""
    total = 0.0
    n, classes, m, _ = features.shape
    for i in range(n):
        for k in range(classes):
            terms = [
                torch.stack([(features[i, k, j] - row).abs().mean() for row in bank[k]]).min()
                for j in range(m)
                if counted[i, k, j]
            ]
            if terms:
                total = total + weights[k] * sum(terms) / len(terms)
    return total / n


@pytest.mark.parametrize("n", [1, 3])
def test_means_are_those_of_a_loop(n):
    features, regions = draw(n)
    means, cells = region_means(features, regions, 4)
    assert means.shape == (n, 4, 3)
    for i in range(n):
        for slot in range(4):
            inside = features[i][:, regions[i] == slot]
            assert cells[i, slot] == inside.shape[1]
            expected = inside.mean(1) if inside.numel() else torch.zeros(3).double()
            torch.testing.assert_close(means[i, slot].double(), expected, rtol=1e-5, atol=1e-6)


def test_the_gradient_of_a_mean_is_spread_over_its_cells():
    features, regions = draw(1)
    means, cells = region_means(features, regions, 3)
    (gradient,) = torch.autograd.grad(means[0, 1, 2], features)
    expected = (regions == 1).double() / cells[0, 1]
    torch.testing.assert_close(gradient[:, 2], expected)
    assert not gradient[:, :2].any()


@pytest.mark.parametrize("seed", range(4))
def test_matching_equals_the_slow_formula(seed):
    features, bank, counted, weights = instances(seed=seed)
    value = matching_loss(features, nearest(features, bank), counted, weights)
    expected = slow_matching(features, bank, counted, weights)
    torch.testing.assert_close(value, expected)
    got, want = (torch.autograd.grad(v, features) for v in (value, expected))
    torch.testing.assert_close(got, want)
    assert want[0].any()


def test_known_matching_value():
    features = torch.tensor([[[[1.0, 0.0], [5.0, 5.0]], [[2.0, 2.0], [0.0, 0.0]]]])
    near = torch.tensor([[[[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [3.0, 0.0]]]])
    counted = torch.tensor([[[True, False], [True, True]]])
    # class 0: 0.5; class 1: (1.5 + 1.5) / 2
    value = matching_loss(features, near, counted, torch.tensor([2.0, 10.0]))
    assert float(value) == pytest.approx(2 * 0.5 + 10 * 1.5)


def test_nothing_to_match_is_a_zero_in_the_graph():
    features, bank, counted, weights = instances()
    value = matching_loss(features, nearest(features, bank), counted & False, weights)
    assert value == 0
    (gradient,) = torch.autograd.grad(value, features)
    assert not gradient.any()


def test_gradcheck():
    features, bank, counted, weights = instances(n=1, k=2, m=2, d=3)
    near = nearest(features, bank)
    assert gradcheck(lambda f: matching_loss(f, near, counted, weights), (features,))


def published_eta(distances):
    """Eq. 10 as it stands."""
    spread = max(distances) - min(distances)
    zeta = [d / spread for d in distances]
    return [z / max(abs(a - b) for a in zeta for b in zeta) for z in zeta]


@pytest.mark.parametrize("distances", [[1.0, 2.0], [0.3, 0.1, 0.7, 0.2], [5.0, 5.0, 6.0]])
def test_eta_is_that_of_equation_10(distances):
    held = torch.ones(len(distances), dtype=torch.bool)
    eta, defined = adaptive_weights(torch.tensor(distances), held)
    assert defined.all()
    torch.testing.assert_close(eta, torch.tensor(published_eta(distances)))


def test_eta_ignores_classes_that_a_domain_lacks():
    held = torch.tensor([True, False, True, True])
    eta, defined = adaptive_weights(torch.tensor([0.3, 99.0, 0.7, 0.2]), held)
    assert torch.equal(defined, held)
    torch.testing.assert_close(eta[held], torch.tensor(published_eta([0.3, 0.7, 0.2])))
    assert eta[1] == 1


@pytest.mark.parametrize(
    ("distances", "held"),
    [
        ([0.4], [True]),  # a single foreground class
        ([0.4, 0.7], [True, False]),
        ([0.4, 0.4], [True, True]),
        ([0.4, 0.7], [False, False]),
    ],
)
def test_eta_is_one_where_equation_10_divides_by_zero(distances, held):
    eta, defined = adaptive_weights(torch.tensor(distances), torch.tensor(held))
    assert not defined.any()
    assert eta.tolist() == [1.0] * len(distances)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_features_are_summed_in_float32(dtype):
    """The sum of 64 x 64 cells of 100 passes the largest float16."""
    features = torch.full((1, 2, 64, 64), 100.0, dtype=dtype)
    means, cells = region_means(features, torch.zeros(1, 64, 64), 1)
    assert means.dtype == torch.float32
    assert cells.item() == 4096
    assert means.flatten().tolist() == [100.0, 100.0]
