"""ISIA's and AIM's configs are the paper's settings, and its tables train what they say."""

from __future__ import annotations

import pytest
from config_samples import CONFIGS, load, name, planned_runs
from loops import for_each

from mmda.ablation import read_table
from mmda.datasets.street import SYNTHIA_16, StreetDataset
from mmda.pseudo import ThresholdRule
from mmda.registry import MODELS

FOLDER = CONFIGS / "uda" / "isia_aim"
TABLES = CONFIGS / "ablation" / "isia_aim"
ALL = sorted(FOLDER.glob("*.py"))
OWN = [path for path in ALL if path.name.startswith("isia-aim")]
SIM = [path for path in ALL if path.name.startswith("sim")]
LEVELS = ("isia", "aim")
PUBLISHED_MEANS = {
    ("table2", "intra_da"): 45.8
}  # where the paper's mean is not that of its figures
# Table XIII's NAM, computed, where the paper's is another.
COMPUTED_NAM = {
    ("deeplabv2-r101", "gta52cityscapes"): "49.5",
    ("fcn-hrnet-w48", "gta52cityscapes"): "65.5",
    ("deeplabv3plus-r101", "massachusetts2inria"): "86.2",
    ("deeplabv2-r101", "massachusetts2deepglobe"): "46.0",
    ("deeplabv3plus-r101", "massachusetts2deepglobe"): "60.8",
}
TOY_WEIGHT = 0.01
AERIAL_ISIA = 0.01  # the share of the gradient that 0.001 has on street scenes
every = for_each("path", ALL, ids=name)
TOY = sorted(path.stem for path in TABLES.glob("toy_*.py"))


def hooks(config):
    return {hook.type: hook for hook in config.custom_hooks}


def weights(config):
    return tuple(config.model.alignments[level].weight for level in LEVELS)


def runs_of(table, task=""):
    """The runs of a table's rows on one task."""
    return planned_runs(TABLES / f"{table}.py", task)


def planned(table, task=""):
    """The final configs of a table's rows on one task."""
    return {row: run.config for row, run in runs_of(table, task).items()}


def second_step(config):
    """Whether the run gets as far as pseudo-labels."""
    return config.model.alignments.pseudo.start < config.train_cfg.max_iters


def test_there_is_one_for_every_transfer_and_three_networks_for_table_13():
    transfers = {path.stem.split("_")[-1] for path in (CONFIGS / "style").glob("*2*.py")}
    of_patches = {"cityscapes2robotcar"}  # a transfer of the paper on patches alone
    assert {path.stem.split("_")[-1] for path in OWN} == transfers - of_patches
    networks = read_table(TABLES / "table13.py").rows
    assert {p for row in networks.values() for p in row.configs.values()} >= {
        path for path in OWN if path.stem.endswith(("gta52cityscapes", "2inria", "2deepglobe"))
    }


@every
def test_optimisers_and_steps_are_the_published_ones(path):
    config = load(path)
    parts = config.optim_wrapper.optimizers
    assert dict(parts.segmentor.optimizer) == dict(
        type="SGD", lr=2.5e-4, momentum=0.9, weight_decay=5e-4
    )
    lr, decay = (1e-4, 0.0) if path in SIM else (5e-5, 5e-4)
    assert dict(parts.discriminator.optimizer) == dict(
        type="Adam", lr=lr, betas=(0.9, 0.99), weight_decay=decay
    )
    start = config.model.alignments.pseudo.start
    assert (start, config.train_cfg.max_iters) == (40_000, 120_000)
    assert start % config.default_hooks.checkpoint.interval == 0
    rule = ThresholdRule.parse(hooks(config)["PseudoLabelHook"].thresholds)
    assert (rule.kind, rule.value) == ("median", 0.9)
    assert dict(config.model.alignments.output.weights) == dict(decode=0.001)


