"""Classes that AIM cannot match are named, once, without waiting for the device in between."""

from __future__ import annotations

import logging

import pytest
import torch
from alignment_contexts import certain, context_of, domain_of, make_aim

from mmda.models.alignments import bank_warning

START = 5


@pytest.fixture
def warnings(monkeypatch):
    """The warnings so far."""
    found = []

    def note(message, logger, level):
        assert (logger, level) == ("current", logging.WARNING)
        found.append(message)

    monkeypatch.setattr(bank_warning, "print_log", note)
    return found


def aim_after(steps, **kwargs):
    """Run an AIM of three classes on images that show classes 0 and 1 alone."""
    aim = make_aim(num_classes=3, start=START, **kwargs)
    predicted = torch.tensor([[[0, 1, 0, 1, 0]]])
    context = context_of(*[domain_of(certain(predicted, 3), None, predicted) for _ in range(2)])
    for step in steps:
        context.step = step
        aim(context)
    return aim


def test_a_class_without_features_is_named_once(warnings):
    aim_after([1005, 1006, 2005], in_channels=3)
    assert len(warnings) == 1
    assert "after 1000 iterations class 2 has 0 of the 1 source features" in warnings[0]


@pytest.mark.parametrize("step", [START, 1000, 1004, 1006])
def test_it_looks_at_no_other_iteration(warnings, step):
    aim_after([step], in_channels=3)
    assert not warnings


def test_things_and_stuff_by_their_own_need(warnings):
    """Class 2 of the things lacks all, class 0 of the stuff needs a full buffer of 4."""
    aim_after([1005], in_channels=3, stuff=(0,), min_fill=100, stuff_capacity=4)
    assert [w.split("iterations ")[1].split(" source")[0] for w in warnings] == [
        "class 1 has 2 of the 100",
        "class 2 has 0 of the 100",
        "class 0 has 1 of the 4",
    ]
