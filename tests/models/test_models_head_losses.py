"""The heads' losses against MMSegmentation's."""

from __future__ import annotations

import pytest
import torch
from model_samples import build, segmentor_config
from model_samples import samples as packed

from mmda.models.decode_heads.head_losses import head_losses

PLAIN = dict(type="CrossEntropyLoss", avg_non_ignore=True)
CASES = {
    "plain": PLAIN,
    "weighted": dict(PLAIN, loss_weight=0.3),
    "all pixels": dict(type="CrossEntropyLoss"),
    "classes": dict(type="CrossEntropyLoss", class_weight=[1.0, 2.0, 3.0]),
    "two": [PLAIN, dict(type="DiceLoss", loss_name="loss_dice")],
    "same name": [PLAIN, dict(PLAIN, loss_weight=0.5)],
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("ignored", [0, 40, 8 * 64])
def test_values_and_gradients_are_those_of_mmsegmentation(name, ignored):
    config = segmentor_config()
    config["decode_head"]["loss_decode"] = CASES[name]
    head = build(config).segmentor.decode_head
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 3, (2, 16, 16), generator=generator)
    labels.view(-1)[:ignored] = 255
    logits = torch.randn(2, 3, 4, 4, generator=generator).requires_grad_()
    results = []
    given = logits, packed(labels)
    for losses in (head.loss_by_feat(*given), head_losses(head, *given)):
        total = sum(value for key, value in losses.items() if "loss" in key)
        results.append((losses, torch.autograd.grad(total, logits)[0]))
    (expected, gradient), (found, own) = results
    assert set(found) == set(expected)
    for key, value in expected.items():
        torch.testing.assert_close(found[key].reshape(()), value.reshape(()), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(own, gradient, rtol=1e-6, atol=1e-8)
