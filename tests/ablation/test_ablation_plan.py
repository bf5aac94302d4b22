"""From a description to runs: final configs, and what identifies them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from payloads import Payload

from mmda.ablation import read_table
from mmda.ablation.configs import final_config, fingerprint, read_config, settings
from mmda.ablation.data import data_folders
from mmda.ablation.run import Run
from mmda.ablation.runs import check_unchanged, plan, with_starts
from mmda.ablation.table import Table
from mmda.ablation.worker import work
from mmda.errors import ConfigError

TABLES = Path(__file__).resolve().parents[2] / "configs" / "ablation"
ROWS = """
title = "A table"
columns = ["mIoU", "IoU/building"]
overrides = {"train_cfg.max_iters": 4}
rows = [
    dict(name="a", config="config.py"),
    dict(
        name="b",
        config="config.py",
        overrides={"model.*.num_classes": 3, "train_cfg.max_iters": 2},
    ),
]
"""


@pytest.fixture
def table_file(write_config, tmp_path):
    write_config()
    path = tmp_path / "table.py"
    path.write_text(ROWS)
    return path


def make_plan(path, tmp_path, seeds=(0, 1), cfg_options=None):
    return plan_of(read_table(path), tmp_path, seeds, cfg_options)


def plan_of(table, tmp_path, seeds, cfg_options=None):
    data = data_folders(table, seeds, tmp_path / "cities")
    return plan(table, tmp_path / "work", seeds, data, cfg_options or {})


def source_pipeline(config):
    """The steps' types, in order."""
    return [step.type for step in config.train_dataloader.dataset.source.pipeline]


IMA = [
    "LoadTile",
    "MatchDomain",
    "MatchScale",
    "RandomCrop",
    "RandomFlip",
    "RandomRotate90",
    "PackDomainInputs",
]


read_once = cache(read_config)


