"""The mean teacher: its average, its buffers, its mode and its checkpoints."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from mmengine.runner.checkpoint import _load_checkpoint_to_model
from model_samples import BATCH_NORM, build, segmentor_config
from torch import nn

from mmda.engine import TeacherEMAHook
from mmda.models import Teacher


class Net(nn.Module):
    """One parameter, one floating and one integer buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self.register_buffer("mean", torch.zeros(2))
        self.register_buffer("count", torch.tensor(0))

    def fill(self, value: float) -> None:
        self.weight.data.fill_(value)
        self.mean.fill_(2 * value)
        self.count.fill_(int(value))


@pytest.mark.parametrize("momentum", [0.0, 0.6, 0.999])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_average_in_closed_form(momentum, n):
    net = Net()
    teacher = Teacher(net, momentum)
    net.fill(-100.0)  # the first update copies the student, so this never counts
    values = [float(3 * i + 1) for i in range(n)]
    for update, value in enumerate(values):
        net.fill(value)
        teacher.update(net, update)
    rates = [1 - min(momentum, 1 - 1 / (i + 1)) for i in range(n)]
    expected = 0.0
    for i, value in enumerate(values):
        kept = 1.0
        for later in rates[i + 1 :]:
            kept *= 1 - later
        expected += rates[i] * kept * value
    assert teacher.segmentor.weight.tolist() == pytest.approx([expected] * 2, rel=1e-5)
    assert teacher.segmentor.mean.tolist() == pytest.approx([2 * expected] * 2, rel=1e-5)
    assert teacher.segmentor.count.item() == int(values[-1])


def test_without_warm_up_it_moves_slowly_from_the_start():
    net = Net()
    teacher = Teacher(net, 0.75, warm_up=False)
    net.fill(1.0)
    for update in range(2):
        teacher.update(net, update)
    assert teacher.segmentor.weight.tolist() == pytest.approx([1 - 0.75**2] * 2)


def test_the_first_update_copies_exactly():
    net = Net()
    teacher = Teacher(net, 0.999)
    net.fill(0.1)
    teacher.update(net, 0)
    assert torch.equal(teacher.segmentor.weight, net.weight)


def test_the_student_is_not_changed():
    net = Net()
    teacher = Teacher(net, 0.5)
    net.fill(1.0)
    teacher.update(net, 5)
    assert net.weight.tolist() == [1.0, 1.0]
    assert teacher.segmentor.weight.data_ptr() != net.weight.data_ptr()


def test_stays_in_evaluation_mode_and_without_gradient():
    model = build(segmentor_config(BATCH_NORM, dropout=0.5), teacher=dict(momentum=0.9))
    model.train()
    assert not any(module.training for module in model.teacher.modules())
    assert model.segmentor.training
    images = torch.randn(2, 3, 32, 32)
    before = {k: v.clone() for k, v in model.teacher.state_dict().items()}
    first, second = model.teacher(images), model.teacher(images)
    assert torch.equal(first, second)
    assert not first.requires_grad
    assert all(torch.equal(v, before[k]) for k, v in model.teacher.state_dict().items())
    torch.testing.assert_close(first.sum(1), torch.ones(2, 32, 32))


def test_starts_as_the_initialised_student():
    model = build(teacher=dict(momentum=0.9))
    assert_teacher_is(model, model.segmentor.state_dict())


def assert_teacher_is(model, state: dict) -> None:
    own = model.teacher.segmentor.state_dict()
    assert own.keys() == state.keys()
    assert all(torch.equal(own[k], state[k]) for k in own)


@pytest.mark.parametrize("how", ["torch", "mmengine"])
@pytest.mark.parametrize("plain", [False, True], ids=["no teacher", "plain mmseg"])
def test_loads_checkpoints_without_a_teacher(how, plain):
    trained = build(segmentor_config(aux=True), seed=1)
    state = (trained.segmentor if plain else trained).state_dict()
    model = build(segmentor_config(aux=True), seed=2, teacher=dict(momentum=0.9))
    if how == "torch":
        model.load_state_dict(state, strict=True)
    else:
        _load_checkpoint_to_model(model, {"state_dict": state})
    expected = trained.segmentor.state_dict()
    assert any(key.startswith("auxiliary_head.") for key in expected)
    got = model.segmentor.state_dict()
    assert all(torch.equal(got[k], v) for k, v in expected.items())
    assert_teacher_is(model, expected)


def test_a_checkpoint_with_a_teacher_keeps_it():
    trained = build(seed=1, teacher=dict(momentum=0.9))
    with torch.no_grad():
        trained.teacher.segmentor.decode_head.conv_seg.bias.fill_(5.0)
    model = build(seed=2, teacher=dict(momentum=0.9))
    model.load_state_dict(trained.state_dict(), strict=True)
    assert_teacher_is(model, trained.teacher.segmentor.state_dict())


@pytest.mark.parametrize(
    ("cycle", "iterations", "updates"),
    [
        (1, 3, [(0, 0), (1, 1), (2, 2)]),
        (2, 6, [(1, 0), (3, 1), (5, 2)]),
        (2, 5, [(1, 0), (3, 1), (4, 2)]),  # the run's last cycle is short, yet steps
        (4, 3, [(2, 0)]),
    ],
)
def test_hook_updates_when_the_optimisers_step(cycle, iterations, updates):
    seen = []
    teacher = SimpleNamespace(update=lambda student, n: seen.append((runner.iter, n)))
    runner = SimpleNamespace(
        model=SimpleNamespace(teacher=teacher, segmentor=None),
        optim_wrapper=SimpleNamespace(accumulative_counts=cycle),
        max_iters=iterations,
    )
    for runner.iter in range(iterations):
        TeacherEMAHook().after_train_iter(runner, runner.iter)
    assert seen == updates


def test_hook_leaves_a_model_without_teacher_alone():
    TeacherEMAHook().after_train_iter(SimpleNamespace(model=build(), iter=0), 0)
