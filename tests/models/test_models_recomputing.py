"""Activations that are computed again give the same losses, gradients and statistics."""

from __future__ import annotations

import pytest
import torch
import torch.distributed as dist
from alignment_cases import VARIANTS, make
from gloo import in_two_processes, join, leave
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import OptimWrapper
from model_samples import BATCH_NORM, CLASSES, batch, build, losses_of, segmentor_config, total
from torch import nn

from mmda.engine import JointOptimWrapper
from mmda.engine.living_tensors import LivingTensors
from mmda.errors import ConfigError
from mmda.models.segmentors import domain_passes

ADVERSARIAL = dict(
    type="OutputAdversarial",
    num_classes=CLASSES,
    discriminator=dict(type="PixelDiscriminator", channels=4, num_layers=2),
)


def gradients(model: nn.Module) -> dict[str, torch.Tensor]:
    return {n: p.grad for n, p in model.named_parameters() if p.grad is not None}


def step(model: nn.Module, data: dict) -> tuple[dict, dict, dict]:
    """Return an iteration's losses, gradients and buffers."""
    torch.manual_seed(5)  # class mixing and dropout draw
    losses = losses_of(model, data)
    total(losses).backward()
    return losses, gradients(model), dict(model.named_buffers())


def assert_same(one: dict, other: dict, **tolerance: float) -> None:
    assert set(one) == set(other)
    for name, value in one.items():
        torch.testing.assert_close(value, other[name], **tolerance, msg=lambda m, n=name: n + m)


@pytest.fixture(params=VARIANTS, ids=[f"{n}-{i}" for n, i in VARIANTS])
def case(request) -> tuple[str, int]:
    return request.param


def test_domains_one_after_the_other_change_no_gradient(case, monkeypatch):
    """Each alignment allows ``sequential``: its gradients are those of two passes at once."""
    monkeypatch.setattr(domain_passes, "mixes_domains", lambda _: True)  # two passes in both
    both, sequential = make(*case), make(*case)
    sequential.sequential = True
    for one, other in zip(step(both, batch(2)), step(sequential, batch(2)), strict=True):
        assert_same(one, other, rtol=1e-6, atol=1e-6)


def test_the_source_is_computed_again_after_the_target_is_freed():
    model = build(alignments=dict(adv=ADVERSARIAL))
    data, order, peaks = batch(1, source=(64, 96), target=(64, 64)), [], []
    model.segmentor.backbone.register_forward_pre_hook(
        lambda _, images: order.append(images[0].shape[-1])
    )
    for sequential in (False, True):
        model.sequential = sequential
        with LivingTensors({p.shape for p in model.parameters()}) as living:
            total(losses_of(model, data)).backward()
        peaks.append(living.peak)
    assert order == [96, 64, 96, 64, 96]
    assert peaks[1] < 0.7 * peaks[0]


@pytest.mark.parametrize("switch", ["sequential", "with_cp"])
def test_batch_norm_and_dropout_are_not_disturbed(switch):
    """Running statistics move once, and the same cells are dropped."""
    results = []
    for on in (False, True):
        config = segmentor_config(BATCH_NORM, dropout=0.5)
        config["backbone"]["with_cp"] = on and switch == "with_cp"
        model = build(config, alignments=dict(adv=ADVERSARIAL))
        model.sequential = on and switch == "sequential"
        results.append(step(model, batch(2)))
    for plain, recomputed in zip(*results, strict=True):
        assert_same(plain, recomputed, rtol=1e-6, atol=1e-6)


def test_without_a_second_domain_nothing_is_computed_again():
    model, calls = build(), []
    model.sequential = True
    model.segmentor.backbone.register_forward_pre_hook(lambda *_: calls.append(0))
    total(losses_of(model, batch(1))).backward()
    assert len(calls) == 1


def joint(model: nn.Module) -> JointOptimWrapper:
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    return JointOptimWrapper(sequential=True, all=OptimWrapper(optimiser))


def test_the_optimiser_wrapper_switches_it_on():
    model = build()
    joint(model).initialize_count_status(model, 0, 10)
    assert model.sequential
    other = nn.Linear(2, 2)
    with pytest.raises(ConfigError, match="for `UDASegmentor`, but the model is a `Linear`"):
        joint(other).initialize_count_status(other, 0, 10)


def switched(with_cp: bool, sequential: bool) -> nn.Module:
    config = segmentor_config()
    config["backbone"]["with_cp"] = with_cp
    model = build(config, alignments=dict(adv=ADVERSARIAL))
    model.sequential = sequential
    return model


SWITCHES = [(True, False), (False, True), (True, True)]


def work(rank: int, folder: str) -> None:
    join(rank, folder)
    data = {k: {d: v[rank : rank + 1] for d, v in part.items()} for k, part in batch(2).items()}
    found = []
    for switches in SWITCHES:
        inner = switched(*switches)
        model = MMDistributedDataParallel(inner, device_ids=None, broadcast_buffers=False)
        for _ in range(2):
            model.zero_grad()
            total(model(**data, mode="loss", step=0)).backward()
        found.append(gradients(inner))
        dist.barrier()
        del model
    torch.save(found, f"{folder}/rank{rank}.pth")
    leave()


def test_two_processes_equal_one(tmp_path):
    in_two_processes(work, str(tmp_path))
    _, expected, _ = step(switched(False, False), batch(2))
    for rank in range(2):
        for found in torch.load(tmp_path / f"rank{rank}.pth"):
            assert_same(found, expected, rtol=1e-4, atol=3e-6)
