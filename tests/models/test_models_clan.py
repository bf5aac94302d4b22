"""CLAN against loops over pixels, and the segmentor with two classifiers."""

from __future__ import annotations

import copy
import math

import pytest
import torch
import torch.nn.functional as F
from alignment_cases import CASES, make
from torch.autograd import gradcheck

from mmda.errors import ConfigError
from mmda.models import CLAN
from mmda.models.losses import prediction_distance, weight_similarity
from mmda.testing import build_segmentor, losses_of, random_batch, segmentor_config


def twin() -> dict:
    """A segmentor with two classifiers of the same features."""
    config = segmentor_config()
    second = copy.deepcopy(config["decode_head"])
    return {**config, "type": "TwinEncoderDecoder", "auxiliary_head": second}


def slow_cosine(one, other):
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / (sum(a * a for a in one) ** 0.5 * sum(b * b for b in other) ** 0.5)


def test_parameters_and_predictions_are_compared_by_their_cosine():
    torch.manual_seed(0)
    one, other = (torch.nn.Conv2d(2, 3, 1).double() for _ in range(2))
    flat = [[v for p in m.parameters() for v in p.flatten()] for m in (one, other)]
    expected, found = slow_cosine(*flat), weight_similarity(one, other)
    assert float(found) == pytest.approx(float(expected))
    parameters = [*one.parameters(), *other.parameters()]
    gradients = [torch.autograd.grad(x, parameters) for x in (found, expected)]
    torch.testing.assert_close(*gradients, atol=1e-6, rtol=1e-5)
    assert float(weight_similarity(one, one)) == pytest.approx(1)
    first, second = (torch.rand(2, 3, 2, 2, dtype=torch.float64).softmax(1) for _ in range(2))
    distance = prediction_distance(first, second)
    for n, row, column in ((0, 0, 1), (1, 1, 0)):
        cosine = slow_cosine(first[n, :, row, column], second[n, :, row, column])
        assert float(distance[n, row, column]) == pytest.approx(1 - float(cosine))
    assert float(prediction_distance(first, first).abs().max()) < 1e-12
    assert gradcheck(prediction_distance, (first.requires_grad_(), second.requires_grad_()))


def slow_loss(judgement, label, weights):
    """Return the mean over pixels of the weighted binary cross-entropy."""
    total = 0.0
    for image in range(len(judgement)):
        for row in range(judgement.shape[-2]):
            for column in range(judgement.shape[-1]):
                certainty = torch.sigmoid(judgement[image, 0, row, column])
                loss = -torch.log(certainty if label else 1 - certainty)
                total = total + loss * (1 if weights is None else weights[image, row, column])
    return total / math.prod(judgement.shape)