@cache
def shipped(name: str) -> Sequence[Run]:
    """Return the runs of a table of the repository, of its first seed and at most eight tasks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mmda.ablation.runs.read_config", read_once)  # tables share configs
        table = first_tasks(name)
        return plan_of(table, Path("nowhere"), table.seeds[:1])


@cache
def first_tasks(name: str) -> Table:
    """Return a table of the repository; of those over many random shifts the first eight."""
    table = read_table(TABLES / f"{name}.py")
    return table.model_copy(update={"tasks": dict(list(table.tasks.items())[:8])})


def by_row(name: str, task: str) -> dict[str, Run]:
    """Return the runs of one task of a table of the repository."""
    return {run.key[0]: run for run in shipped(name) if run.key[1] == task}


def test_every_table_of_the_repository_can_be_planned():
    names = [str(path.relative_to(TABLES).with_suffix("")) for path in TABLES.glob("**/*.py")]
    assert len(names) > 28
    for name in names:
        table = first_tasks(name)
        wanted = [
            (row.name, t) for row in table.rows.values() for t in row.configs if t in table.tasks
        ]
        assert sorted(run.key[:2] for run in shipped(name)) == sorted(wanted), name


def test_land_cover_has_seven_classes_everywhere():
    for name in ("toy_table1", "toy_table1_pca", "toy_figure6", "toy_table2"):
        runs = by_row(f"cdga/{name}", "landcover")
        assert runs
        for run in runs.values():
            assert run.config.model.segmentor.decode_head.num_classes == 7
            for alignment in (run.config.model.get("alignments") or {}).values():
                assert alignment.get("num_classes", 7) == 7  # some do not look at classes


@pytest.mark.parametrize(
    ("name", "method"), [("cdga/toy_table1", None), ("cdga/toy_table1_pca", "pca")]
)
def test_the_toy_tables_of_cdga_compare_equal_settings(name, method):
    for task in ("buildings", "roads", "landcover"):
        runs = by_row(name, task)
        compare_settings(runs, method)
        alignments = {row: run.config.model.get("alignments") or {} for row, run in runs.items()}
        compare_alignments(alignments)


def compare_settings(runs, method):
    """All rows but the warm-ups are equally long and start from one of them."""
    runs = dict(runs)
    warm_ups = [runs.pop("warm_up"), runs.pop("warm_up_ima")]
    assert all(warm_up.start_from is None for warm_up in warm_ups)
    assert len({warm_up.iterations for warm_up in warm_ups}) == 1
    assert len({run.iterations for run in runs.values()}) == 1
    for row in ("source_only", "target_only"):
        assert runs.pop(row).start_from is warm_ups[0]
    assert all(run.start_from is warm_ups[1] for run in runs.values())
    for run in (warm_ups[1], *runs.values()):
        assert source_pipeline(run.config) == IMA
        match = run.config.train_dataloader.dataset.source.pipeline[IMA.index("MatchDomain")]
        assert match.get("method") == method


def compare_alignments(alignments):
    """The rows of CDGA differ in the terms that are on, and in nothing else."""
    whole = alignments["cdga"].cdga
    once = alignments["output_space"].output.weights.decode
    assert whole.weights.cadv == once
    assert alignments["output_space_k"].output.weights.decode == once * whole.get("num_groups", 2)
    on = {}
    for row in ("cadv", "cadv_co", "cadv_co_orth", "cdga"):
        one = alignments[row].cdga
        on[row] = [term for term in ("cadv", "co", "orth", "cl") if one.weights[term]]
        assert dict(one, weights=None) == dict(whole, weights=None)
        assert all(one.weights[term] == whole.weights[term] for term in on[row])
    assert list(on.values()) == [["cadv", "co", "orth", "cl"][: n + 1] for n in range(4)]


def test_the_toy_sweep_of_groups_is_the_table_with_other_k():
    table, sweep = (by_row(f"cdga/{name}", "landcover") for name in ("toy_table1", "toy_figure6"))
    for row in set(sweep) & set(table):
        assert sweep[row].settings == table[row].settings
    assert sweep["k4"].settings == table["cdga"].settings
    whole = table["cdga"].config.model.alignments.cdga
    for k in (1, 2, 4, 8, 16):
        assert sweep[f"k{k}"].config.model.alignments == dict(cdga=dict(whole, num_groups=k))


def test_both_toy_tables_of_cdga_share_the_rows_without_ima():
    for task in ("buildings", "landcover"):
        first, second = (by_row(f"cdga/{name}", task) for name in ("toy_table1", "toy_table1_pca"))
        assert list(first) == list(second)
        for row in ("warm_up", "source_only", "target_only"):
            assert first[row].settings == second[row].settings


def test_the_toy_comparison_is_without_ima():
    for task in ("buildings", "landcover"):
        table, runs = (by_row(f"cdga/{name}", task) for name in ("toy_table1", "toy_table2"))
        for row in ("warm_up", "source_only", "target_only"):
            assert runs[row].settings == table[row].settings
        warm_up = runs.pop("warm_up")
        assert all(run.start_from is warm_up for run in runs.values())
        assert len({run.iterations for run in runs.values()}) == 1
        for row in ("feature_level", "output_space", "cdga"):
            assert source_pipeline(runs[row].config) == source_pipeline(warm_up.config)
            assert {one.start for one in runs[row].config.model.alignments.values()} == {0}
        assert runs["cdga"].config.model.alignments.cdga.get("num_groups") == (
            4 if task == "landcover" else None
        )


def test_a_pattern_takes_whole_lists_where_no_single_value_matches(write_config):
    path = Path(write_config())
    config = final_config(read_config(path, None), {"train_dataloader.*.crop_size": 32})
    crops = [
        transform.crop_size
        for domain in ("source", "target")
        for transform in config.train_dataloader.dataset[domain].pipeline
        if transform.type == "RandomCrop"
    ]
    assert crops == [32, 32]


def test_overrides_of_a_rows_task_are_stronger_than_the_rows(write_config, tmp_path):
    write_config()
    path = tmp_path / "table.py"
    path.write_text("""
