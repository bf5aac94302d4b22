from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mmda.errors import ConfigError
from mmda.toy.random_shift import GROUPS, RATIOS, random_values
from mmda.toy.shift import DomainShift, make_shift

FIELDS = {field.name: field for field in dataclasses.fields(DomainShift)}
DRAWN = [random_values(number) for number in range(400)]
RANGES = {name: ends for ranges in GROUPS.values() for name, ends in ranges.items()}


def test_every_parameter_is_drawn_within_its_own_range():
    assert set(RANGES) == set(FIELDS)
    for name, (low, high) in RANGES.items():
        least, most = FIELDS[name].metadata["range"]
        assert least <= low <= FIELDS[name].metadata["same"] <= high <= most
        values = [values[name] for values in DRAWN if name in values]
        assert low <= min(values) < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < max(values) <= high


def test_a_quarter_of_the_shifts_leaves_a_group_out_independently_of_the_others():
    missing = np.array([[not set(g) & set(values) for g in GROUPS.values()] for values in DRAWN])
    whole = np.array([[set(g) <= set(values) for g in GROUPS.values()] for values in DRAWN])
    assert (missing ^ whole).all()
    assert np.abs(missing.mean(0) - 0.25).max() < 0.07  # three standard deviations
    assert np.abs(np.corrcoef(missing.T) - np.eye(len(GROUPS))).max() < 0.16


@pytest.mark.parametrize("name", sorted(RATIOS))
def test_ratios_are_drawn_in_their_logarithm(name):
    values = np.log([values[name] for values in DRAWN if name in values])
    assert np.median(values) == pytest.approx(np.log(RANGES[name]).mean(), abs=0.08)


def test_a_number_names_one_shift_and_its_overrides():
    shift = make_shift("random:17")
    assert shift == make_shift("random:17") != make_shift("random:18")
    assert make_shift("random:17", {"haze": 0.5}) == dataclasses.replace(shift, haze=0.5)
    left_out = set(FIELDS) - set(random_values(17))
    assert all(getattr(shift, name) == FIELDS[name].metadata["same"] for name in left_out)


@pytest.mark.parametrize("name", ["random:", "random:-1", "random:1.5", "random:x", "random:²"])
def test_a_random_shift_without_a_whole_number(name):
    with pytest.raises(ConfigError, match=r"`random:NUMBER`, such as `random:17`, got `random:"):
        make_shift(name)


def test_an_unknown_name_is_told_of_the_random_ones():
    with pytest.raises(ConfigError, match="random:NUMBER"):
        make_shift("odd")
