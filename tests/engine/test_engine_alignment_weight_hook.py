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
        features=dict(type="FeatureAdversarial", in_channels=64, weight=0.01),
        pseudo=dict(type="PseudoLabels", start=3),
    )
    return SimpleNamespace(model=build(segmentor_config(), alignments=alignments), iter=0)


def weights(runner, hooks, iterations, name="isia"):
    """The weight in each of the iterations."""
    found = []
    for hook in hooks:
        hook.before_train(runner)
    for runner.iter in iterations:
        for hook in hooks:
            hook.before_train_iter(runner, runner.iter)
        found.append(runner.model.alignments[name].weight)
    return found


def test_the_weight_changes_at_the_iteration(runner):
    hooks = [AlignmentWeightHook("isia", 0.001, begin=2), AlignmentWeightHook("isia", 0, begin=4)]
    assert weights(runner, hooks, range(5)) == [0.01, 0.01, 0.001, 0.001, 0]
    assert [runner.model.alignments["isia"].active(i) for i in (0, 9)] == [False, False]


def test_an_alignment_may_be_off_for_a_while(runner):
    hooks = [AlignmentWeightHook("isia", 0, begin=1), AlignmentWeightHook("isia", 0.001, begin=3)]
    assert weights(runner, hooks, range(4)) == [0.01, 0, 0, 0.001]


def test_an_alignment_that_the_config_switches_off_stays_off(runner):
    runner.model.alignments["isia"].weight = 0.0
    assert weights(runner, [AlignmentWeightHook("isia", 0.001, begin=2)], range(4)) == [0.0] * 4


@pytest.mark.parametrize("name", ["isia", "features"])
def test_by_default_it_changes_where_the_pseudo_labels_begin(runner, name):
    hooks = [AlignmentWeightHook(name, 0.001)]
    assert weights(runner, hooks, range(2, 5), name) == [0.01, 0.001, 0.001]
    runner.model.alignments["pseudo"].start = 4
    runner.model.alignments[name].weight = 0.01
    assert weights(runner, [AlignmentWeightHook(name, 0.001)], (3, 4), name) == [0.01, 0.001]


def test_without_pseudo_labels_it_needs_an_iteration(runner):
    del runner.model.alignments["pseudo"]
    with pytest.raises(ConfigError, match=r"the model has 0 different ones\. Set `begin`"):
        AlignmentWeightHook("isia", 0.001).before_train(runner)


def test_a_resumed_run_has_the_weight_of_its_iteration(runner):
    assert weights(runner, [AlignmentWeightHook("isia", 0.001, begin=2)], [7]) == [0.001]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("isai", "no alignment `isai`. Did you mean `isia`"),
        ("aim_of_another", r"It has \['features', 'isia', 'output', 'pseudo'\]"),
        ("output", "`output` is a OutputAdversarial, which has no single `weight`"),
    ],
)
def test_alignments_without_a_weight_are_refused(runner, name, message):
    with pytest.raises(ConfigError, match=message):
        AlignmentWeightHook(name, 0.001, begin=2).before_train(runner)


@pytest.mark.parametrize(("weight", "begin"), [(-1, 0), (-1, None), (1, -1)])
def test_negative_values_are_refused(weight, begin):
    with pytest.raises(ConfigError, match="0 or more"):
        AlignmentWeightHook("isia", weight, begin)
