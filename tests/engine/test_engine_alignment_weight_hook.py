"""An alignment's weight that changes in the middle of a run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from model_samples import CLASSES, build, segmentor_config

from mmda.engine.hooks import AlignmentWeightHook
from mmda.errors import ConfigError


@pytest.fixture
def runner():
    alignments = dict(
        isia=dict(type="ISIA", weight=0.01),
        output=dict(type="OutputAdversarial", num_classes=CLASSES),
    )
    return SimpleNamespace(model=build(segmentor_config(), alignments=alignments), iter=0)


def weights(runner, hooks, iterations):
    """The weight in each of the iterations."""
    found = []
    for hook in hooks:
        hook.before_train(runner)
    for runner.iter in iterations:
        for hook in hooks:
            hook.before_train_iter(runner, runner.iter)
        found.append(runner.model.alignments["isia"].weight)
    return found


def test_the_weight_changes_at_the_iteration(runner):
    hooks = [AlignmentWeightHook("isia", 0.001, begin=2), AlignmentWeightHook("isia", 0, begin=4)]
    assert weights(runner, hooks, range(5)) == [0.01, 0.01, 0.001, 0.001, 0]
    assert [runner.model.alignments["isia"].active(i) for i in (0, 9)] == [False, False]


def test_a_resumed_run_has_the_weight_of_its_iteration(runner):
    assert weights(runner, [AlignmentWeightHook("isia", 0.001, begin=2)], [7]) == [0.001]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("isai", "no alignment `isai`. Did you mean `isia`"),
        ("aim_of_another", r"It has \['isia', 'output'\]"),
        ("output", "`output` is a OutputAdversarial, which has no one `weight`"),
    ],
)
def test_alignments_without_a_weight_are_refused(runner, name, message):
    with pytest.raises(ConfigError, match=message):
        AlignmentWeightHook(name, 0.001, begin=2).before_train(runner)


@pytest.mark.parametrize(("weight", "begin"), [(-1, 0), (1, -1)])
def test_negative_values_are_refused(weight, begin):
    with pytest.raises(ConfigError, match="0 or more"):
        AlignmentWeightHook("isia", weight, begin)
