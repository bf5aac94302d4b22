"""The joint step equals the published two-step adversarial update, written in plain PyTorch."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from mmengine.config import ConfigDict
from model_samples import CLASSES, batch, build, segmentor_config

from mmda.engine import JointOptimWrapperConstructor

LR, DIS_LR, STEPS = 0.02, 1e-3, 4
# Far above the published 0.001, so that an error in the adversarial part cannot hide.
SINGLE, MULTI = {"decode": 0.5}, {"decode": 0.5, "aux": 0.2}


def make(weights: dict[str, float], gan: str):
    discriminator = dict(type="PixelDiscriminator", channels=4, num_layers=3)
    model = build(
        segmentor_config(aux="aux" in weights),
        alignments=dict(
            adv=dict(
                type="OutputAdversarial",
                num_classes=CLASSES,
                weights=weights,
                discriminator=discriminator,
                gan=gan,
            )
        ),
    )
    return model


def joint_steps(model, data: list[dict]) -> None:
    config = ConfigDict(
        optimizers=dict(
            segmentor=dict(
                params="segmentor.*",
                optimizer=dict(type="SGD", lr=LR, momentum=0.9, weight_decay=5e-4),
                paramwise_cfg=dict(custom_keys={"decode_head": dict(lr_mult=10)}),
            ),
            discriminator=dict(
                params="alignments.*discriminator*",
                optimizer=dict(type="Adam", lr=DIS_LR, betas=(0.9, 0.99)),
            ),
        )
    )
    wrapper = JointOptimWrapperConstructor(config)(model)
    for one in data:
        with wrapper.optim_context(model):
            loss, _ = model.parse_losses(model(**one, mode="loss", step=0))
        wrapper.update_params(loss)


def published_steps(net, discriminators: dict, weights: dict, gan: str, data: list[dict]) -> None:
    """AdaptSegNet's loop: G with D frozen, source then target; then D on detached maps."""
    head = list(net.decode_head.parameters())
    rest = [p for p in net.parameters() if all(p is not h for h in head)]
    optimizer = torch.optim.SGD(
        [{"params": rest}, {"params": head, "lr": 10 * LR}], lr=LR, momentum=0.9, weight_decay=5e-4
    )
    optimizers_d = {
        k: torch.optim.Adam(d.parameters(), lr=DIS_LR, betas=(0.9, 0.99))
        for k, d in discriminators.items()
    }

    def criterion(logits, label):
        if gan == "vanilla":
            return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))
        return ((logits - label) ** 2).mean()

    def predict(images):
        feats = net.backbone(images)
        out = {"decode": net.decode_head(feats)}
        if "aux" in weights:
            out["aux"] = net.auxiliary_head(feats)
        return {
            k: F.interpolate(v, images.shape[-2:], mode="bilinear", align_corners=False)
            for k, v in out.items()
        }

    for one in data:
        label = torch.cat([s.gt_sem_seg.data for s in one["data_samples"]["source"]])
        optimizer.zero_grad()
        for d in discriminators.values():
            d.requires_grad_(False)
        source = predict(one["inputs"]["source"])
        sum(F.cross_entropy(v, label) for v in source.values()).backward()
        target = predict(one["inputs"]["target"])
        sum(
            weights[k] * criterion(d(target[k].softmax(1)), 0.0) for k, d in discriminators.items()
        ).backward()
        for k, d in discriminators.items():
            d.requires_grad_(True)
            optimizers_d[k].zero_grad()
            (criterion(d(source[k].detach().softmax(1)), 0.0) / 2).backward()
            (criterion(d(target[k].detach().softmax(1)), 1.0) / 2).backward()
        optimizer.step()
        for one_d in optimizers_d.values():
            one_d.step()


@pytest.mark.parametrize("gan", ["vanilla", "lsgan"])
@pytest.mark.parametrize("weights", [SINGLE, MULTI], ids=["single", "multi"])
def test_joint_step_equals_the_published_update(weights, gan):
    model = make(weights, gan)
    start = copy.deepcopy(model)
    net = copy.deepcopy(model.segmentor)
    discriminators = {k: copy.deepcopy(model.alignments["adv"].discriminators[k]) for k in weights}
    data = [batch(2, seed=i, source=(32, 48), target=(32, 48)) for i in range(STEPS)]
    joint_steps(model, data)
    published_steps(net, discriminators, weights, gan, data)
    pairs = [(model.segmentor, net, start.segmentor)]
    for name, oracle in discriminators.items():
        mine, before = (m.alignments["adv"].discriminators[name] for m in (model, start))
        pairs.append((mine, oracle, before))
    for mine, oracle, before in pairs:
        for (key, a), b, c in zip(
            mine.named_parameters(), oracle.parameters(), before.parameters(), strict=True
        ):
            difference, change = (a - b).abs().max(), (a - c).abs().max()
            assert difference <= 1e-6, key
            assert difference <= 1e-2 * change, key  # and it did train