@for_each("path", OWN, ids=name)
def test_weights_and_class_vectors(path):
    config = load(path)
    isia, aim = config.model.alignments.isia, config.model.alignments.aim
    street, roads = "cityscapes" in path.stem, "deepglobe" in path.stem
    assert weights(config) == (0.001 if street else AERIAL_ISIA, 0.0 if roads else 0.001)
    assert isia.get("reduction", "mean") == ("released" if street else "mean")
    assert {isia.mode, aim.mode} == {"flat" if street else "pooled"}
    assert aim.get("min_area", 0) == (0 if street else 4)
    assert not {"beta", "intra", "inter", "adaptive", "momentum", "verify"} & {*isia, *aim}


@every
def test_source_images_are_translated_and_the_target_differs_in_pseudo_labels_alone(path):
    config = load(path)
    plain = load(
        next((CONFIGS / "uda" / "output_space").glob(f"single*v2*{path.stem.split('_')[-1]}.py"))
    )
    domains, expected = (c.train_dataloader.to_dict()["dataset"] for c in (config, plain))
    root = expected["source"].pop("data_root")
    assert domains["source"].pop("data_root") == config.source_root
    assert config.source_root == f"{root}_as_{path.stem.rpartition('2')[2]}"
    assert domains["target"]["pipeline"].pop(1) == dict(type="LoadPseudoLabel")
    assert domains == expected


@for_each("path", [p for p in ALL if "cityscapes" in p.stem], ids=name)
def test_things_and_stuff_of_street_scenes_by_name(path):
    config, classes = load(path), StreetDataset.METAINFO["classes"]
    things = {
        "pole", "traffic light", "traffic sign", "person", "rider", "car", "truck", "bus", "train",
        "motorcycle", "bicycle",
    }  # fmt: skip
    known = set(SYNTHIA_16 if "synthia" in path.stem else classes)
    aim = config.model.alignments.aim
    assert {classes[k] for k in aim.things} == things & known
    if path in SIM:
        assert {classes[k] for k in aim.stuff} == known - things
    else:
        assert "stuff" not in aim


@for_each("path", SIM, ids=name)
def test_sim_weighs_all_classes_alike_and_less_in_the_second_step(path):
    config = load(path)
    assert weights(config) == (0.0, 0.01)
    assert config.model.alignments.aim.adaptive is False
    assert config.model.alignments.aim.stuff[0] == 0
    hook = hooks(config)["AlignmentWeightHook"]
    assert (hook.alignment, hook.weight) == ("aim", 0.001)
    assert "begin" not in hook  # that of the pseudo-labels, whatever it is set to
    own = load(path.with_name(path.name.replace("sim", "isia-aim", 1)))
    assert own.train_dataloader == config.train_dataloader
    assert own.model.segmentor == config.model.segmentor


@for_each(
    ("table", "task"),
    [
        ("table4", ""),
        ("table5", ""),
        ("table9", "massachusetts2inria"),
        ("table9", "inria2massachusetts"),
        ("table10", "massachusetts2deepglobe"),
        ("table10", "deepglobe2massachusetts"),
        ("toy_table9", "buildings"),
        ("toy_table9", "roads"),
        ("toy_table9", "landcover"),
    ],
)
def test_rows_switch_the_levels_on_one_by_one(table, task):
    configs = planned(table, task)
    configs = {row: c for row, c in configs.items() if not row.startswith("warm_up")}
    source_only, ima = configs.pop("source_only"), configs.pop("ima")
    target_only, whole = configs.pop("target_only"), configs["all"]
    configs.pop("ima_pca", None)
    toy, street = table.startswith("toy"), table in ("table4", "table5")
    aim = TOY_WEIGHT if toy else 0.001
    isia = 0.001 if street else TOY_WEIGHT if toy else AERIAL_ISIA
    expected = {
        "gfa": ((0, 0), False),
        "isia": ((isia, 0), False),
        "aim": ((0, aim), False),
        "isia_aim": ((isia, aim), False),
        "isia_two_steps": ((isia, 0), True),
        "all": ((isia, aim), True),
    }
    found = {row: (weights(config), second_step(config)) for row, config in configs.items()}
    assert found == {row: expected[row] for row in found}
    assert {"gfa", "isia", "aim", "all"} <= set(found)

    def source(config):
        return config.train_dataloader.dataset.source.to_dict()

    assert all(source(config) == source(ima) for config in configs.values())
    assert source(ima) != source(source_only)
    for config in (source_only, ima, target_only):
        assert config.train_dataloader.dataset.target is None
        assert config.model.segmentor == whole.model.segmentor
    for config in configs.values():
        other, full = config.to_dict(), whole.to_dict()
        for one in (other, full):
            for level in LEVELS:
                one["model"]["alignments"][level].pop("weight")
            for key in ("start", "balance"):  # of the second step
                one["model"]["alignments"]["pseudo"].pop(key, None)
        assert other["model"] == full["model"]