@pytest.mark.parametrize(("case", "step"), [(0, 0), (1, 4), (2, 0)])
def test_losses_equal_a_loop(case, step):
    model = make("CLAN", case)
    own = model.alignments["it"]
    batch = random_batch(2, (16, 16), (16, 16))
    found = {k: v for k, v in losses_of(model, batch, step).items() if k.startswith("it.")}
    size = (round(16 * own.input_scale),) * 2

    def resized(maps):
        return F.interpolate(maps, size, mode="bilinear", align_corners=False)

    logits = {
        domain: [resized(x) for x in model.features_and_logits(images)[1].values()]
        for domain, images in batch["inputs"].items()
    }
    together = {domain: (one + two).softmax(1) for domain, (one, two) in logits.items()}
    first, second = (x.softmax(1) for x in logits["target"])
    cosine = (first * second).sum(1) / (first.norm(dim=1) * second.norm(dim=1))
    local = own.local * (1 - cosine) + own.epsilon if step >= own.local_start else None

    def judged(maps, label, weights):
        return slow_loss(resized(own.discriminator(maps)), label, weights)

    def share(maps, is_target):
        return ((resized(own.discriminator(maps)) > 0) == is_target).float().mean()

    damped = 1 - step / 10 if own.damping else 1
    parts = [
        head.conv_seg for head in (model.segmentor.decode_head, model.segmentor.auxiliary_head)
    ]
    constant = None if local is None else local.detach()
    wanted = {
        "it.loss_adv": damped * judged(together["target"], 0, local),
        "it.loss_discrepancy": damped
        * slow_cosine(*([v for p in part.parameters() for v in p.flatten()] for part in parts)),
        "it.loss_dis": judged(together["source"].detach(), 0, None)
        + judged(together["target"].detach(), 1, constant),
        "it.acc_dis": 50 * (share(together["source"], False) + share(together["target"], True)),
    }
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    reached = {}
    assert not found.pop("it.acc_dis").requires_grad
    for key, loss in found.items():
        side = "alignments." if key.endswith("dis") else "segmentor."
        parameters = [p for n, p in named if n.startswith(side)]
        one, other = (
            torch.autograd.grad(x, parameters, allow_unused=True, retain_graph=True)
            for x in (loss, wanted[key])
        )
        names = [n for n, _ in named if n.startswith(side)]
        reached[key] = {n for n, g in zip(names, one, strict=True) if g is not None}
        for name, a, b in zip(names, one, other, strict=True):
            if a is not None or b is not None:
                torch.testing.assert_close(a, b, atol=2e-5, rtol=1e-3, msg=f"{key} {name}")
    assert reached["it.loss_discrepancy"] == {
        f"segmentor.{head}.conv_seg.{kind}"
        for head in ("decode_head", "auxiliary_head")
        for kind in ("weight", "bias")
    }


def test_classifiers_that_agree_leave_the_target_as_it_is():
    """With epsilon 0, two equal classifiers weigh every pixel of the target with 0."""
    clan = dict(type="CLAN", num_classes=3, epsilon=0.0, discriminator=dict(num_layers=2))
    model = build_segmentor(twin(), alignments=dict(it=clan))
    model.segmentor.auxiliary_head.load_state_dict(model.segmentor.decode_head.state_dict())
    losses = losses_of(model, random_batch())
    assert float(losses["it.loss_adv"]) == pytest.approx(0, abs=1e-8)
    assert float(losses["it.loss_discrepancy"]) == pytest.approx(0.01)
    assert {"decode.loss_ce", "aux.loss_ce"} <= set(losses)


def test_the_segmentor_predicts_with_the_sum_of_both_heads():
    model = build_segmentor(twin(), teacher=dict(momentum=0.9)).eval()
    images = random_batch()["inputs"]["source"]
    with torch.no_grad():
        logits = model.features_and_logits(images)[1]
        together = logits["decode"] + logits["aux"]
        resized = F.interpolate(together, images.shape[-2:], mode="bilinear")
        torch.testing.assert_close(model(images), together)
        metas = [dict(img_shape=(32, 32))] * 2
        torch.testing.assert_close(model.encode_decode(images, metas), resized)
        torch.testing.assert_close(model.teacher(images), resized.softmax(1))
    for wrong in ({**twin(), "auxiliary_head": None}, {**twin(), "auxiliary_head": []}):
        with pytest.raises(ConfigError, match="config of one head"):
            build_segmentor(wrong)


def test_published_settings_and_what_is_refused():
    clan = CLAN(19)
    assert clan.weights == {"adv": 0.001, "discrepancy": 0.01}
    assert (clan.local, clan.epsilon) == (40, 0.4)
    with pytest.raises(ConfigError, match="`weights` may name"):
        CLAN(2, weights=dict(adversarial=1.0))
    for wrong in (dict(local=-1), dict(epsilon=-1), dict(local_start=-1), dict(damping=0)):
        with pytest.raises(ConfigError, match="must be 0 or more"):
            CLAN(2, **wrong)
    two_levels = build_segmentor(segmentor_config(aux=True)).segmentor
    with pytest.raises(ConfigError, match="cannot be compared"):
        CLAN(3).attach(two_levels)
    with pytest.raises(ConfigError, match="no part `conv`"):
        CLAN(3, part="conv").attach(two_levels)
    CLAN(**CASES["CLAN"][0]).attach(two_levels)
    assert not CLAN(3, weights=dict(adv=0.0, discrepancy=0.0)).active(5)