title, columns = "A table", ["mIoU"]
tasks = [dict(name="x"), dict(name="y", overrides={"train_cfg.max_iters": 3})]
_iters = "train_cfg.max_iters"
rows = [
    dict(name="a", config="config.py", overrides={_iters: 4}, task_overrides={"y": {_iters: 5}}),
    dict(name="b", config="config.py"),
]
""")
    assert {run.name: run.iterations for run in make_plan(path, tmp_path, (0,))} == {
        "a/x/seed0": 4,
        "a/y/seed0": 5,
        "b/x/seed0": 6,
        "b/y/seed0": 3,
    }


def test_overrides_and_seeds(table_file, tmp_path):
    runs = make_plan(table_file, tmp_path, cfg_options={"train_dataloader.batch_size": 1})
    assert [run.name for run in runs] == ["a/seed0", "b/seed0", "a/seed1", "b/seed1"]
    assert [run.iterations for run in runs] == [4, 2, 4, 2]
    assert [run.config.randomness.seed for run in runs] == [0, 0, 1, 1]
    assert runs[1].config.model.segmentor.decode_head.num_classes == 3
    assert {run.config.train_dataloader.batch_size for run in runs} == {1}
    assert len({fingerprint(run.settings) for run in runs}) == 4


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("IoU/building", "IoU/builder", "no score `IoU/builder`. Did you mean `IoU/building`"),
        ("model.*.num_classes", "model.*.num_clases", "matches nothing"),
        ("train_cfg.max_iters\": 2", "trian_cfg.max_iters\": 2", "Did you mean `train_cfg`"),
        ("train_cfg.max_iters\": 2", "model.segmentor.decode_head.channel\": 2", "`channel`"),
    ],
)  # fmt: skip
def test_faults_are_seen_before_any_training(table_file, tmp_path, old, new, message):
    assert old in ROWS
    table_file.write_text(ROWS.replace(old, new))
    with pytest.raises(ConfigError) as error:
        make_plan(table_file, tmp_path)
    assert message in str(error.value)
    assert "row `" in str(error.value)


def test_a_dumped_config_is_the_same_run(table_file, tmp_path):
    (run, *_) = make_plan(table_file, tmp_path)
    run.prepare()
    assert settings(read_config(run.folder / "config.py", None), None) == run.settings


@pytest.mark.parametrize(
    "name", ["class", "None", "\ufb01eld", "{{$NOT_THERE:x}}", "a\n1/0", "b'\""]
)
def test_any_value_survives_in_the_config_of_a_run(table_file, tmp_path, name):
    (run, *_) = make_plan(table_file, tmp_path)
    run.config.train_dataloader.dataset.source.class_map = {name: name}
    run.prepare()
    again = Config.fromfile(run.folder / "config.py")
    assert again.to_dict() == run.config.to_dict()


def test_data_may_move_but_not_change(table_file, tmp_path, toy_root, monkeypatch):
    (before, *_) = make_plan(table_file, tmp_path)
    moved = tmp_path / "moved"
    shutil.copytree(toy_root / "buildings", moved)
    monkeypatch.setenv("MMDA_TOY_ROOT", str(moved))
    (after, *_) = make_plan(table_file, tmp_path)
    assert after.config.train_dataloader != before.config.train_dataloader
    assert after.settings == before.settings
    info = moved / "target" / "dataset.json"
    info.write_text(info.read_text().replace('"scenes": 3', '"scenes": 4'))
    (changed, *_) = make_plan(table_file, tmp_path)
    assert [k for k, v in changed.settings.items() if v != before.settings[k]] == ["data.1"]


def test_what_a_run_logs_does_not_identify_it(table_file, tmp_path):
    (plain, *_) = make_plan(table_file, tmp_path)
    options = {"default_hooks.logger.interval": 7, "log_level": "ERROR"}
    (other, *_) = make_plan(table_file, tmp_path, cfg_options=options)
    assert other.settings == plain.settings


def test_a_changed_row_is_refused_and_named(table_file, tmp_path):
    runs = make_plan(table_file, tmp_path, (0,))
    for run in runs:
        run.prepare()
    check_unchanged(runs)
    table_file.write_text(ROWS.replace('train_cfg.max_iters": 2', 'train_cfg.max_iters": 3'))
    changed = make_plan(table_file, tmp_path, (0,))
    with pytest.raises(ConfigError, match=r"1 of the runs .*: b/seed0\..*max_iters: 2 -> 3"):
        check_unchanged(changed)
    changed[1].prepare()
    check_unchanged(changed)


def test_missing_data_make_no_difference(table_file, tmp_path, toy_root, monkeypatch):
    runs = make_plan(table_file, tmp_path, (0,))
    runs[0].prepare()
    monkeypatch.setenv("MMDA_TOY_ROOT", str(tmp_path / "nowhere"))
    assert make_plan(table_file, tmp_path, (0,))[0].differences() == []


def test_rows_start_from_the_last_checkpoint_of_others(table_file, tmp_path):
    chain = ROWS.replace('name="b",', 'name="b", start_from="a",')
    chain = (
        chain[: chain.rindex("]")]
        + """
    dict(name="c", config="config.py", start_from="b"),
    dict(name="d", config="config.py"),
]
"""
    )
    table_file.write_text(chain)
    runs = {run.name: run for run in make_plan(table_file, tmp_path)}
    assert runs["a/seed0"].config.get("load_from") is None
    for before, after in (("a", "b"), ("b", "c")):
        for seed in (0, 1):
            start, run = runs[f"{before}/seed{seed}"], runs[f"{after}/seed{seed}"]
            assert run.start_from is start
            assert run.config.load_from == str(start.checkpoint)
    assert runs["a/seed1"].checkpoint == tmp_path / "work/runs/a/seed1/train/iter_4.pth"

    everything = list(runs.values())
    names = [[run.name for run in with_starts(everything, rows)] for rows in ("c", "bd")]
    assert names[0] == [f"{row}/seed{seed}" for seed in (0, 1) for row in "abc"]
    assert names[1] == [f"{row}/seed{seed}" for seed in (0, 1) for row in ("a", "b", "d")]

    # Another place is the same run; another start is not.
    table = read_table(table_file)
    moved = plan(table, tmp_path / "moved", (0, 1), {("", 0): None, ("", 1): None}, {})
    assert [run.settings for run in moved] == [run.settings for run in everything]
    for run in everything:
        run.prepare()
    table_file.write_text(chain.replace('"train_cfg.max_iters": 2', '"train_cfg.max_iters": 3'))
    changed = make_plan(table_file, tmp_path, (0,))
    assert [run.name for run in changed if run.differences()] == ["b/seed0", "c/seed0"]
    assert changed[2].differences()[0].startswith("load_from: row b, ")


def test_a_checkpoint_to_start_from_runs_no_code(table_file, tmp_path):
    rows = ROWS.replace('name="b",', 'name="b", start_from="a",')
    table_file.write_text(rows.replace('"model.*.num_classes": 3, ', ""))
    runs = {run.name: run for run in make_plan(table_file, tmp_path)}
    start, run, marker = runs["a/seed0"], runs["b/seed0"], tmp_path / "marker"
    start.checkpoint.parent.mkdir(parents=True)
    torch.save({"state_dict": {}, "meta": Payload(os.system, f"touch {marker}")}, start.checkpoint)
    run.prepare()
    with pytest.raises(ConfigError, match=r"iter_4\.pth` needs .*system"):
        work(run.folder)
    assert not marker.exists()