@for_each("table", TOY)
def test_toy_rows_go_on_from_one_warm_up_and_save_before_the_second_step(table):
    for task in read_table(TABLES / f"{table}.py").tasks:
        configs = planned(table, task)
        for row in [row for row in configs if row.startswith("warm_up") or row == "target_only"]:
            assert configs.pop(row).get("load_from") is None
        assert len({config.train_cfg.max_iters for config in configs.values()}) == 1
        for config in configs.values():
            assert "/runs/warm_up" in config.load_from
            pseudo = (config.model.get("alignments") or {}).get("pseudo")
            if pseudo and pseudo.start < config.train_cfg.max_iters:
                assert pseudo.start % config.default_hooks.checkpoint.interval == 0


@for_each("task", ["buildings", "roads", "landcover"])
def test_the_other_image_level_of_toy_cities_differs_in_the_method_alone(task):
    runs = runs_of("toy_table9", task)
    key = "train_dataloader.dataset.source.pipeline.1.method"
    for row in ("warm_up_ima", "ima"):
        ours, theirs = dict(runs[f"{row}_pca"].settings), dict(runs[row].settings)
        assert ours.pop(key) == "pca"
        for settings in (ours, theirs):
            settings.pop("load_from")  # the row that it starts from
        assert ours == theirs
    assert runs["ima_pca"].start_from is runs["warm_up_ima_pca"]


@for_each("table", ["toy_table9", "toy_table11", "toy_table13"])
def test_toy_land_cover_matches_all_classes_but_the_ground(table):
    """Where fields were left out, they lost to buildings."""
    configs = planned(table, "landcover")
    configs.pop("sim", None)
    alignments = [config.model.get("alignments", {}) for config in configs.values()]
    settings = [one["aim"] for one in alignments if "aim" in one]
    assert settings
    for setting in settings:
        aim = MODELS.build(setting)
        assert aim.regions.things == (1, 2, 3, 4, 5, 6)
        assert aim.regions.stuff == ()


@for_each("table", [f"toy_table{number}" for number in (6, 7, 8, 11, 14)])
def test_rows_that_toy_tables_share_are_equal(table):
    """Rows and warm-ups that come from toy_table9.py are trained as there."""
    shared = 0
    for task in read_table(TABLES / f"{table}.py").tasks:
        first = runs_of("toy_table9", task)
        runs = runs_of(table, task)
        for row in set(runs) & set(first):
            assert runs[row].settings == first[row].settings
        shared += "warm_up_ima" in runs
        if "lambda_0.01" in runs:  # what toy_table9.py has
            assert runs["lambda_0.01"].settings == first["all"].settings
    assert shared == len(read_table(TABLES / f"{table}.py").tasks)


@for_each(
    ("table", "level", "key"),
    [
        *[("table6", "isia", "beta"), ("table7", "isia", "weight"), ("table8", "aim", "weight")],
        *[("toy_table6", "isia", "beta"), ("toy_table7", "isia", "weight")],
        ("toy_table8", "aim", "weight"),
    ],
)
def test_sweeps_change_one_value(table, level, key):
    rows, base = read_table(TABLES / f"{table}.py").rows, None
    configs = planned(table, "buildings" if table.startswith("toy") else "")
    for row, config in configs.items():
        if row.startswith("warm_up"):
            continue
        alignments = config.model.alignments.to_dict()
        if not table.startswith("toy"):  # the weights belong to the sums of Eq. 8
            assert alignments["isia"]["reduction"] == "sum"
        assert alignments[level].pop(key) == rows[row].x
        base = base or alignments
        assert alignments == base


