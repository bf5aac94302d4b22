"""FADA against a loop over cells and classes."""

from __future__ import annotations

import math

import pytest
import torch
from alignment_cases import make

from mmda.errors import ConfigError
from mmda.models import FADA, ClassDiscriminator
from mmda.testing import losses_of, random_batch


def slow_entropy(judgement, logits, half, temperature, ceiling):
    """Return the mean over cells of the cross-entropy in one half of the classes."""
    n, classes, height, width = logits.shape
    total = 0.0
    for image in range(n):
        for row in range(height):
            for column in range(width):
                values = [float(v) / temperature for v in logits[image, :, row, column]]
                largest = max(values)
                exponents = [math.exp(value - largest) for value in values]
                labels = [min(e / sum(exponents), ceiling) for e in exponents]
                logs = judgement[image, :, row, column].log_softmax(0)
                for c in range(classes):
                    total = total - labels[c] * logs[c + half * classes]
    return total / (n * height * width)


@pytest.mark.parametrize("case", [0, 1])
def test_losses_equal_a_loop(case):
    model = make("FADA", case)
    own = model.alignments["it"]
    batch = random_batch(2)
    losses = {k: v for k, v in losses_of(model, batch).items() if k.startswith("it.")}
    found, right = {}, []
    for half, domain in enumerate(("source", "target")):
        feats, logits = model.features_and_logits(batch["inputs"][domain])
        judgement = own.discriminator(feats[own.index])
        assert judgement.shape[1] == 6
        other = judgement.softmax(1)[:, 3:].sum(1) > 0.5  # the target, whatever the class
        right.append((other == bool(half)).float().mean())
        labels = logits[own.head].detach()
        for place in {half, 0}:
            found[domain, place] = slow_entropy(judgement, labels, place, own.temperature, 0.9)
    wanted = {
        "it.loss_adv": own.weight * found["target", 0],
        "it.loss_dis": (found["source", 0] + found["target", 1]) / 2,
        "it.acc_dis": 50 * sum(right),
    }
    torch.testing.assert_close(losses, wanted, atol=1e-5, rtol=1e-4)
    names = [name for name, _ in model.named_parameters()]
    parameters = list(model.parameters())
    for key, side in (("it.loss_adv", "segmentor"), ("it.loss_dis", "alignments")):
        one, other = (
            torch.autograd.grad(x[key], parameters, allow_unused=True, retain_graph=True)
            for x in (losses, wanted)
        )
        reached = [name for name, value in zip(names, one, strict=True) if value is not None]
        assert reached and all(name.startswith(side) for name in reached)
        for name, a, b in zip(names, one, other, strict=True):
            if a is not None:
                torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-3, msg=name)


def test_published_settings_and_what_is_refused():
    alignment = FADA(2048, 19)
    assert (alignment.weight, alignment.temperature, alignment.ceiling) == (0.001, 1.8, 0.9)
    assert ClassDiscriminator(8, 2).layers[0].out_channels == 512
    for wrong in (dict(weight=-1), dict(temperature=0), dict(ceiling=1.5)):
        with pytest.raises(ConfigError, match="FADA: expected"):
            FADA(8, 2, **wrong)
