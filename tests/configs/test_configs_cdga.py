"""CDGA's configs are the paper's settings, and its ablations differ in what they say alone."""

from __future__ import annotations

from config_samples import CONFIGS, load
from loops import for_each

from mmda.ablation import read_table
from mmda.registry import MODELS

FOLDER = CONFIGS / "uda" / "cdga"
ALL = sorted(FOLDER.glob("*.py"))
TABLES = CONFIGS / "ablation" / "cdga"
GTA5 = "_deeplabv2-r101_120k_gta52cityscapes.py"
GROUPED = [path for path in ALL if not path.name.startswith("bdl-online")]


VARIANTS = [
    *("cdga-cadv", "cdga-cadv-co", "cdga-cadv-co-orth", "cdga-kmeans", "cdga-nmf"),
    *("cdga-k1", "cdga-k2", "cdga-k4", "cdga-k16"),
]


def alignment(method):
    return MODELS.build(load(FOLDER / f"{method}{GTA5}").model.alignments.cdga)


@for_each("path", GROUPED, ids=lambda path: path.stem)
def test_optimisers_are_the_published_ones(path):
    config = load(path)
    parts = config.optim_wrapper.optimizers
    assert dict(parts.segmentor.optimizer, weight_decay=0) == dict(
        type="SGD", lr=2.5e-4, momentum=0.9, weight_decay=0
    )
    assert dict(parts.grouping.optimizer) == dict(type="SGD", lr=1e-3, momentum=0.9)
    assert (parts.discriminator.optimizer.type, parts.discriminator.optimizer.lr) == ("Adam", 1e-4)
    assert [s.power for s in config.param_scheduler] == [0.9]
    assert config.train_cfg.max_iters == 120_000
    assert config.model.alignments.cdga.get("input_scale", 1) == 1


def test_all_terms_have_the_published_weights():
    assert alignment("cdga").weights == dict(co=1e-3, orth=1e-3, cadv=1e-3, cl=1e-4)


@for_each(
    ("name", "terms"),
    [
        ("cdga-cadv", {"cadv"}),
        ("cdga-cadv-co", {"cadv", "co"}),
        ("cdga-cadv-co-orth", {"cadv", "co", "orth"}),
        ("cdga-bdl", {"cadv", "co", "orth", "cl"}),
    ],
)
def test_rows_of_table_1(name, terms):
    full = alignment("cdga").weights
    weights = alignment(name).weights
    assert {term for term, weight in weights.items() if weight} == terms
    assert all(weights[term] == full[term] for term in terms)


@for_each(
    ("name", "groups"),
    [("cdga-k1", 1), ("cdga-k2", 2), ("cdga-k4", 4), ("cdga-bdl", 8), ("cdga-k16", 16)],
)
def test_points_of_figure_6(name, groups):
    assert alignment(name).grouping.num_groups == groups


@for_each("name", VARIANTS)
def test_ablations_differ_from_the_published_model_in_the_alignment_alone(name):
    variant, full = (load(FOLDER / f"{n}{GTA5}").to_dict() for n in (name, "cdga-bdl"))
    assert variant["model"]["alignments"].pop("cdga") != full["model"]["alignments"].pop("cdga")
    assert variant == full


@for_each(
    ("table", "names"),
    [
        ("table1", ["cdga-cadv", "cdga-cadv-co", "cdga-cadv-co-orth", "cdga-bdl"]),
        ("figure6", ["cdga-k1", "cdga-k2", "cdga-k4", "cdga-bdl", "cdga-k16"]),
    ],
)
def test_tables_train_the_ablation_configs_as_they_are(table, names):
    table = read_table(TABLES / f"{table}.py")
    rows = [row for name, row in table.rows.items() if not name.endswith("_only")]
    assert [row.configs[""].name for row in rows] == [f"{name}{GTA5}" for name in names]
    assert not any(row.overrides for row in rows)


@for_each("name", ["table1", "table2", "table3", "figure6"])
def test_full_scale_tables_show_nam(name):
    table = read_table(TABLES / f"{name}.py")
    assert [c.metric for c in table.columns[-2:]] in (["mIoU", "NAM"], ["mIoU/13", "NAM"])
    assert table.columns[-1].of == table.columns[-2].metric
    assert {row.bounds for row in table.rows.values()} == {("source_only", "target_only")}
    assert all(table.rows[bound].configs for bound in ("source_only", "target_only"))


@for_each(("name", "kind"), [("cdga-kmeans", "KMeansGrouping"), ("cdga-nmf", "NMFGrouping")])
def test_groupings_that_are_fitted_are_also_refreshed(name, kind):
    assert type(alignment(name).grouping).__name__ == kind
    config = load(FOLDER / f"{name}{GTA5}")
    assert "GroupingRefreshHook" in [hook.type for hook in config.custom_hooks]


@for_each("transfer", ["gta52cityscapes", "synthia2cityscapes"])
def test_the_base_of_the_paper_translates_and_trains_itself(transfer):
    configs = [
        load(FOLDER / f"{name}_deeplabv2-r101_120k_{transfer}.py")
        for name in ("bdl-online", "cdga-bdl")
    ]
    for config in configs:
        steps = [step.type for step in config.train_dataloader.dataset.source.pipeline]
        assert steps[:2] == ["LoadTile", "MatchDomain"]
        assert "TeacherEMAHook" in [hook.type for hook in config.custom_hooks]
        assert config.model.alignments.self_training.threshold == 0.9
    assert [set(c.model.alignments) for c in configs] == [
        {"output", "self_training"},
        {"cdga", "self_training"},
    ]
