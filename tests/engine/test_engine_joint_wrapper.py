"""The joint wrapper against separate optimisers."""

from __future__ import annotations

import copy

import pytest
import torch
from mmengine.optim import LinearLR, OptimWrapper
from model_samples import CLASSES, batch, build, losses_of
from torch import nn

from mmda.engine import JointOptimWrapper
from mmda.errors import ConfigError


class Two(nn.Module):
    """Two independent parts."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(3, 2), nn.Linear(3, 2)

    def loss(self, x: torch.Tensor) -> torch.Tensor:
        return (self.a(x) ** 2).mean() + (self.b(x) - 1).abs().mean()


def optimisers(net: Two) -> tuple:
    a = torch.optim.SGD(net.a.parameters(), lr=0.1, momentum=0.9)
    return a, torch.optim.Adam(net.b.parameters(), lr=0.01)


def joint(net: Two, clip: float | None = None, **kwargs) -> JointOptimWrapper:
    a, b = optimisers(net)
    clip_grad = None if clip is None else dict(max_norm=clip)
    return JointOptimWrapper(a=OptimWrapper(a, clip_grad=clip_grad), b=OptimWrapper(b), **kwargs)


def run(wrapper: JointOptimWrapper, net: Two, data: list, max_iters: int = -1) -> None:
    wrapper.initialize_count_status(net, 0, max_iters)
    for x in data:
        with wrapper.optim_context(net):
            loss = net.loss(x)
        wrapper.update_params(loss)


def inputs(count: int, n: int = 4) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(n, 3, generator=generator) for _ in range(count)]


def assert_same(one: nn.Module, other: nn.Module, **tolerance) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, **(tolerance or dict(rtol=0, atol=0)))


@pytest.mark.parametrize("clip", [None, 0.05])
def test_equals_separate_optimisers(clip):
    net, other = Two(), Two()
    run(joint(net, clip), net, inputs(5))
    a, b = optimisers(other)
    for x in inputs(5):
        a.zero_grad(), b.zero_grad()
        other.loss(x).backward()
        if clip:
            norm = nn.utils.clip_grad_norm_(other.a.parameters(), clip)
            assert norm > clip
        a.step(), b.step()
    assert_same(net, other)


@pytest.mark.parametrize("count", [2, 3])
def test_accumulation_equals_the_larger_batch(count):
    net, other = Two(), Two()
    data = inputs(2 * count)
    run(joint(net, accumulative_counts=count), net, data)
    run(joint(other), other, [torch.cat(data[:count]), torch.cat(data[count:])])
    assert_same(net, other, rtol=1e-5, atol=1e-7)


def test_accumulation_equals_the_larger_batch_for_the_whole_model():
    alignment = dict(
        type="OutputAdversarial",
        num_classes=CLASSES,
        discriminator=dict(type="PixelDiscriminator", channels=4, num_layers=2),
    )
    models, full = [], batch(4)
    halves = [
        {k: {d: v[i : i + 2] for d, v in part.items()} for k, part in full.items()} for i in (0, 2)
    ]
    for data in ([full], halves):
        model = build(alignments=dict(adv=alignment))
        wrapper = JointOptimWrapper(
            accumulative_counts=len(data),
            a=OptimWrapper(torch.optim.SGD(model.segmentor.parameters(), lr=0.1)),
            b=OptimWrapper(torch.optim.SGD(model.alignments.parameters(), lr=0.1)),
        )
        for one in data:
            wrapper.update_params(model.parse_losses(losses_of(model, one))[0])
        models.append(model)
    assert_same(*models, rtol=1e-4, atol=1e-6)


def test_the_last_short_cycle_steps_with_its_own_mean():
    net, other = Two(), Two()
    data = inputs(5)
    run(joint(net, accumulative_counts=3), net, data, max_iters=5)
    run(joint(other), other, [torch.cat(data[:3]), torch.cat(data[3:])])
    assert_same(net, other, rtol=1e-5, atol=1e-7)


def test_inside_a_cycle_nothing_moves_and_nothing_is_synchronised():
    net, synced = Two(), []

    class NoSync:
        def __enter__(self):
            synced.append(False)

        def __exit__(self, *_):
            pass

    net.no_sync = NoSync
    before = copy.deepcopy(net)
    wrapper = joint(net, accumulative_counts=3)
    run(wrapper, net, inputs(2), max_iters=10)
    assert_same(net, before)
    assert synced == [False, False]
    with wrapper.optim_context(net):
        wrapper.update_params(net.loss(inputs(1)[0]))
    assert synced == [False, False]
    assert not torch.equal(net.a.weight, before.a.weight)
    assert net.a.weight.grad is None or not net.a.weight.grad.any()


def test_bf16_runs_under_autocast():
    net, plain = Two(), Two()
    seen = []
    net.a.register_forward_hook(lambda m, i, out: seen.append(out.dtype))
    run(joint(net, precision="bf16"), net, inputs(3))
    run(joint(plain), plain, inputs(3))
    assert set(seen) == {torch.bfloat16}
    assert net.a.weight.dtype == torch.float32
    assert_same(net, plain, rtol=0.1, atol=0.02)


class FakeScaler:
    """Counts what a gradient scaler is asked to do; its scale is 8."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.state = 8.0

    def is_enabled(self) -> bool:
        return True

    def scale(self, loss):
        return loss * self.state

    def unscale_(self, optimizer):
        self.calls.append("unscale")
        for group in optimizer.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.grad /= self.state

    def step(self, optimizer):
        self.calls.append("step")
        optimizer.step()

    def update(self):
        self.calls.append("update")

    def state_dict(self):
        return {"scale": self.state}

    def load_state_dict(self, state):
        self.state = state["scale"]


