"""The hooks that fit and watch the groups of CDGA."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest
import torch
from engine_runs import differences, read, train
from mmengine.structures import PixelData
from model_samples import batch, build

from mmda.engine.hooks import GroupDiagnosticsHook, GroupingRefreshHook, grouping_refresh_hook
from mmda.engine.hooks.group_diagnostics_hook import group_diagnostics
from mmda.engine.launch import build_runner, load_config, prepare
from mmda.errors import ConfigError
from mmda.models.alignments.grouped_domain import GroupUse
from mmda.models.losses import discriminator_condition

LAST = 5
LEARNED = """
model["alignments"] = dict(
    cdga=dict(
        type="GroupAlignment", num_classes=2, discriminator=dict(channels=4, num_layers=3), start=1,
    )
)
train_cfg["max_iters"] = 5
"""
FITTED = (
    LEARNED
    + """
model["alignments"]["cdga"]["grouping"] = dict(type="KMeansGrouping", in_channels=64)
custom_hooks = [
    dict(type="TeacherEMAHook"),
    dict(type="GroupingRefreshHook", interval=2, images=3, pixels=100),
    dict(type="GroupDiagnosticsHook", interval=1),
]
"""
)
CENTROIDS = "alignments.cdga.grouping.centroids"


@pytest.fixture(scope="module")
def fitted(toy_root, tmp_path_factory):
    """An uninterrupted run with k-means groups, a checkpoint after each iteration."""
    from core_samples import TRAINING

    folder = tmp_path_factory.mktemp("fitted")
    (folder / "config.py").write_text(TRAINING + FITTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        train(str(folder / "config.py"), folder / "work")
    return folder / "work"


def test_groups_are_fitted_at_the_start_and_then_each_interval(fitted):
    """Iterations are counted from 0: start 1, interval 2 -> before iterations 1 and 3."""
    states = [read(fitted, i)["state_dict"] for i in range(1, LAST + 1)]
    assert [int(s["alignments.cdga.grouping.fits"]) for s in states] == [0, 1, 1, 2, 2]
    assert not states[0][CENTROIDS].any()
    assert torch.equal(states[1][CENTROIDS], states[2][CENTROIDS])
    assert not torch.equal(states[2][CENTROIDS], states[3][CENTROIDS])


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_resume_equals_the_uninterrupted_run(fitted, write_config, tmp_path, stop):
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(fitted / f"iter_{stop}.pth", work)
    torch.manual_seed(99)
    train(write_config(FITTED), work, resume=True)
    assert differences(read(fitted, LAST), read(work, LAST)) == []


def test_fitting_leaves_the_training_as_it_is(fitted, write_config, tmp_path):
    """Up to the first fit, a run with the hook is the run without it; the mode is restored."""
    config = write_config(FITTED.replace("start=1", "start=4"))
    train(config, tmp_path / "with", {"custom_hooks.1.interval": 1})
    one = read(tmp_path / "with", 4)["state_dict"]
    train(config, tmp_path / "without", {"custom_hooks.1.interval": 9, "custom_hooks.1.images": 1})
    assert differences(one, read(tmp_path / "without", 4)["state_dict"]) == []
    # Iteration 4 sees groups of different pixels, but the same images, dropout and mode.
    five = [read(tmp_path / name, 5) for name in ("with", "without")]
    assert differences(five[0]["rng_states"], five[1]["rng_states"]) == []


def test_fitting_puts_each_part_back_in_its_own_mode(write_config, tmp_path):
    config = load_config(write_config(FITTED), {"model.alignments.cdga.start": 0})
    runner = build_runner(prepare(config, tmp_path / "work"))
    model, frozen = runner.model.train(), runner.model.segmentor.backbone.layer1
    frozen.eval()  # as a normalisation whose statistics are to stay
    modes = {name: part.training for name, part in model.named_modules()}
    hook = GroupingRefreshHook(images=1, pixels=10)
    hook.before_train_iter(runner, 0)
    assert model.alignments["cdga"].grouping.fits == 1
    assert {name: part.training for name, part in model.named_modules()} == modes


def test_the_log_shows_the_groups(fitted):
    (path,) = fitted.glob("*/vis_data/scalars.json")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    last = next(line for line in reversed(lines) if "loss" in line)
    for domain in ("source", "target"):
        assert 0 <= last[f"cdga.{domain}_entropy"] <= 1
        assert 0 <= last[f"cdga.{domain}_cosine"] <= 1
        assert 0 < last[f"cdga.{domain}_condition"] <= 1


def test_a_learned_grouping_trains_with_its_own_optimiser(write_config, tmp_path, toy_root):
    train(write_config(LEARNED), tmp_path / "work")
    first, last = (read(tmp_path / "work", i) for i in (1, LAST))
    changed = differences(first["state_dict"], last["state_dict"])
    assert any(name.startswith(".alignments.cdga.grouping.layers.0") for name in changed)
    # The published rate, decayed by the common schedule: not the segmentor's.
    rates = {
        name: state["param_groups"][0]
        for name, state in last["optimizer"].items()
        if isinstance(state, dict)
    }
    assert rates["grouping"]["initial_lr"] == 1e-3
    assert rates["grouping"]["momentum"] == 0.9


def use(usage, q):
    """Groups whose discriminator is told each sample's own distribution."""
    return GroupUse(usage, q, discriminator_condition(q))


