"""The arguments with which each registered alignment is tested."""

from __future__ import annotations

from typing import Any

import torch
from model_samples import CLASSES, build, segmentor_config

import mmda.models  # noqa: F401  (registers the alignments)
from mmda.models import PseudoLabels
from mmda.models.grouping import FittedGrouping
from mmda.models.patches import PatchModes
from mmda.registry import MODELS

DISCRIMINATOR = dict(type="PixelDiscriminator", channels=4, num_layers=2)
OUTPUT = dict(num_classes=CLASSES, discriminator=DISCRIMINATOR)
# Group norm: statistics over a batch differ between one process and two.
# Weights of 1: the published ones hide errors below the tests' tolerances.
GROUPED = dict(
    num_classes=CLASSES,
    weights=dict(co=1.0, orth=1.0, cadv=1.0, cl=1.0),
    grouping=dict(norm_cfg=dict(type="GN", num_groups=4)),
    discriminator=dict(channels=4, num_layers=2),
)
# A bank that is used at once, whatever the untrained head makes of the regions.
MATCHED = dict(num_classes=CLASSES, min_fill=1, verify=False)
PATCHES = dict(num_classes=CLASSES, num_modes=5, grid=(4, 4), weights=dict(d=1.0, adv=1.0))
CLASSIFIERS = dict(OUTPUT, part="conv_seg", weights=dict(adv=1.0, discrepancy=1.0))
CASES: dict[str, list[dict[str, Any]]] = {
    "OutputAdversarial": [
        OUTPUT,
        dict(OUTPUT, weights=dict(decode=0.001, aux=0.0002), gan="lsgan"),
        dict(OUTPUT, maps="entropy", input_scale=0.5),
    ],
    "FeatureAdversarial": [
        dict(in_channels=64, discriminator=dict(DISCRIMINATOR, num_layers=1)),
        dict(in_channels=16, index=1, discriminator=DISCRIMINATOR, gan="lsgan"),
    ],
    "GroupAlignment": [
        dict(GROUPED, num_groups=2),
        dict(
            GROUPED,
            condition="shared",
            discriminator=dict(channels=4, num_layers=2, normalise=True),
        ),
        dict(GROUPED, weights=dict(co=0, orth=0, cadv=1.0, cl=0), adversarial_grouping=False),
        dict(GROUPED, weights=dict(co=1.0, orth=1.0, cadv=0, cl=0), head="aux", input_scale=0.5),
        dict(
            GROUPED,
            weights=dict(co=0, orth=0, cadv=1.0, cl=1.0),
            gan="lsgan",
            grouping=dict(type="KMeansGrouping", in_channels=64),
        ),
        dict(
            GROUPED,
            grouping=dict(type="NMFGrouping", in_channels=64),
            adversarial_grouping=False,
        ),
    ],
    "ISIA": [
        dict(),
        dict(mode="pooled", beta=2.0),
        dict(reduction="sum"),
        dict(mode="pooled", reduction="released"),
        dict(intra=False, head="aux", detach_source=False),
        dict(inter=False, separate_decoders=True),
    ],
    "AIM": [
        dict(MATCHED, in_channels=64, things=(0, 1, 2)),
        dict(MATCHED, in_channels=64, things=(0, 1, 2), mode="pooled", connectivity=4, capacity=2),
        dict(MATCHED, in_channels=32, index=2, things=(0,), stuff=(1, 2), adaptive=False),
        dict(MATCHED, in_channels=64, things=(0, 1, 2), verify=True),
        dict(MATCHED, in_channels=64, things=(0,), stuff=(1, 2), verify_target=True),
    ],
    "CLAN": [
        CLASSIFIERS,
        dict(CLASSIFIERS, local=2.0, epsilon=0.0, input_scale=0.5, damping=10),
        dict(CLASSIFIERS, local_start=1),
    ],
    "DomainReversal": [
        dict(in_channels=64, weight=0.7, discriminator=dict(DISCRIMINATOR, num_layers=1)),
        dict(in_channels=16, index=1, discriminator=DISCRIMINATOR, gan="lsgan"),
    ],
    "FADA": [
        dict(in_channels=64, num_classes=CLASSES, weight=1.0, discriminator=dict(channels=8)),
        dict(
            in_channels=16,
            num_classes=CLASSES,
            index=1,
            head="aux",
            temperature=0.5,
            discriminator=dict(channels=4),
        ),
    ],
    "MinEnt": [dict(weights=dict(decode=1.0)), dict(weights=dict(decode=1.0, aux=0.2), scale=0.5)],
    "MaxSquare": [dict(weights=dict(decode=1.0)), dict(weights=dict(aux=1.0), balance=0.0)],
    "PatchAlignment": [
        dict(PATCHES),
        dict(PATCHES, grid=(2, 3), head="aux", discriminator=dict(channels=(5,)), least=0.01),
    ],
    "PseudoLabels": [dict(), dict(weights=dict(decode=1.0, aux=0.1)), dict(balance=True)],
    "SelfTraining": [dict(threshold=0.0), dict(threshold=0.0, weight=0.5, mix="class")],
}
VARIANTS = [(name, i) for name, cases in CASES.items() for i in range(len(cases))]


def make(name: str, index: int, **extra: Any) -> torch.nn.Module:
    """Build a segmentor with one alignment, and a teacher where it asks for one."""
    config = dict(type=name, **CASES[name][index], **extra)
    needs = MODELS.build(config).needs
    model = build(
        segmentor_config(aux=True),
        alignments=dict(it=config),
        teacher=dict(momentum=0.9) if "teacher" in needs else None,
    )
    return prepare(model)


def prepare(model: torch.nn.Module) -> torch.nn.Module:
    """Do what hooks do before the first iteration."""
    for module in model.modules():
        if isinstance(module, PseudoLabels):
            module.set_kept_shares([0.9, 0.5, 0.2])
    return with_fitted_groups(model)


def with_fitted_groups(model: torch.nn.Module) -> torch.nn.Module:
    """Give k-means, NMF and patch modes their centroids, as the hooks that fit them do."""
    generator = torch.Generator().manual_seed(3)
    for module in model.modules():
        if isinstance(module, FittedGrouping):
            module.centroids.copy_(torch.rand(module.centroids.shape, generator=generator))
            module.fits += 1
        if isinstance(module, PatchModes):
            module.set(torch.rand(module.centroids.shape, generator=generator))
    return model
