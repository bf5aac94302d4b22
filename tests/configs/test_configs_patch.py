"""The tables of patch-level alignment: published figures, and rows that differ in what they say."""

from __future__ import annotations

from statistics import mean

import pytest
from config_samples import CONFIGS, load, planned_runs
from loops import for_each

from mmda.ablation import read_table

TABLES = CONFIGS / "ablation" / "patch"
TASKS = ("buildings", "landcover")
ELSE = {("table5", "fcns_in_the_wild"): 22.9}
"""Means of classes where the paper prints something else, as the table's note says."""


def published(name):
    """Return the figures of each row that has some, by the columns' names."""
    table = read_table(TABLES / f"{name}.py")
    names = [column.metric for column in table.columns]
    rows = {r.name: dict(zip(names, r.published, strict=True)) for r in table.rows.values()}
    return {name: row for name, row in rows.items() if any(row.values())}


@for_each("name", ["table4", "table5"])
def test_published_means_are_those_of_their_classes(name):
    thin = {"IoU/wall", "IoU/fence", "IoU/pole"}
    figures = published(name)
    assert len(figures) >= 10
    for method, row in figures.items():
        classes = {k: v for k, v in row.items() if k.startswith("IoU/") and v is not None}
        if row["mIoU"] is not None:
            assert mean(classes.values()) == pytest.approx(row["mIoU"], abs=0.1)
        if row.get("mIoU/13") is not None:
            rest = [value for key, value in classes.items() if key not in thin]
            printed = ELSE.get((name, method), row["mIoU/13"])
            assert mean(rest) == pytest.approx(printed, abs=0.1)
    assert all("22.9" in note for note in read_table(TABLES / "table5.py").notes[1:])


def test_tables_repeat_each_others_figures():
    first, second, third, fourth, fifth = (published(f"table{n}") for n in (1, 2, 3, 4, 5))
    for one, other, rows in (
        (first, second, {"source_only": "source_only", "patch": "patch"}),
        (second, fourth, {"source_only": "source_only", "ou": "output_space"}),
        (second, fourth, {"fu_patch": "patch_fu"}),
        (third, fifth, {"source_only": "source_only", "ou": "output_space"}),
        (third, fifth, {"fu_patch": "patch_fu"}),
    ):
        for row, same in rows.items():
            assert one[row]["mIoU"] == other[same]["mIoU"], row


@for_each("name", ["table4", "table5"])
def test_nam_of_vgg_is_between_bounds_of_vgg(name):
    rows = read_table(TABLES / f"{name}.py").rows
    for row in rows.values():
        networks = {path.stem.split("_")[1] for path in row.configs.values()}
        networks |= {rows[b].configs[""].stem.split("_")[1] for b in row.bounds if networks}
        assert len(networks) < 2, row.name


@for_each("name", ["table2", "table3"])
def test_the_second_row_of_each_pair_adds_the_patch_level_alone(name):
    rows = read_table(TABLES / f"{name}.py").rows
    for base, other in (("ou", "ou_patch"), ("ps", "ps_patch"), ("fu", "fu_patch")):
        before, after = (load(rows[row].configs[""]) for row in (base, other))
        alignments = dict(after.model.alignments)
        assert alignments.pop("patch").start == 10_000
        assert alignments == dict(before.model.alignments)
        assert after.train_dataloader == before.train_dataloader


def test_points_of_the_figure():
    rows = read_table(TABLES / "figure5.py").rows
    configs = {row.x: load(row.configs[""]) for row in rows.values() if row.x is not None}
    modes = {x: config.model.alignments.patch.num_modes for x, config in configs.items()}
    assert modes == {k: k for k in (20, 50, 100, 200, 300)}


@for_each("task", TASKS)
def test_toy_rows_switch_the_parts_on_one_by_one(task):
    parts = {
        "source_only": set(), "patch": {"patch"},
        "ou": {"ou"}, "ou_patch": {"ou", "patch"},
        "pi": {"pi"}, "pi_patch": {"pi", "patch"},
        "ps": {"ps"}, "ps_patch": {"ps", "patch"},
        "fu": {"ou", "pi", "ps"}, "fu_patch": {"ou", "pi", "ps", "patch"},
    }  # fmt: skip
    runs = planned_runs(TABLES / "toy_table2.py", task)
    warm_up = runs.pop("warm_up")
    del runs["target_only"]
    assert set(runs) == set(parts)
    for name, run in runs.items():
        assert run.start_from is warm_up
        assert run.iterations == 200
        assert switched_on(run.config) == parts[name], name


def switched_on(config):
    """Return the parts of fusion, and the patch level, that a run has."""
    alignments = config.model.get("alignments") or {}
    if not alignments:
        return set()
    (_, translated) = config.train_dataloader.dataset.source.datasets
    found = {
        "ou": alignments.output.weights.decode > 0,
        "pi": translated.pipeline[1].get("prob", 1) > 0,
        "ps": alignments.pseudo.start < config.train_cfg.max_iters,
        "patch": alignments.patch.get("weights", {"d": 1})["d"] > 0,
    }
    return {name for name, on in found.items() if on}


@for_each("task", TASKS)
def test_toy_tables_share_rows(task):
    second, fourth = (planned_runs(TABLES / f"toy_table{n}.py", task) for n in (2, 4))
    for row in ("warm_up", "source_only", "fu_patch", "target_only"):
        assert second[row].settings == fourth[row].settings


def test_toy_terms_are_switched_one_by_one():
    runs = planned_runs(TABLES / "toy_table1.py", "roads")
    weights = {
        name: dict(runs[name].config.model.alignments.patch.weights)
        for name in ("d", "adv", "patch")
    }
    assert weights == {
        "d": dict(d=0.1, adv=0),
        "adv": dict(d=0, adv=0.01),
        "patch": dict(d=0.1, adv=0.01),
    }
