"""Which cells AIM takes features from, which it stores, and what it waits for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from alignment_contexts import CHANNELS, certain, context_of, domain_of, make_aim, scene
from mmengine.structures import PixelData
from model_samples import BATCH_NORM, CLASSES, batch, build, losses_of, segmentor_config, total
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode


def test_only_correct_predictions_of_labelled_cells_are_stored():
    aim = make_aim(num_classes=2)
    predicted = torch.tensor([[[1, 1, 1, 0, 0]]])
    labels = torch.tensor([[[1, 255, 0, 1, 0]]])
    features = torch.arange(5.0).expand(1, CHANNELS, 1, 5)
    source = domain_of(certain(predicted, 2), features, labels)
    aim(context_of(source, domain_of(certain(predicted, 2), features)))
    bank = aim.banks["things"]
    assert bank.filled.tolist() == [1]
    assert bank.features[0, 0].tolist() == [0.0] * CHANNELS  # the first cell alone


def test_cells_without_data_hold_no_instances():
    context, *_ = scene()
    for domain in (context.source, context.target):
        size = domain.logits["decode"].shape[-2:]
        for sample in domain.samples:
            sample.valid = PixelData(data=torch.zeros(1, *size, dtype=torch.bool))
    aim = make_aim()
    assert aim(context)["instances"] == 0
    assert not aim.banks["things"].filled.any()


def test_labels_are_those_at_the_cells_centres():
    """A label map three times the features' size."""
    aim = make_aim(num_classes=2)
    labels = torch.zeros(1, 6, 6, dtype=torch.long)
    labels[0, 1, 4] = labels[0, 3, 3] = 1
    features = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).expand(1, CHANNELS, 2, 2)
    logits = certain(torch.ones(1, 2, 2, dtype=torch.long), 2)
    aim(context_of(domain_of(logits, features, labels), domain_of(logits, features)))
    assert aim.banks["things"].filled.tolist() == [1]
    assert aim.banks["things"].features[0, 0, 0] == 2.0


class Head(nn.Module):
    """Classifies a feature by its first channel, and remembers how it was called."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(CHANNELS, momentum=1.0)
        self.modes = []

    def forward(self, inputs):
        self.modes.append(self.norm.training)
        x = self.norm(inputs[-1])
        self.seen = inputs[-1]
        return torch.cat([-x[:, :1], x[:, :1]], 1)


def test_features_that_the_head_gets_wrong_are_not_stored():
    predicted = torch.tensor([[[1, 0, 1, 0, 1]]])
    features = torch.tensor([3.0, 0.0, -2.0, 0.0, 1.0]).expand(1, CHANNELS, 1, 5)
    domain = domain_of(certain(predicted, 2), features, predicted)
    head = Head().train()
    head.norm.requires_grad_(False)
    for verify, stored in ((True, [3.0, 1.0]), (False, [3.0, -2.0, 1.0])):
        aim = make_aim(num_classes=2, verify=verify)
        aim(context_of(domain, domain, decode_head=head))
        bank = aim.banks["things"]
        assert bank.features[0, : int(bank.filled), 0].tolist() == pytest.approx(stored, abs=1e-4)
    # Asked once, in evaluation mode, with its statistics and mode left as they were.
    assert head.modes == [False]
    assert head.norm.training
    assert not head.norm.running_mean.any()


def test_the_head_judges_the_mean_feature_in_its_place():
    """Two regions, one of two cells; what is no region stays as it is."""
    predicted = torch.tensor([[[1, 1, 0, 1, 0]]])
    features = torch.tensor([4.0, -2.0, 7.0, -1.0, 9.0]).expand(1, CHANNELS, 1, 5)
    domain = domain_of(certain(predicted, 2), features, predicted)
    aim, head = make_aim(num_classes=2, verify=True), Head()
    aim(context_of(domain, domain, decode_head=head))
    assert head.seen[0, 0, 0].tolist() == [1.0, 1.0, 7.0, -1.0, 9.0]
    bank = aim.banks["things"]
    assert bank.features[0, : int(bank.filled), 0].tolist() == pytest.approx([1.0])


def test_a_head_with_group_norm_can_judge_features():
    """Normalised by themselves, all features would be alike: two groups of equal channels."""
    predicted = torch.tensor([[[1, 1, 0, 0], [0, 0, 0, 1]]])
    features = certain(predicted, 2, scale=3.0).repeat_interleave(2, 1)
    norm = nn.GroupNorm(2, 4)
    head = nn.Module()
    head.forward = lambda inputs: norm(inputs[-1])[:, ::2]
    alone = features[0].flatten(1).T[..., None, None]  # each cell a map
    assert norm(alone).abs().max() < 1e-3
    domain = domain_of(certain(predicted, 2), features, predicted)
    aim = make_aim(num_classes=2, in_channels=4, verify=True)
    aim(context_of(domain, domain, decode_head=head))
    assert aim.banks["things"].filled.tolist() == [2]


def test_the_segmentors_head_reads_every_level_that_it_needs():
    """A head over two levels of different size; features are pooled at both."""
    config = segmentor_config(norm=BATCH_NORM)
    config["decode_head"].update(
        in_channels=[8, 64], in_index=[0, 3], input_transform="resize_concat"
    )
    aim = dict(type="AIM", num_classes=CLASSES, in_channels=64, things=(0, 1, 2), min_fill=1)
    model = build(config, alignments=dict(it=aim))
    losses = losses_of(model, batch())
    assert torch.isfinite(total(losses))
    filled = model.alignments["it"].banks["things"].filled
    with torch.no_grad():  # whatever it sees, the head now says class 2
        model.decode_head.conv_seg.bias.copy_(torch.tensor([0.0, 0.0, 1e4]))
    before = filled.clone()
    losses_of(model, batch())
    assert (filled - before).tolist()[:2] == [0, 0]
    assert filled[2] > before[2]


class Waits(TorchDispatchMode):
    """Counts operations that make a GPU's host wait: those whose result Python or a shape needs."""

    NAMES = ("_local_scalar_dense", "nonzero", "masked_select", "unique")

    def __init__(self):
        super().__init__()
        self.seen = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = str(func).removeprefix("aten.")
        boolean = name.startswith("index") and any(
            isinstance(i, torch.Tensor) and i.dtype == torch.bool
            for arg in args[1:]
            for i in (arg if isinstance(arg, (list, tuple)) else [arg])
        )
        if name.startswith(self.NAMES) or boolean:
            self.seen.append(name)
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("mode", ["flat", "pooled"])
def test_one_wait_for_the_device_per_iteration(monkeypatch, mode):
    """Label maps come to the CPU once; nothing else needs a value there."""
    copies = []
    cpu = torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "cpu", lambda x: copies.append(x.shape) or cpu(x))
    aim, (context, *_) = make_aim(stuff=(0,), verify=True, mode=mode), scene()
    head = nn.Module()
    head.forward = lambda inputs: inputs[-1][:, :4]
    context.segmentor = SimpleNamespace(decode_head=head)
    with Waits() as waits:
        total({k: v for k, v in aim(context).items() if "loss" in k}).backward()
    assert len(copies) == 1
    assert waits.seen == []
    with Waits() as waits:  # the count is able to fail
        aim.eta[aim.eta > 0].sum().item()
    assert len(waits.seen) == 2
