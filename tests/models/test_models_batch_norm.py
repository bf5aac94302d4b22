"""Target statistics in batch norm, against PyTorch's own and against slow sums."""

from __future__ import annotations

import copy

import pytest
import torch
from gloo import in_two_processes, join, leave
from hypothesis import given
from hypothesis import strategies as st
from model_samples import BATCH_NORM, GROUP_NORM, build, segmentor_config
from torch import nn

from mmda.errors import ConfigError, DataError
from mmda.models.batch_norm import (
    Moments,
    TargetBatch,
    adapt_statistics,
    batch_norm_layers,
    cell_weights,
    run_heads,
)


class Pixelwise(nn.Module):
    """Two layers of 1 x 1 convolutions, so that no pixel sees another."""

    with_auxiliary_head = False

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.backbone = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU())
        self.decode_head = nn.Sequential(nn.Conv2d(4, 5, 1), nn.BatchNorm2d(5))

    def extract_feat(self, images):
        return self.backbone(images)


def images(n: int = 4, size: int = 16) -> torch.Tensor:
    return 3 + 2 * torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(5))


def network(seed: int = 0) -> nn.Module:
    return build(segmentor_config(BATCH_NORM, aux=True), seed).segmentor


def adapt(net, batches, **options):
    return adapt_statistics(net, lambda: [TargetBatch(*one) for one in batches], **options)


def statistics(net) -> dict[str, torch.Tensor]:
    return {
        f"{name}.{kind}": getattr(layer, kind).clone()
        for name, layer in batch_norm_layers(net).items()
        for kind in ("running_mean", "running_var")
    }


def assert_close(one: dict, other: dict, **tolerance: float) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        torch.testing.assert_close(
            value, other[name], msg=lambda m, n=name: f"{n}: {m}", **tolerance
        )


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.booleans())
def test_moments_are_those_of_all_values_at_once(sizes, weighted):
    generator = torch.Generator().manual_seed(sum(sizes))
    parts = [100 + torch.randn(n, 2, 3, 4, generator=generator) for n in sizes]
    weights = [torch.rand(n, 3, 4, generator=generator).round(decimals=1) for n in sizes]
    pooled = Moments(2)
    for part, weight in zip(parts, weights, strict=True):
        pooled.add(Moments.of(part, weight if weighted else None))
    values = torch.cat(parts).transpose(0, 1).flatten(1).double()
    w = torch.cat(weights).flatten().double() if weighted else torch.ones(values.shape[1]).double()
    mean = (values * w).sum(1) / w.sum()
    variance = ((values - mean[:, None]).square() * w).sum(1) / w.sum()
    torch.testing.assert_close(pooled.mean, mean, atol=1e-4, rtol=0)
    torch.testing.assert_close(pooled.variance, variance, atol=1e-4, rtol=1e-4)


def test_one_batch_equals_torchs_training_step_of_momentum_one():
    net = network()
    oracle = copy.deepcopy(net).train()
    for module in oracle.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
        elif isinstance(module, (nn.Dropout, nn.Dropout2d)):
            module.eval()
    with torch.no_grad():
        run_heads(oracle, images())
    done = adapt(net, [(images(),)])
    assert_close(statistics(net), statistics(oracle), atol=1e-4, rtol=1e-4)
    assert (done.layers, done.images, done.pixels) == (len(batch_norm_layers(net)), 4, 4 * 256)
    assert done.shift > 0.1


def test_weights_and_modes_are_kept():
    net = network().train()
    before, modes = copy.deepcopy(net.state_dict()), [m.training for m in net.modules()]
    adapt(net, [(images(),)])
    for name, value in net.state_dict().items():
        assert torch.equal(value, before[name]) != ("running_" in name), name
    assert modes == [m.training for m in net.modules()]
    assert not any(m._forward_pre_hooks for m in net.modules())


def test_batches_change_nothing_but_what_layers_before_have_normalised():
    whole, parts, converged = network(), network(), network()
    every = images(6)
    adapt(whole, [(every,)])
    adapt(parts, [(every[:1],), (every[1:],)])
    first = next(iter(batch_norm_layers(whole)))
    one, other = statistics(whole), statistics(parts)
    for kind in ("running_mean", "running_var"):
        torch.testing.assert_close(one[f"{first}.{kind}"], other[f"{first}.{kind}"])
    assert any((one[name] - other[name]).abs().max() > 1e-3 for name in one)
    passes = len(batch_norm_layers(whole))
    adapt(whole, [(every,)], passes=passes)
    adapt(converged, [(every[:1],), (every[1:],)], passes=passes)
    assert_close(statistics(whole), statistics(converged), atol=1e-4, rtol=1e-4)


