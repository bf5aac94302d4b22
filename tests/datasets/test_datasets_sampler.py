"""The paired sampler: full passes, independent orders, processes and skips."""

from __future__ import annotations

import itertools
import time
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmda.datasets import PairedDomainSampler, sampler


def make(monkeypatch=None, source=5, target=3, rank=0, world=1, seed=0, **kwargs):
    if monkeypatch is not None:
        monkeypatch.setattr(sampler, "get_dist_info", lambda: (rank, world))
    return PairedDomainSampler(
        SimpleNamespace(source_size=source, target_size=target), seed=seed, **kwargs
    )


def take(one, n):
    return list(itertools.islice(iter(one), n))


@settings(max_examples=50, deadline=None)
@given(
    source=st.integers(1, 40),
    target=st.integers(1, 40),
    seed=st.integers(0, 2**31 - 1),
    shuffle=st.booleans(),
)
def test_each_domain_is_passed_through_before_it_repeats(source, target, seed, shuffle):
    one = make(source=source, target=target, seed=seed, shuffle=shuffle)
    pairs = take(one, 3 * max(source, target))
    for size, stream in ((source, [p.source for p in pairs]), (target, [p.target for p in pairs])):
        for start in range(0, len(stream) - size + 1, size):
            assert sorted(stream[start : start + size]) == list(range(size))
    assert [p.position for p in pairs] == list(range(len(pairs)))


def test_equal_domains_have_independent_orders_that_change_with_pass_and_seed():
    pairs = take(make(source=50, target=50), 100)
    sources, targets = [p.source for p in pairs], [p.target for p in pairs]
    assert sources[:50] != targets[:50]
    assert sources[:50] != sources[50:]
    assert sources != [p.source for p in take(make(source=50, target=50, seed=1), 100)]
    assert len({p.source - p.target for p in pairs}) > 10
    assert pairs == take(make(source=50, target=50), 100)


def test_without_shuffling_in_order():
    pairs = take(make(source=3, target=2, shuffle=False), 4)
    assert [(p.source, p.target) for p in pairs] == [(0, 0), (1, 1), (2, 0), (0, 1)]


def test_without_target():
    assert {p.target for p in take(make(target=0), 12)} == {-1}


@pytest.mark.parametrize(("world", "n"), [(2, 1), (2, 3), (4, 2)])
def test_processes_share_one_stream(monkeypatch, world, n):
    """W processes with batch n see at each iteration what one with W * n sees."""
    alone = take(make(monkeypatch), 6 * world * n)
    parts = [take(make(monkeypatch, rank=r, world=world), 6 * n) for r in range(world)]
    for i in range(6):
        together = {pair for part in parts for pair in part[i * n : (i + 1) * n]}
        assert together == set(alone[i * world * n : (i + 1) * world * n])


@pytest.mark.parametrize("world", [1, 3])
@pytest.mark.parametrize("n", [0, 1, 7, 23])
def test_skip_equals_consuming(monkeypatch, world, n):
    one, other = (make(monkeypatch, rank=world - 1, world=world) for _ in range(2))
    other.skip(n)
    assert take(other, 10) == take(one, n + 10)[n:]
    assert take(other, 10) == take(one, n + 10)[n:]  # counts from the start, each time


def test_skip_takes_constant_time():
    one = make(source=10, target=7)
    started = time.process_time()
    one.skip(10**12)
    (pair,) = take(one, 1)
    assert time.process_time() - started < 0.5
    assert pair.position == 10**12


@pytest.mark.parametrize(("world", "length"), [(1, 5), (2, 3), (7, 1)])
def test_length_is_one_pass_over_the_larger_domain(monkeypatch, world, length):
    assert len(make(monkeypatch, world=world)) == length
    assert len(make(monkeypatch, source=3, target=5, world=world)) == length
