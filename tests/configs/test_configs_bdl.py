"""The sequences of BDL and CyCADA: which model starts from, watches and labels for which."""

from __future__ import annotations

import pytest
from config_samples import CONFIGS, load, planned_runs
from loops import for_each

TRANSFERS = ("gta52cityscapes", "synthia2cityscapes")
TABLES = CONFIGS / "ablation"


def links(runs):
    """Return what each run starts from and whose translations it reads."""
    return {
        name: tuple(one and one.key[0] for one in (run.start_from, run.translated_by))
        for name, run in runs.items()
    }


@for_each("transfer", TRANSFERS)
def test_two_rounds_of_three_trainings(transfer):
    runs = planned_runs(TABLES / "bdl" / f"{transfer}.py")
    assert links(runs) == {
        "m0": (None, None),
        "f1": ("m0", None),
        "m1_0": (None, "f1"), "m1_1": ("m1_0", "f1"), "m1_2": ("m1_1", "f1"),
        "f2": ("m1_2", None),
        "m2_0": (None, "f2"), "m2_1": ("m2_0", "f2"), "m2_2": ("m2_1", "f2"),
        "cdga": ("m2_1", "f2"),
        "target_only": (None, None),
    }  # fmt: skip
    check_rounds(runs)


@for_each("task", ["buildings", "roads"])
def test_the_toy_rounds(task):
    runs = planned_runs(TABLES / "bdl" / "toy.py", task)
    found = links(runs)
    assert {name: link for name, link in found.items() if name[0] in "fm"} == {
        "m0": (None, None),
        "f1": ("m0", None), "m1_0": ("m0", "f1"), "m1_1": ("m1_0", "f1"),
        "f2": ("m1_1", None), "m2_0": ("m1_1", "f2"), "m2_1": ("m2_0", "f2"),
    }  # fmt: skip
    rounds = sum(run.iterations for name, run in runs.items() if name.startswith(("m1", "m2")))
    assert runs["source_only"].iterations == runs["target_only"].iterations == rounds
    check_rounds(runs)


def check_rounds(runs):
    """A translation watches with the network that it starts from; labels are there at once."""
    for name, run in runs.items():
        model = run.config.model
        if name.startswith("f"):
            weights = dict(perceptual=0.1, perceptual_cycle=10.0)
            assert {k: model.weights[k] for k in weights} == weights
            assert dict(model.segmentor) == dict(run.start_from.config.model.segmentor)
        elif name.startswith("m") and name != "m0":
            labelled = not name.endswith("_0")
            assert ("pseudo" in model.alignments) == labelled
            assert "output" in model.alignments
            hooks = [h for h in run.config.custom_hooks if h.type == "PseudoLabelHook"]
            assert [hook.thresholds for hook in hooks] == ["fixed:0.9"] * labelled
            assert model.alignments.get("pseudo", {}).get("start", 0) == 0


@pytest.mark.parametrize("table", [*TRANSFERS, "toy"])
def test_cycada_is_both_levels(table):
    runs = planned_runs(TABLES / "cycada" / f"{table}.py", "roads" if table == "toy" else "")
    start = "m0" if table == "toy" else None
    levels = {name: link for name, link in links(runs).items() if name in LEVELS}
    assert levels == {
        "pixel": (start, "translation"),
        "feature": (start, None),
        "cycada": (start, "translation"),
    }
    assert runs["translation"].config.model.weights.semantic == 0.1
    alignments = {name: runs[name].config.model.get("alignments") for name in LEVELS}
    assert not alignments["pixel"]
    assert alignments["feature"] == alignments["cycada"]


LEVELS = ("pixel", "feature", "cycada")


@for_each("transfer", TRANSFERS)
def test_bdl_in_one_training_has_a_name_of_its_own(transfer):
    name = f"bdl-online_deeplabv2-r101_120k_{transfer}.py"
    assert set(load(CONFIGS / "uda" / "cdga" / name).model.alignments) == {
        "output",
        "self_training",
    }
