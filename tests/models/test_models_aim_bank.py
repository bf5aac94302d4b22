"""The bank of source features against lists."""

from __future__ import annotations

import pytest
import torch

from mmda.models.alignments.feature_bank import FeatureBank


def rows(n=2, k=3, m=4, d=5, seed=0, chance=0.6):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, k, m, d, generator=generator), (
        torch.rand(n, k, m, generator=generator) < chance
    )


def in_order(bank, k):
    """A class's features, the oldest first."""
    if bank.filled[k] < bank.capacity:
        return bank.features[k, : bank.filled[k]]
    return bank.features[k].roll(-int(bank.cursor[k]), 0)


@pytest.mark.parametrize("capacity", [1, 3, 5, 8, 100])
@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_a_ring_buffer_keeps_the_last_rows(capacity, chance):
    """With 8 rows at a time: fewer than fit, as many, more; wrapped around many times."""
    bank = FeatureBank(3, capacity, 5)
    lists = [[] for _ in range(3)]
    for seed in range(12):
        features, counted = rows(seed=seed, chance=chance)
        bank.push(features, counted)
        for k, kept in enumerate(lists):
            kept += [features[n, k, m] for n in range(2) for m in range(4) if counted[n, k, m]]
            del kept[:-capacity]
            assert bank.filled[k] == len(kept)
            expected = torch.stack(kept) if kept else torch.zeros(0, 5)
            assert torch.equal(in_order(bank, k), expected)


def test_batches_of_any_size_leave_the_same_bank():
    features, counted = rows(n=6)
    at_once, one_by_one = FeatureBank(3, 7, 5), FeatureBank(3, 7, 5)
    at_once.push(features, counted)
    for n in range(6):
        one_by_one.push(features[n : n + 1], counted[n : n + 1])
    for name, value in at_once.state_dict().items():
        assert torch.equal(value, one_by_one.state_dict()[name]), name


@pytest.mark.parametrize("stored", [1, 3, 20])
def test_the_nearest_is_that_of_a_loop(stored):
    bank = FeatureBank(3, 8, 5)
    features, _ = rows(n=1, m=stored, seed=1)
    bank.push(features, torch.ones(1, 3, stored, dtype=torch.bool))
    queries, _ = rows(n=2, m=4, seed=2)
    found = bank.nearest(queries)
    for n in range(2):
        for k in range(3):
            for m in range(4):
                kept = features[0, k, -8:]
                distances = [(queries[n, k, m] - row).abs().sum() for row in kept]
                expected = kept[min(range(len(kept)), key=distances.__getitem__)]
                assert torch.equal(found[n, k, m], expected)


def test_empty_slots_are_never_the_nearest():
    """They hold zeros, to which a query near 0 is nearer than to anything stored."""
    bank = FeatureBank(1, 4, 2)
    bank.push(torch.full((1, 1, 1, 2), 9.0), torch.ones(1, 1, 1, dtype=torch.bool))
    assert torch.equal(bank.nearest(torch.zeros(1, 1, 1, 2)), torch.full((1, 1, 1, 2), 9.0))


def test_an_empty_bank_gives_zeros_and_holds_nothing():
    bank = FeatureBank(2, 4, 2)
    assert not bank.nearest(torch.ones(1, 2, 3, 2)).any()
    assert not bank.holds(1).any()


def test_holds_a_number_or_all_that_fits():
    bank = FeatureBank(2, 3, 1)
    counted = torch.tensor([[[True, True, False], [True, True, True]]])
    bank.push(torch.ones(1, 2, 3, 1), counted)
    assert bank.holds(2).tolist() == [True, True]
    assert bank.holds(3).tolist() == [False, True]
    assert bank.holds(32).tolist() == [False, True]


def test_the_state_is_restored_bit_by_bit():
    first, second = FeatureBank(3, 5, 5), FeatureBank(3, 5, 5)
    first.push(*rows())
    second.load_state_dict(first.state_dict())
    for bank in (first, second):
        bank.push(*rows(seed=1))
    assert first.state_dict().keys() == {"features", "cursor", "filled"}
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
        assert value.any()


def test_stored_features_have_no_gradient():
    bank = FeatureBank(3, 5, 5)
    features, counted = rows()
    bank.push(features.requires_grad_(), counted)
    assert not bank.features.requires_grad
    assert not bank.nearest(features).requires_grad