@for_each(
    ("table", "task", "weight"),
    [("table14", "massachusetts2inria", AERIAL_ISIA), ("toy_table14", "roads", TOY_WEIGHT)],
)
def test_separation_and_aggregation_are_switched_one_by_one(table, task, weight):
    configs = planned(table, task)
    configs = {row: c for row, c in configs.items() if not row.startswith("warm_up")}
    isia = {row: config.model.alignments.isia for row, config in configs.items()}
    terms = {row: (one.get("inter", True), one.get("intra", True)) for row, one in isia.items()}
    assert isia.pop("gfa").weight == 0
    assert {one.weight for one in isia.values()} == {weight}
    assert [terms[row] for row in isia] == [(True, False), (False, True), (True, True)]
    assert {(c.model.alignments.aim.weight, second_step(c)) for c in configs.values()} == {
        (0, False)
    }


@for_each("number", [2, 3, 9, 10])
def test_published_means_are_those_of_their_classes(number):
    """To 0.085, as the figures are rounded: a row whose classes and mean do not match shows."""
    table, compared = read_table(TABLES / f"table{number}.py"), 0
    for row in table.rows.values():
        for task in table.tasks:
            cells = [
                (column, figure)
                for column, figure in zip(table.columns, row.published, strict=True)
                if column.task == task and figure is not None
            ]
            classes = [figure for column, figure in cells if column.metric.startswith("IoU/")]
            means = [f for c, f in cells if c.metric.startswith("mIoU") and c.minus is None]
            if classes:
                mean = PUBLISHED_MEANS.get((f"table{number}", row.name), means[0])
                assert sum(classes) / len(classes) == pytest.approx(mean, abs=0.085), row.name
                compared += 1
    assert compared


def test_published_gains_are_those_of_their_scores():
    first, *others = read_table(TABLES / "table14.py").rows.values()
    assert others
    for row in others:
        for i in (0, 2, 4):
            gain = row.published[i] - first.published[i]
            assert row.published[i + 1] == pytest.approx(gain, abs=0.01), row.name


def test_the_published_nam_is_that_of_its_scores_but_where_a_note_says_so():
    """NAM is the share of target only's gain over source only, in percent."""
    table, other = read_table(TABLES / "table13.py"), {}
    for row in (row for row in table.rows.values() if row.name.startswith("isia_aim")):
        source, target = (table.rows[bound].published for bound in row.bounds)
        for i in (0, 2, 4):
            nam = 100 * (row.published[i] - source[i]) / (target[i] - source[i])
            if row.published[i + 1] != pytest.approx(nam, abs=0.07):
                other[row.name.removeprefix("isia_aim_"), table.columns[i].task] = f"{nam:.1f}"
    assert other == COMPUTED_NAM
    assert all(nam in table.notes[0] for nam in other.values())


def test_tables_repeat_each_others_figures():
    def figure(table, row, column):
        return read_table(TABLES / f"{table}.py").rows[row].published[column]

    for column, (table, at) in enumerate([("table4", 0), ("table9", 2), ("table10", 2)]):
        network = "deeplabv2-r101" if table == "table4" else "deeplabv3plus-r101"
        for bound in ("source", "target"):
            row = f"{bound}_{network}"
            assert figure("table13", row, 2 * column) == figure(table, f"{bound}_only", at)
        ours = "isia" if table == "table10" else "all"
        assert figure("table13", f"isia_aim_{network}", 2 * column) == figure(table, ours, at)
        for row in ("gfa", "isia"):
            assert figure("table14", row, 2 * column) == figure(table, row, at)
    for table, row in (
        ("table6", "beta_1.0"),
        ("table7", "lambda_0.001"),
        ("table8", "lambda_0.001"),
    ):
        assert figure(table, row, 0) == figure("table4", "all", 0)
    for table, other in (("table2", "table4"), ("table3", "table5")):
        assert figure(table, "isia_aim", -2) == figure(other, "all", 0)
