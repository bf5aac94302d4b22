"""CBST's labels: the arg-max of probabilities divided by thresholds, against a loop over pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from core_samples import TRAINING
from gloo import in_two_processes, join, leave
from mmengine.dataset import pseudo_collate
from pseudo_samples import digests, model_and_target, sweep

from mmda.errors import ConfigError
from mmda.pseudo.network import NetworkPredictor
from mmda.pseudo.store import PredictionStore
from mmda.pseudo.thresholds import BINS, ThresholdRule
from mmda.raster.dataset.tile_files import read_label

RULE = "balanced:0.3"


@pytest.fixture(scope="module")
def parts(toy_root, tmp_path_factory):
    """A model whose classes are predicted with unequal confidence, and the target."""
    folder = tmp_path_factory.mktemp("balanced")
    (folder / "config.py").write_text(TRAINING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        model, target, _ = model_and_target(str(folder / "config.py"))
    with torch.no_grad():
        model.decode_head.conv_seg.weight *= 20
        model.decode_head.conv_seg.bias[0] += 0.3
    return model, target


def maps(model, target) -> list[np.ndarray]:
    """The probabilities of every tile, (C, H, W)."""
    found = []
    for index in range(len(target)):
        data = model.eval().data_preprocessor(pseudo_collate([target[index]]), False)
        with torch.no_grad():
            (sample,) = model.predictor.predict(data["inputs"], data["data_samples"])
        found.append(sample.seg_logits.data.softmax(0).numpy())
    return found


def test_labels_are_those_of_a_loop(parts, tmp_path):
    model, target = parts
    report = sweep(model, target, tmp_path / "out", RULE).report
    probabilities = maps(model, target)
    thresholds = []
    for index, one in enumerate(report.classes):
        values = np.concatenate([p.max(0)[p.argmax(0) == index] for p in probabilities])
        thresholds.append(float(np.quantile(values.astype(np.float64), 0.7)))
        assert abs(one.threshold - thresholds[-1]) <= 1 / BINS
    assert abs(thresholds[0] - thresholds[1]) > 0.02
    total = 0
    for index, tile in enumerate(probabilities):
        name = target.get_data_info(index)["tile"]
        label = read_label(str(tmp_path / "out" / "labels" / f"{name}.png"))
        for row in range(0, 64, 3):
            for column in range(0, 64, 3):
                quotients = [tile[c, row, column] / thresholds[c] for c in (0, 1)]
                best = max(quotients)
                if min(abs(best - 1), abs(quotients[0] - quotients[1])) < 1e-3:
                    continue  # undecided by the width of a bin
                expected = quotients.index(best) if best >= 1 else 255
                assert label[row, column] == expected
                total += expected != 255
    assert total > 100


def test_a_class_of_low_confidence_gets_labels_where_another_is_more_probable():
    """As no threshold of two classes is below 0.5, this needs four."""
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(4, 8, 8, generator=generator).softmax(0)
    thresholds = [0.6, 0.3, 0.4, 0.1]
    predictor = NetworkPredictor.__new__(NetworkPredictor)
    predictor.divisors = torch.tensor(thresholds, dtype=torch.float64)
    kept, label = predictor._confidence(maps)
    changed = 0
    for row in range(8):
        for column in range(8):
            quotients = [float(maps[c, row, column]) / thresholds[c] for c in range(4)]
            assert label[row, column] == quotients.index(max(quotients))
            assert kept[row, column] == (max(quotients) >= 1)
            changed += (
                bool(kept[row, column]) and label[row, column] != maps[:, row, column].argmax()
            )
    assert 5 < changed < 60


def test_equal_thresholds_give_the_labels_of_the_portion_rule(parts, tmp_path):
    """With the whole of each class, only pixels between the lowest confidences may differ."""
    model, target = parts
    kinds = {}
    for kind in ("portion", "balanced"):
        report = sweep(model, target, tmp_path / kind, f"{kind}:1").report
        kinds[kind] = [one.threshold for one in report.classes]
        assert report.kept_fraction > 0.999
    assert kinds["portion"] == kinds["balanced"]


@pytest.mark.parametrize("batches", [5, 2])
def test_a_sweep_that_breaks_off_goes_on(parts, tmp_path, monkeypatch, batches):
    """In the first or the second of its two passes over the four tiles."""
    model, target = parts
    sweep(model, target, tmp_path / "whole", RULE, batch_size=1)
    saved, save, call = [], PredictionStore.save, NetworkPredictor.__call__

    def save_some(self, number, predictions):
        if len(saved) == batches:
            raise KeyboardInterrupt
        saved.append(number)
        save(self, number, predictions)

    with monkeypatch.context() as patch:
        patch.setattr(PredictionStore, "save", save_some)
        patch.setattr("mmda.pseudo.sweep.THREADS", 1)
        with pytest.raises(KeyboardInterrupt):
            sweep(model, target, tmp_path / "out", RULE, batch_size=1)
    predicted = []
    monkeypatch.setattr(
        NetworkPredictor, "__call__", lambda self, data: (predicted.append(1), call(self, data))[1]
    )
    sweep(model, target, tmp_path / "out", RULE, batch_size=1)
    assert len(predicted) == 8 - batches
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")
    assert not (tmp_path / "out" / ".divided").exists()


def work(rank: int, meet: Path, parts: tuple, out: str) -> None:
    join(rank, meet)
    sweep(*parts, out, RULE, batch_size=1)
    leave()


def test_two_processes_equal_one(parts, tmp_path):
    sweep(*parts, tmp_path / "one", RULE, batch_size=1)
    in_two_processes(work, tmp_path, parts, str(tmp_path / "two"))
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_what_is_refused():
    assert str(ThresholdRule.parse("balanced:0.2")) == "balanced:0.2"
    for wrong in ("balanced", "balanced:0", "balanced:1.5"):
        with pytest.raises(ConfigError, match=r"`balanced:P` with numbers"):
            ThresholdRule.parse(wrong)
