"""Scoped seeding, and capturing and restoring random states."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from mmda.utils.seeding import capture_rng, restore_rng, seeded


def draw() -> tuple:
    return random.random(), float(np.random.rand()), float(torch.rand(()))


def test_seeded_depends_on_its_entropy_alone():
    values = {}
    for entropy in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2**31, 3, 1)]:
        with seeded(*entropy):
            values[entropy] = draw()
        draw()
        with seeded(*entropy):
            assert draw() == values[entropy]
    for i in range(3):
        assert len({value[i] for value in values.values()}) == len(values)


@pytest.mark.parametrize("fails", [False, True])
def test_seeded_restores_the_state_even_after_an_error(fails):
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    expected = draw()
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    try:
        with seeded(5):
            draw()
            if fails:
                raise ValueError
    except ValueError:
        assert fails
    assert draw() == expected


def test_captured_states_come_back():
    state = capture_rng()
    expected = [draw() for _ in range(3)]
    restore_rng(state)
    assert [draw() for _ in range(3)] == expected


def test_captured_states_hold_no_tensors_that_a_gpu_could_take():
    assert not any(isinstance(value, torch.Tensor) for value in capture_rng().values())


def test_captured_states_do_not_change_with_the_generator():
    state = capture_rng()
    expected = draw()
    for _ in range(1000):
        draw()
    restore_rng(state)
    assert draw() == expected