def test_fp16_has_one_scaler_for_all_and_clips_after_unscaling():
    net, other = Two(), Two()
    wrapper = joint(net, clip=0.05, precision="fp16")
    wrapper.scaler = FakeScaler()
    for x in inputs(2):
        wrapper.update_params(net.loss(x))
    run(joint(other, clip=0.05), other, inputs(2))
    assert wrapper.scaler.calls == 2 * ["unscale", "step", "unscale", "step", "update"]
    assert_same(net, other, rtol=1e-6, atol=1e-7)


def test_fp16_steps_are_counted_for_schedulers(recwarn):
    net = Two()
    wrapper = joint(net, precision="fp16")
    wrapper.scaler = FakeScaler()
    schedulers = [
        LinearLR(part, start_factor=0.1, end=5) for part in wrapper.optim_wrappers.values()
    ]
    wrapper.update_params(net.loss(inputs(1)[0]))
    for scheduler in schedulers:
        scheduler.step()
    assert not [w for w in recwarn if "before `optimizer.step()`" in str(w.message)]


def test_fp16_skips_an_optimiser_without_gradients():
    net = Two()
    wrapper = joint(net, precision="fp16")
    wrapper.scaler = FakeScaler()
    wrapper.update_params((net.a(inputs(1)[0]) ** 2).mean())
    assert wrapper.scaler.calls == ["unscale", "step", "update"]


def test_the_scaler_is_saved_and_restored():
    net = Two()
    wrapper = joint(net, precision="fp16")
    wrapper.scaler = FakeScaler()
    wrapper.scaler.state = 32.0
    state = wrapper.state_dict()
    assert state["scaler"] == {"scale": 32.0}
    other = joint(net, precision="fp16")
    other.scaler = FakeScaler()
    other.load_state_dict(state)
    assert other.scaler.state == 32.0
    joint(net).load_state_dict(state)  # to full precision: the scaler is not needed
    assert "scaler" in state
    assert "scaler" not in joint(net).state_dict()


def test_state_dict_continues_the_run():
    net, data = Two(), inputs(4)
    wrapper = joint(net)
    run(wrapper, net, data[:2])
    other = copy.deepcopy(net)
    resumed = joint(other)
    resumed.load_state_dict(copy.deepcopy(wrapper.state_dict()))
    run(wrapper, net, data[2:])
    run(resumed, other, data[2:])
    assert_same(net, other)


def test_optimisers_of_another_config():
    net = Two()
    state = joint(net).state_dict()
    state["c"] = state.pop("b")
    with pytest.raises(
        ConfigError, match=r"\['a', 'c'\], but the config has \['a', 'b'\].*load_from"
    ):
        joint(net).load_state_dict(state)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(precision="half"), "unknown precision `half`; expected"),
        (dict(accumulative_counts=0), "must be 1 or more: 0"),
    ],
)
def test_impossible_arguments(arguments, message):
    with pytest.raises(ConfigError, match=message):
        joint(Two(), **arguments)


def test_numbers_of_steps_are_on_the_cpu_after_resume():
    """Adam would wait for each of them on a GPU, where MMEngine loads checkpoints."""

    class OnGpu:
        def cpu(self) -> torch.Tensor:
            return torch.tensor(2.0)

    net = Two()
    wrapper = joint(net)
    run(wrapper, net, inputs(2))
    state = copy.deepcopy(wrapper.state_dict())
    for entry in state["b"]["state"].values():
        entry["step"] = OnGpu()
    resumed = joint(net)
    resumed.load_state_dict(state)
    steps = [entry["step"] for entry in resumed["b"].optimizer.state.values()]
    assert len(steps) == 2
    assert all(step.device.type == "cpu" and step == 2 for step in steps)
