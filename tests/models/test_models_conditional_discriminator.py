"""The factorised conditional discriminator against the published outer product."""

from __future__ import annotations

import pytest
import torch

from mmda.models import ConditionalDiscriminator


def naive(discriminator, p, h, q):
    """The published form: D on F (x) Q, C * C channels, Q-major, for each group."""
    logits = []
    for group in range(h.shape[1]):
        f = h[:, group, None] * p
        product = torch.stack(
            [
                q[:, group, j, None, None] * f[:, i]
                for j in range(p.shape[1])
                for i in range(p.shape[1])
            ],
            1,
        )
        logits.append(discriminator.layers(product)[:, 0])
    return torch.stack(logits, 1)


def inputs(n, c, k, size, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    p, h, q = (
        torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in ((n, c, *size), (n, k, *size), (n, k, c))
    )
    tensors = [p.softmax(1), h.softmax(1), q.softmax(2)]
    return [x.to(dtype).requires_grad_() for x in tensors]


def gradients(discriminator, tensors, forward):
    torch.manual_seed(1)
    logits = forward(*tensors)
    weights = torch.randn(logits.shape, dtype=torch.float64).to(logits.dtype)
    leaves = [*tensors, *discriminator.parameters()]
    return [logits, *torch.autograd.grad((logits * weights).sum(), leaves)]


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)])
@pytest.mark.parametrize(
    ("n", "c", "k", "size"),
    [(1, 2, 2, (32, 32)), (3, 2, 1, (32, 48)), (2, 6, 4, (33, 40)), (1, 13, 8, (32, 32))],
)
def test_values_and_gradients_equal_the_published_form(n, c, k, size, dtype, tolerance):
    torch.manual_seed(0)
    # Five layers, as published, take the groups one by one in some layers and together in others.
    for layers in (1, 3, 5):
        discriminator = ConditionalDiscriminator(c, channels=4, num_layers=layers).to(dtype)
        check_against_naive(discriminator, inputs(n, c, k, size, dtype), tolerance)


def check_against_naive(discriminator, tensors, tolerance):
    ours = gradients(discriminator, tensors, discriminator)
    theirs = gradients(discriminator, tensors, lambda *x: naive(discriminator, *x))
    for one, other in zip(ours, theirs, strict=True):
        # Relative to the tensor's size: gradients of weights sum over thousands of pixels.
        assert (one - other).abs().max() <= tolerance * max(1.0, float(other.abs().max()))


def test_the_normalised_input_is_k_times_c_times_the_published_one():
    torch.manual_seed(0)
    discriminator = ConditionalDiscriminator(3, channels=4, num_layers=3, normalise=True).double()
    tensors = inputs(2, 3, 4, (16, 24), torch.float64)
    ours = gradients(discriminator, tensors, discriminator)
    theirs = gradients(discriminator, tensors, lambda p, h, q: naive(discriminator, p, h, 12 * q))
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_normalised_and_uniform_it_judges_the_softmax_maps():
    """As a discriminator of the output space whose kernels are the sum over the condition."""
    torch.manual_seed(0)
    discriminator = ConditionalDiscriminator(3, channels=4, num_layers=2, normalise=True)
    p = torch.rand(2, 3, 16, 16).softmax(1)
    uniform = torch.full((2, 4, 16, 16), 1 / 4), torch.full((2, 4, 3), 1 / 3)
    expected = discriminator.layers(p.repeat(1, 3, 1, 1))  # F_i at every jC + i
    got = discriminator(p, *uniform)
    torch.testing.assert_close(got, expected.expand_as(got))


def test_with_one_class_it_is_the_plain_discriminator():
    discriminator = ConditionalDiscriminator(1, channels=4, num_layers=2)
    maps = torch.rand(2, 1, 8, 8)
    ones = torch.ones(2, 1, 8, 8)
    got = discriminator(maps, ones, torch.ones(2, 1, 1))
    torch.testing.assert_close(got, discriminator.layers(maps))


def test_the_first_layer_is_the_published_one():
    """Weights move between the two forms as they are."""
    assert ConditionalDiscriminator(19).layers[0].weight.shape == (64, 361, 4, 4)


def test_logits_have_one_map_per_group():
    p, h, q = inputs(2, 3, 5, (64, 96), torch.float32)
    assert ConditionalDiscriminator(3, channels=4)(p, h, q).shape == (2, 5, 2, 3)


def test_gradcheck():
    torch.manual_seed(0)
    discriminator = ConditionalDiscriminator(2, channels=2, num_layers=2).double()
    tensors = inputs(1, 2, 2, (4, 5), torch.float64)
    assert torch.autograd.gradcheck(discriminator, tensors)