def test_pixels_that_do_not_count_reach_no_statistic():
    net, oracle = Pixelwise(), Pixelwise()
    picture = images(3)
    counted = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(1)) > 0.4
    counted[2] = False
    only = picture.transpose(0, 1)[:, counted][None, :, :, None]  # the counted pixels in one column
    adapt(oracle, [(only,)])
    spoiled = picture.masked_fill(~counted[:, None], float("nan"))
    done = adapt(net, [(spoiled, counted), (spoiled, torch.zeros_like(counted))])
    assert_close(statistics(net), statistics(oracle), atol=1e-5, rtol=1e-5)
    assert (done.images, done.pixels) == (3, int(counted.sum()))


def test_a_cell_counts_if_all_its_pixels_do():
    counted = torch.ones(3, 8, 8, dtype=torch.bool)
    counted[0, :, 3:] = False  # a column of cells is whole, one has half of its pixels
    counted[1, ::2, ::2] = False  # no cell is whole
    counted[2] = False
    weights = cell_weights(counted, (4, 4))
    assert weights[0].tolist() == [[1.0, 0.0, 0.0, 0.0]] * 4
    assert weights[1].tolist() == [[0.75] * 4] * 4
    assert not weights[2].any()
    assert cell_weights(counted, (1, 1)).flatten().tolist() == [3 / 8, 0.75, 0.0]


def test_blend_is_between_old_and_new():
    old, new, mixed = network(), network(), network()
    adapt(new, [(images(),)])
    adapt(mixed, [(images(),)], blend=0.25)
    first, second = statistics(old), statistics(new)
    expected = {name: 0.25 * first[name] + 0.75 * second[name] for name in first}
    assert_close(statistics(mixed), expected)
    adapt(new, [(images(2),)], blend=1)
    assert_close(statistics(new), second)


def test_what_is_refused():
    with pytest.raises(ConfigError, match=r"no batch norm .*GroupNorm.*norm_cfg"):
        adapt(build(segmentor_config(GROUP_NORM)).segmentor, [(images(),)])
    for options in ({"blend": -0.1}, {"blend": 1.1}, {"passes": 0}):
        with pytest.raises(ConfigError, match=f"`{next(iter(options))}`"):
            adapt(network(), [(images(),)], **options)
    with pytest.raises(DataError, match="no pixel of the target counts"):
        adapt(network(), [(images(), torch.zeros(4, 16, 16, dtype=torch.bool))])


def test_a_failure_leaves_the_network_as_it_was():
    net = network()
    before = statistics(net)

    def batches():
        yield TargetBatch(images())
        raise DataError("the raster is cut")

    with pytest.raises(DataError, match="cut"):
        adapt_statistics(net, batches)
    assert_close(statistics(net), before, atol=0, rtol=0)


def _adapt_share(rank: int, folder) -> None:
    join(rank, folder)
    net, every = network(), images(6)
    done = adapt(net, [(every[:2],), (every[4:],)] if rank == 0 else [(every[2:4],)], passes=2)
    torch.save((statistics(net), done), folder / f"{rank}.pt")
    leave()


def test_two_processes_equal_one(tmp_path):
    in_two_processes(_adapt_share, tmp_path)
    net, every = network(), images(6)
    done = adapt(net, [(every[:2],), (every[2:4],), (every[4:],)], passes=2)
    for rank in (0, 1):
        found, theirs = torch.load(tmp_path / f"{rank}.pt", weights_only=False)
        assert_close(found, statistics(net), atol=1e-6, rtol=1e-5)
        assert (theirs.images, theirs.pixels) == (done.images, done.pixels)


class Pooled(nn.Module):
    """A layer on images pooled to one cell, as in DeepLab-v3, and one that they are added to."""

    with_auxiliary_head = False

    def __init__(self) -> None:
        super().__init__()
        self.pooled, self.decode_head = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
        self.pooled.running_mean.fill_(0.5)
        self.pooled.running_var.fill_(4.0)

    def extract_feat(self, images):
        return images + self.pooled(images.mean((2, 3), keepdim=True))


def test_a_batch_of_one_value_is_not_normalised_by_it():
    net, every = Pooled().eval(), images(3)
    adapt(net, [(every[:1],), (every[1:2],), (every[2:],)])
    pooled = every.mean((2, 3))
    torch.testing.assert_close(net.pooled.running_mean, pooled.mean(0))
    torch.testing.assert_close(net.pooled.running_var, pooled.var(0))
    seen = every + ((pooled - 0.5) / (4 + 1e-5) ** 0.5)[..., None, None]  # the stored statistics
    torch.testing.assert_close(net.decode_head.running_mean, seen.mean((0, 2, 3)))
    alone = Pooled().eval()
    adapt(alone, [(every[:1],)])
    assert alone.pooled.running_mean.tolist() == [0.5] * 3
    assert alone.pooled.running_var.tolist() == [4.0] * 3
