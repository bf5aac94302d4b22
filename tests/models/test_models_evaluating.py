"""Evaluation mode for a while."""

from __future__ import annotations

import pytest
import torch

from mmda.models.alignments import evaluating


def test_modes_are_put_back_even_after_an_error():
    model = torch.nn.Sequential(torch.nn.BatchNorm2d(2), torch.nn.Dropout())
    model[0].eval()  # as a frozen normalisation in a model that trains
    with evaluating(model):
        assert not any(module.training for module in model.modules())
    with pytest.raises(ZeroDivisionError), evaluating(model):
        raise ZeroDivisionError
    assert [module.training for module in model.modules()] == [True, False, True]
