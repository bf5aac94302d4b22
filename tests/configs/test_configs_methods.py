"""Each config has the parts and settings of its own method."""

from __future__ import annotations

from pathlib import Path

import pytest
from core_samples import REPO

from mmda.ablation.reading import read_table
from mmda.engine.launch import load_config

CONFIGS = sorted((REPO / "configs" / "uda").glob("*/*.py"))
TWO_HEADS = ("multi-level", "advent", "minent", "clan", "intrada")


def method(path: Path) -> str:
    return path.name.split("_")[0]


@pytest.mark.parametrize("path", CONFIGS, ids=[p.stem for p in CONFIGS])
def test_the_config_is_its_methods_own(path):
    config = load_config(path)
    segmentor, name = config.model.segmentor, method(path)
    assert ("auxiliary_head" in segmentor) == (name in TWO_HEADS)
    discriminator = config.optim_wrapper.optimizers.discriminator.optimizer
    rate = (discriminator.lr, discriminator.get("weight_decay", 0))
    assert rate == ((5e-5, 5e-4) if name == "isia-aim" else (1e-4, 0))
    if name == "isia-aim" and "isia" in config.model.alignments:
        isia = config.model.alignments.isia
        expected = ("released", 0.001) if isia.mode == "flat" else ("mean", 0.01)
        assert (isia.get("reduction", "mean"), isia.weight) == expected
    if name == "sim":
        assert config.model.alignments.aim.verify_target
        assert config.model.alignments.isia.weight == 0
    for hook in config.custom_hooks:
        if hook.type == "PseudoLabelHook":
            assert hook.softmax == "before"


ONE_HEAD = [path for path in CONFIGS if method(path) not in TWO_HEADS]


@pytest.mark.parametrize("path", ONE_HEAD, ids=[p.stem for p in ONE_HEAD])
def test_a_method_of_one_classifier_has_the_network_of_its_bounds(path):
    """So that what it gains over source only is due to the adaptation."""
    own = load_config(path).model.segmentor.to_dict()
    # Nobody has labelled a training set of RobotCar.
    bounds = ("source",) if path.stem.endswith("2robotcar") else ("source", "target")
    for bound in bounds:
        parts = [f"{bound}-only", *path.stem.split("_")[1:]]
        other = load_config(REPO / f"configs/{bound}_only" / f"{'_'.join(parts)}.py")
        assert other.model.segmentor.to_dict() == own


TABLES = [p for p in sorted((REPO / "configs/ablation").glob("*/*.py")) if "toy" not in p.stem]


@pytest.mark.parametrize("path", TABLES, ids=[f"{p.parent.name}-{p.stem}" for p in TABLES])
def test_a_table_tells_where_its_rows_have_different_networks(path):
    table = read_table(path)
    configs = [str(config) for row in table.rows.values() for config in row.configs.values()]
    mixed = any(name in config for config in configs for name in TWO_HEADS)
    assert any("a second classifier" in note for note in table.notes) == mixed
