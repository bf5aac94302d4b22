"""Pseudo-labels of models that adapt to the tiles that they predict."""

from __future__ import annotations

import numpy as np
import pytest
from engine_runs import train
from mmengine.dataset import pseudo_collate
from pseudo_samples import model_and_target, sweep

from mmda.errors import ConfigError
from mmda.models.batch_norm import ImageStatistics, Tent, TestTime
from mmda.pseudo.easy import rank_tiles
from mmda.pseudo.network import NetworkPredictor, weights_digest

BATCH_NORM = """
bn = dict(_delete_=True, type="BN", requires_grad=True)
model["segmentor"]["backbone"]["norm_cfg"] = bn
model["segmentor"]["decode_head"]["norm_cfg"] = bn
"""
HOOK = """
model["alignments"] = dict(pseudo=dict(type="PseudoLabels", start=2))
model["test_time"] = dict(type="Tent")
load = train_dataloader["dataset"]["target"]["pipeline"]
train_dataloader["dataset"]["target"]["pipeline"] = [
    load[0], dict(type="LoadPseudoLabel"), *load[1:]
]
custom_hooks = [dict(type="PseudoLabelHook")]
"""


@pytest.fixture
def parts(write_config):
    """A model with batch norm, and its target."""
    model, target, _ = model_and_target(write_config(BATCH_NORM))
    return model.eval(), target


def test_labels_are_those_that_the_adapted_model_predicts(parts):
    model, target = parts
    data = pseudo_collate([target[0], target[1]])
    found = {}
    for softmax in ("after", "before"):
        for model.test_time in (TestTime(), ImageStatistics(0.0)):
            predictions, _ = NetworkPredictor(model, softmax)(data)
            found[softmax, repr(model.test_time)] = np.stack([one.bins for one in predictions])
            if softmax == "after":
                expected = [s.pred_sem_seg.data[0].numpy() for s in model.test_step(data)]
                np.testing.assert_array_equal([one.label for one in predictions], expected)
        plain, adapted = found[softmax, "TestTime()"], found[softmax, "ImageStatistics(blend=0.0)"]
        assert (plain != adapted).mean() > 0.5


def test_labels_of_another_adaptation_have_another_key(parts, tmp_path):
    model, target = parts
    kinds = [TestTime(), ImageStatistics(0.5), ImageStatistics(0.2), Tent(1e-4, episodic=True)]
    keys = set()
    for number, model.test_time in enumerate(kinds):
        keys.add(sweep(model, target, tmp_path / str(number)).report.key)
    assert len(keys) == len(kinds)
    again = sweep(model, target, tmp_path / "3")  # Tent's entropies so far are no setting
    assert again.predicted == 0 and again.report.key in keys


def test_predictions_that_depend_on_the_tiles_before_are_refused(parts, write_config, tmp_path):
    model, target = parts
    model.test_time, before = Tent(), weights_digest(model)
    with pytest.raises(ConfigError, match="Set `episodic=True`"):
        sweep(model, target, tmp_path / "out")
    with pytest.raises(ConfigError, match="Set `episodic=True`"):
        rank_tiles(model, target, 0.5)
    assert weights_digest(model) == before and not (tmp_path / "out").exists()
    with pytest.raises(ConfigError, match="Set `episodic=True`"):
        train(write_config(BATCH_NORM + HOOK), tmp_path / "work")  # before its first iteration
