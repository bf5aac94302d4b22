"""The choice among models, its guards, and what is told of it."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmda.errors import ConfigError
from mmda.selection.choice import choose
from mmda.selection.identity import Tiles
from mmda.selection.options import RULES, SelectOptions
from mmda.selection.outcome import ScoredModel, Selection
from mmda.selection.statistics import Statistics
from mmda.selection.views import VIEWS

PIXELS = 400
TRUTH = np.arange(PIXELS) % 4 == 0  # a quarter is class 1
GOOD_ON_SOURCE = np.array([[72, 3], [4, 21]])
FAILED_ON_SOURCE = np.array([[75, 0], [24, 1]])


def model(seed: int, wrong: float, sure: float, source: np.ndarray | None) -> Statistics:
    """Return a model that errs at random in a share of the pixels and is ``sure`` (0.5 to 1)."""
    rng = np.random.default_rng(seed)
    label = (TRUTH ^ (rng.random(PIXELS) < wrong)).astype(int)
    confidence = np.clip(sure + 0.1 * rng.random(PIXELS), 0.5, 1)
    samples = np.stack([np.where(label == 0, confidence, 1 - confidence)] * 2, 1)
    samples[:, 1] = 1 - samples[:, 0]
    return statistics(samples, source, rng.random(PIXELS) < wrong)


def one_class(source: np.ndarray | None) -> Statistics:
    """Return a model that is sure of class 0 everywhere, whatever the view."""
    samples = np.tile([1.0, 0.0], (PIXELS, 1))
    return statistics(samples, source, np.zeros(PIXELS, bool))


def statistics(samples: np.ndarray, source: np.ndarray | None, flipped: np.ndarray) -> Statistics:
    label = samples.argmax(1)
    other = label ^ flipped
    view = np.array([[((label == a) & (other == b)).sum() for b in (0, 1)] for a in (0, 1)])
    counts = np.bincount(label, minlength=2)
    return Statistics(samples.astype(np.float32), counts, dict.fromkeys(VIEWS, view), source)


def chosen(folder: Path, rule: str, **models: Statistics) -> Selection:
    listed, files = [], []
    for name, one in models.items():
        listed.append(ScoredModel(name, folder / f"{name}.pth", folder / "config.py", {}))
        files.append(folder / f"{name}.npz")
        one.save(files[-1])
    return choose(listed, files, rule, {"bound": "it was trained on labels of the target."})


@pytest.mark.parametrize("rule", RULES)
def test_one_class_everywhere_never_wins(tmp_path, rule):
    for source in (GOOD_ON_SOURCE, None):
        if source is None and rule == "class_shares":
            continue
        selection = chosen(
            tmp_path,
            rule,
            degenerate=one_class(source),
            better=model(0, 0.05, 0.85, source),
            worse=model(1, 0.3, 0.6, source),
        )
        assert selection.best.name != "degenerate"
        assert [m.name for m in selection.models if m.refused] == ["degenerate"]
        assert "class 0 in 100.00 %" in selection.models[-1].refused


@pytest.mark.parametrize("rule", RULES)
def test_a_model_whose_source_validation_collapsed_never_wins(tmp_path, rule):
    selection = chosen(
        tmp_path,
        rule,
        collapsed=model(0, 0.0, 0.9, FAILED_ON_SOURCE),
        worse=model(1, 0.3, 0.6, GOOD_ON_SOURCE),
    )
    assert selection.best.name == "worse"
    assert "on the source's validation tiles is 39.9, while" in selection.models[1].refused


def test_a_model_with_the_target_s_statistics_is_not_judged_on_the_source(tmp_path):
    adapted = replace(model(0, 0.0, 0.9, FAILED_ON_SOURCE), adapted=True)
    worse = model(1, 0.3, 0.6, GOOD_ON_SOURCE)
    selection = chosen(tmp_path, "entropy", adapted=adapted, worse=worse)
    assert selection.best.name == "adapted"
    assert [m.refused for m in selection.models] == [None, None]
    one = replace(one_class(GOOD_ON_SOURCE), adapted=True)  # the other sign counts as before
    selection = chosen(tmp_path, "entropy", one=one, worse=worse)
    assert [m.name for m in selection.models if m.refused] == ["one"]


def test_a_model_with_far_shares_of_classes_loses_where_another_has_near_ones(tmp_path):
    sure = np.tile([0.05, 0.95], (PIXELS, 1))
    sure[: PIXELS // 4] = [0.95, 0.05]  # three quarters are class 1, in the source a quarter
    far = statistics(sure, GOOD_ON_SOURCE, np.zeros(PIXELS, bool))
    near, second = (model(seed, 0.1, 0.6, GOOD_ON_SOURCE) for seed in (0, 1))
    selection = chosen(tmp_path, "nuclear_norm", far=far, near=near)
    assert selection.best.name == "near"
    assert "are 50 points from those in the source" in selection.models[1].refused
    # Where all are far, the target is another: nobody is refused.
    same = replace(far, samples=1 - far.samples[::-1])
    selection = chosen(tmp_path, "nuclear_norm", far=far, same=same)
    assert [m.refused for m in selection.models] == [None, None]
    # Nor where the source's labels are not known.
    blind = [replace(one, source=None) for one in (far, second)]
    selection = chosen(tmp_path, "nuclear_norm", far=blind[0], second=blind[1])
    assert selection.best.name == "far" and selection.models[1].refused is None


def test_what_is_told(tmp_path):
    selection = chosen(
        tmp_path,
        "information",
        unsure=model(0, 0.0, 0.55, GOOD_ON_SOURCE),
        sure=model(0, 0.1, 0.9, GOOD_ON_SOURCE),
        degenerate=one_class(GOOD_ON_SOURCE),
    )
    assert [m.name for m in selection.models] == ["sure", "unsure", "degenerate"]
    assert "of 2 models it has the highest information" in selection.why
    assert "1 more were refused" in selection.why
    assert selection.disagreements["consistency"] == "unsure"
    assert "information" not in selection.disagreements
    assert math.isnan(selection.models[-1].scores["ensemble"])
    selection = replace(
        selection, digests={"sure": "9"}, target=Tiles("`/t`, split `val`, 3 tiles", "7")
    )
    selection.write(tmp_path / "selection.json")
    text = (tmp_path / "selection.json").read_text()
    assert str(tmp_path) not in text
    read = Selection.read(tmp_path / "selection.json")
    assert read.checkpoint == selection.checkpoint == tmp_path / "sure.pth"
    assert read.to_json() == selection.to_json()
    assert (read.digests, read.target) == (selection.digests, selection.target)


def test_the_only_model(tmp_path):
    selection = chosen(tmp_path, "rank", alone=model(0, 0.1, 0.7, None))
    assert selection.checkpoint.name == "alone.pth"
    assert "the only model" in selection.why
    assert selection.disagreements == {}


def test_equal_values_are_decided_by_the_source_validation(tmp_path):
    better = np.array([[74, 1], [1, 24]])
    selection = chosen(
        tmp_path,
        "entropy",
        first=model(0, 0.1, 0.7, GOOD_ON_SOURCE),
        second=model(0, 0.1, 0.7, better),
    )
    assert selection.best.name == "second"


def test_nothing_to_choose(tmp_path):
    with pytest.raises(ConfigError, match=r"No model can be chosen. `bad`: it predicts class 0"):
        chosen(tmp_path, "rank", bad=one_class(None))
    with pytest.raises(ConfigError, match=r"`class_shares` has no value.*labelled source"):
        chosen(tmp_path, "class_shares", fine=model(0, 0.1, 0.7, None))


@pytest.mark.parametrize("text", ["{}", "no json", "[]", '{"models": [1]}'])
def test_a_file_that_is_no_selection(tmp_path, text):
    path = tmp_path / "selection.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="holds no selection"):
        Selection.read(path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "entropi"}, "Did you mean `entropy`"),
        ({"tiles": 0}, "`tiles` must be 1 or more, but got 0"),
        ({"pixels": 2}, "`pixels` must be 3 or more"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(ConfigError, match=message):
        SelectOptions(**options)


def test_models_that_were_measured_on_different_tiles(tmp_path):
    one, other = (
        replace(model(0, 0.1, 0.7, None), target=Tiles(f"`/{name}`, split `val`, 3 tiles", name))
        for name in ("here", "there")
    )
    with pytest.raises(ConfigError, match=r"2 different targets: `/here`.*`a`\); `/there`.*`b`"):
        chosen(tmp_path, "rank", a=one, b=other)
    moved = replace(one, target=Tiles("`/elsewhere`, split `val`, 3 tiles", "here"))
    assert len(chosen(tmp_path, "rank", a=one, b=moved).models) == 2


def test_models_of_different_tasks(tmp_path):
    views = dict.fromkeys(VIEWS, np.eye(3))
    three = Statistics(np.full((9, 3), 1 / 3), np.array([3, 3, 3]), views)
    with pytest.raises(ConfigError, match=r"different numbers of classes, \[2, 3\]"):
        chosen(tmp_path, "rank", two=model(0, 0.1, 0.7, None), three=three)


def test_where_no_model_has_any_skill_on_the_source_none_is_refused_for_it(tmp_path):
    selection = chosen(
        tmp_path,
        "entropy",
        one=model(0, 0.1, 0.7, np.array([[40, 35], [20, 5]])),
        other=model(1, 0.1, 0.6, np.array([[20, 55], [20, 5]])),
    )
    assert [m.refused for m in selection.models] == [None, None]