@pytest.mark.parametrize(
    ("usage", "q", "expected"),
    [
        # Even groups that hold one class each.
        ([0.5, 0.5], [[0.5, 0.0], [0.0, 0.5]], dict(entropy=1.0, cosine=0.0, condition=1.0)),
        # One group holds all; both classes in equal parts.
        ([1.0, 0.0], [[0.5, 0.5], [0.0, 0.0]], dict(entropy=0.0, cosine=0.0, condition=0.5**1.5)),
        ([0.5, 0.5], [[0.2, 0.2], [0.3, 0.3]], dict(entropy=1.0, cosine=1.0, condition=0.5**0.5)),
        ([1.0], [[0.5, 0.5]], dict(condition=0.5**0.5)),
    ],
)
def test_known_diagnostics(usage, q, expected):
    got = group_diagnostics(use(torch.tensor(usage), torch.tensor([q])))
    assert got == pytest.approx(expected, abs=1e-4)


def test_the_condition_is_the_one_that_the_discriminator_is_told():
    q = torch.tensor([[[0.5, 0.0], [0.0, 0.5]]])  # each group holds one class
    told = torch.full_like(q, 0.5)
    got = group_diagnostics(GroupUse(torch.tensor([0.5, 0.5]), q, told))
    assert got["condition"] == pytest.approx(0.5**0.5)


def test_entropy_is_relative_to_even_groups():
    got = group_diagnostics(use(torch.tensor([0.7, 0.2, 0.1]), torch.rand(1, 3, 2)))["entropy"]
    shares = np.array([0.7, 0.2, 0.1])
    assert got == pytest.approx(float(-(shares * np.log(shares)).sum() / math.log(3)), rel=1e-5)


def test_values_stay_in_their_range_in_spite_of_rounding():
    generator = torch.Generator().manual_seed(0)
    for _ in range(100):
        usage = torch.full((3,), 1 / 3) + 1e-8 * torch.rand(3, generator=generator)
        q = torch.rand(1, 1, 4, generator=generator).repeat(2, 3, 1)
        values = group_diagnostics(use(usage, q))
        assert 0 <= values["entropy"] <= 1
        assert 0 <= values["cosine"] <= 1


def test_pixels_come_from_both_domains_in_equal_parts(write_config, tmp_path, monkeypatch):
    """The domains of the samples differ in brightness, and so do their softmax maps' pixels."""
    seen = []
    from mmda.models import KMeansGrouping

    fit = KMeansGrouping.fit
    monkeypatch.setattr(KMeansGrouping, "fit", lambda self, x: (seen.append(x), fit(self, x)))
    sampled = []
    grouped = grouping_refresh_hook._grouped
    monkeypatch.setattr(
        grouping_refresh_hook,
        "_grouped",
        lambda *args: sampled.append(float(args[2].mean())) or grouped(*args),
    )
    train(write_config(FITTED), tmp_path / "work", {"train_cfg.max_iters": 2})
    assert [x.shape for x in seen] == [(2 * 100, 64)]
    source, target = sampled[0::2], sampled[1::2]
    assert len(source) == len(target) == 3
    assert not set(source) & set(target)  # two images a pair, not one twice


def test_collapse_and_likeness_are_told_once():
    class Runner:
        iter = 2000

        class logger:
            lines: list[str] = []

            @classmethod
            def warning(cls, text):
                cls.lines.append(text)

    hook = GroupDiagnosticsHook(collapse=0.1)
    for entropy in (0.5, 0.05, 0.05):
        hook._check(Runner, "cdga, source", {"entropy": entropy})
    assert len(Runner.logger.lines) == 1
    assert "nearly all pixels are in one group (entropy 0.05" in Runner.logger.lines[0]
    for _ in range(2):
        hook._check(Runner, "cdga, target", {"entropy": 1.0, "cosine": 0.999})
    assert len(Runner.logger.lines) == 2
    assert "they act as one group" in Runner.logger.lines[1]
    Runner.iter = 10
    hook._check(Runner, "other, target", {"entropy": 1.0, "cosine": 0.999})
    assert len(Runner.logger.lines) == 2


def test_wrong_settings_are_refused():
    with pytest.raises(ConfigError, match="must be 1 or more, got 0, 64 and 20000"):
        GroupingRefreshHook(interval=0)


def test_pixels_that_do_not_count_are_not_sampled():
    model = build(
        alignments=dict(
            it=dict(
                type="GroupAlignment",
                num_classes=3,
                grouping=dict(type="KMeansGrouping", in_channels=64),
                discriminator=dict(channels=4, num_layers=2),
            )
        )
    )
    data = batch(1)
    images, samples = (data[key]["target"] for key in ("inputs", "data_samples"))
    alignment = model.alignments["it"]

    def found():
        with torch.no_grad():
            return grouping_refresh_hook._grouped(model, alignment, images, samples)

    everything = found()
    valid = torch.ones(1, 32, 32, dtype=torch.bool)
    valid[:, :16] = False
    samples[0].valid = PixelData(data=valid)
    assert torch.equal(found(), everything.view(4, 4, 64)[2:].reshape(8, 64))
    samples[0].valid = PixelData(data=0 * valid > 0)
    chosen = grouping_refresh_hook._choose(found(), 5, np.random.default_rng(0))
    assert chosen.shape == (0, 64)
