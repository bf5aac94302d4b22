"""The registered metric."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch

from mmda.errors import ConfigError, DataError
from mmda.evaluation import confusion_matrix, scores
from mmda.evaluation.segmentation_metric import SegmentationMetric

CLASSES = ("road", "car", "train")


def sample(prediction, label, path="a.png") -> dict:
    return {
        "pred_sem_seg": {"data": torch.as_tensor(prediction)[None]},
        "gt_sem_seg": {"data": torch.as_tensor(label)[None]},
        "seg_map_path": path,
    }


def evaluate(pairs, **kwargs) -> dict:
    metric = SegmentationMetric(**kwargs)
    metric.dataset_meta = {"classes": CLASSES}
    for pair in pairs:
        metric.process({}, [sample(*pair)])
    return metric.evaluate(len(pairs))


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    labels = [rng.choice([0, 1, 255], (6, 5)) for _ in range(3)]
    return [(rng.integers(0, 2, (6, 5)), label) for label in labels]


def test_scores_are_pooled_over_the_set(pairs):
    got = evaluate(pairs)
    pooled = [np.concatenate([p[i].ravel() for p in pairs]) for i in range(2)]
    expected = scores(confusion_matrix(*pooled, 3))
    assert got["mIoU"] == pytest.approx(expected.miou)
    assert got["mF1"] == pytest.approx(expected.mf1)
    assert got["aAcc"] == pytest.approx(expected.accuracy)
    assert [got[f"IoU/{c}"] for c in CLASSES] == pytest.approx(list(expected.iou), nan_ok=True)
    assert [got[f"F1/{c}"] for c in CLASSES] == pytest.approx(list(expected.f1), nan_ok=True)
    assert np.isnan(got["IoU/train"])


def test_subsets_and_the_main_one(pairs):
    subsets = {"two": ["road", "car"], "one": ["car"]}
    got = evaluate(pairs, subsets=subsets)
    assert got["mIoU/two"] == pytest.approx((got["IoU/road"] + got["IoU/car"]) / 2)
    assert got["mIoU/one"] == got["IoU/car"]
    main = evaluate(pairs, subsets=subsets, main="one")
    assert (main["mIoU"], main["mF1"]) == (got["IoU/car"], got["F1/car"])
    assert got["mIoU"] != main["mIoU"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(subsets={"a": ["road", "caar"]}), "`caar`.*Did you mean `car`"),
        (dict(subsets={"a": ["road"]}, main="b"), "`b`"),
    ],
)
def test_unknown_names(pairs, arguments, message):
    with pytest.raises(ConfigError, match=message):
        evaluate(pairs, **arguments)


def test_a_label_out_of_range_names_its_file():
    with pytest.raises(DataError, match=r"`bad\.png`: A label has the value 7"):
        evaluate([(np.zeros((2, 2), int), np.full((2, 2), 7), "bad.png")])


def test_the_confusion_matrix_is_written(pairs, tmp_path):
    evaluate(pairs, csv_file=str(tmp_path / "deep" / "matrix.csv"))
    with (tmp_path / "deep" / "matrix.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["label \\ prediction", *CLASSES]
    assert [row[0] for row in rows[1:]] == list(CLASSES)
    total = sum(int(v) for row in rows[1:] for v in row[1:])
    assert total == sum((label != 255).sum() for _, label in pairs)
