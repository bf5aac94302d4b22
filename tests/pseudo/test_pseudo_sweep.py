"""The sweep against all maps in memory; interrupted, and in two processes."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import cv2
import geopandas
import numpy as np
import pytest
import torch
import torch.multiprocessing as mp
from core_samples import TRAINING
from gloo import in_two_processes, join, leave
from mmengine.dataset import pseudo_collate
from model_samples import BATCH_NORM, build, segmentor_config
from pseudo_samples import digests, model_and_target, sweep, true_labels

from mmda.datasets import TiledDataset
from mmda.datasets.transforms import loading
from mmda.errors import ConfigError, DataError
from mmda.pseudo import manifest
from mmda.pseudo.folder import PseudoLabelFolder
from mmda.pseudo.network import NetworkPredictor, weights_digest
from mmda.pseudo.store import PredictionStore
from mmda.pseudo.thresholds import BINS, threshold_bins
from mmda.raster.dataset.manifest import has_pseudo_labels, read_dataset_info, read_manifest
from mmda.raster.dataset.tile_files import read_label
from mmda.raster.dataset.verify import verify_dataset


@pytest.fixture(scope="module")
def parts(toy_root, tmp_path_factory):
    """Model, target and the target's config."""
    folder = tmp_path_factory.mktemp("parts")
    (folder / "config.py").write_text(TRAINING)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        return model_and_target(str(folder / "config.py"))


@pytest.fixture(scope="module")
def finished(parts, tmp_path_factory):
    """The folder of an uninterrupted sweep in batches of 3 (and 1: there are four tiles)."""
    model, target, _ = parts
    out = tmp_path_factory.mktemp("labels") / "out"
    return out, sweep(model, target, out)


def maps(model, target) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Confidence and arg-max of every tile, straight from the network."""
    found = []
    for index in range(len(target)):
        data = model.eval().data_preprocessor(pseudo_collate([target[index]]), False)
        with torch.no_grad():
            (sample,) = model.predictor.predict(data["inputs"], data["data_samples"])
        confidence, label = sample.seg_logits.data.softmax(0).max(0)
        found.append((confidence.numpy(), label.numpy()))
    return tuple(map(list, zip(*found, strict=True)))


def test_thresholds_and_labels_are_those_of_all_maps_at_once(parts, finished):
    model, target, _ = parts
    out, summary = finished
    confidence, labels = maps(model, target)
    pixels, classes = np.stack(confidence), np.stack(labels)
    assert summary.report.tiles == summary.predicted == 4
    limits = []
    for index, one in enumerate(summary.report.classes):
        values = pixels[classes == index]
        limits.append(min(0.9, float(np.median(values.astype(np.float64)))))
        assert abs(one.threshold - limits[-1]) <= 1 / BINS
        assert one.predicted == len(values) > 1000
        assert 0.5 <= one.kept_fraction < 0.55
    exact = np.asarray(limits)[classes]
    clear = np.abs(pixels - exact) > 2 / BINS
    assert clear.mean() > 0.9
    for i in range(len(target)):
        tile = target.get_data_info(i)["tile"]
        got = read_label(str(out / "labels" / f"{tile}.png"))
        expected = np.where(pixels[i] >= exact[i], classes[i], 255)
        np.testing.assert_array_equal(got[clear[i]], expected[clear[i]])
        assert {255, 0, 1} >= set(np.unique(got)) > {255}


def test_the_folder_is_a_tiled_dataset_with_the_targets_georeference(parts, finished, toy_root):
    _, target, _ = parts
    out, summary = finished
    truth = {r["id"]: r for r in read_manifest(toy_root / "buildings/target", "train")}
    rows = read_manifest(out)
    assert [r["id"] for r in rows] == sorted(truth)
    for row in rows:
        for name in ("crs", "transform", "row", "col", "height", "width", "scene", "split"):
            assert row[name] == truth[row["id"]][name], name
        assert row["crs"] is not None
        assert row["label_source"] is None
        assert "mask" not in row["scene_spec"]  # the way to the true labels
    assert verify_dataset(out, progress=False).problems == []
    assert has_pseudo_labels(out) and not has_pseudo_labels(toy_root / "buildings/target")
    loaded = TiledDataset(str(out), pipeline=[dict(type="LoadTile")])
    for index, record in enumerate(loaded):
        np.testing.assert_array_equal(record["img"], target.read_image(index))
    kept = sum(int((record["gt_seg_map"] != 255).sum()) for record in loaded)
    assert kept == sum(one.kept for one in summary.report.classes)
    assert read_dataset_info(out)["class_pixels"]["train"] == [
        one.kept for one in summary.report.classes
    ]
    content = json.loads((out / "pseudo_labels.json").read_text())
    assert [c["kept"] for c in content["classes"]] == [c.kept for c in summary.report.classes]
    assert not (out / ".sweep").exists()
    histograms = PseudoLabelFolder(out).histograms()
    assert histograms.shape == (2, BINS)
    assert histograms.sum() == 4 * 64 * 64


def test_the_manifest_is_geoparquet_however_many_rows_are_at_once(
    parts, finished, tmp_path, toy_root, monkeypatch
):
    model, target, _ = parts
    monkeypatch.setattr(manifest, "_ROWS", 3)  # of 12, in three splits
    sweep(model, target, tmp_path / "out")
    expected, found = (
        geopandas.read_parquet(folder / "manifest.parquet")
        for folder in (finished[0], tmp_path / "out")
    )
    assert found.drop(columns="image").equals(expected.drop(columns="image"))
    whole = geopandas.read_parquet(toy_root / "buildings/target/manifest.parquet")
    whole = whole[whole["split"] == "train"]
    assert found.crs == whole.crs == "EPSG:4326"
    assert found.geometry.geom_equals(whole.geometry, align=False).all()
    assert found.dtypes.drop("class_pixels").equals(whole.dtypes.drop("class_pixels"))


def interrupted(parts, out, monkeypatch, batches: int) -> None:
    """Run a sweep in a process of its own that kills itself after some batches."""
    model, target, _ = parts
    save = PredictionStore.save

    def save_and_die(self, number, predictions):
        save(self, number, predictions)
        if len(self.finished()) == batches:
            os.kill(os.getpid(), signal.SIGKILL)

    with monkeypatch.context() as patch:
        patch.setattr(PredictionStore, "save", save_and_die)
        patch.setattr("mmda.pseudo.sweep.THREADS", 1)
        process = mp.get_context("fork").Process(
            target=sweep, args=(model, target, out), kwargs=dict(batch_size=1)
        )
        process.start()
        process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(PredictionStore(out / ".sweep").finished()) == batches


def test_a_killed_sweep_goes_on_and_predicts_no_tile_twice(parts, tmp_path, monkeypatch):
    model, target, _ = parts
    sweep(model, target, tmp_path / "whole", batch_size=1)
    out = tmp_path / "out"
    interrupted(parts, out, monkeypatch, 2)
    predicted = []
    call = NetworkPredictor.__call__
    monkeypatch.setattr(
        NetworkPredictor,
        "__call__",
        lambda self, data: (predicted.extend(data["inputs"]), call(self, data))[1],
    )
    summary = sweep(model, target, out, batch_size=1)
    assert summary.predicted == len(predicted) == 2
    assert digests(out) == digests(tmp_path / "whole")
    assert read_manifest(out) == [
        {**row, "image": os.path.relpath(tmp_path / "whole" / row["image"], out)}
        for row in read_manifest(tmp_path / "whole")
    ]


def test_what_other_weights_predicted_is_not_gone_on_with(parts, tmp_path, monkeypatch):
    model, target, _ = parts
    out = tmp_path / "out"
    interrupted(parts, out, monkeypatch, 2)
    with torch.no_grad():
        model.decode_head.conv_seg.bias[0] += 0.05
    try:
        with pytest.raises(DataError, match=r"labels of another checkpoint.*--overwrite"):
            sweep(model, target, out, batch_size=1)
        assert sweep(model, target, out, batch_size=1, overwrite=True).predicted == 4
        sweep(model, target, tmp_path / "fresh", batch_size=1)
        assert digests(out) == digests(tmp_path / "fresh")
    finally:
        with torch.no_grad():
            model.decode_head.conv_seg.bias[0] -= 0.05


def test_finished_labels_stay_and_another_rule_writes_others(parts, finished):
    model, target, _ = parts
    out, first = finished
    before = digests(out)
    assert sweep(model, target, out).predicted == 0
    assert digests(out) == before
    low = sweep(model, target, out, "portion:0.1")
    assert low.predicted == 4
    assert low.report.kept_fraction < 0.15 < first.report.kept_fraction
    assert sweep(model, target, out).report == first.report
    assert digests(out) == before


def test_true_labels_are_read_for_accuracies_alone(parts, finished, tmp_path, monkeypatch):
    model, target, described = parts
    read = []
    original = loading.read_label
    monkeypatch.setattr(loading, "read_label", lambda path: read.append(path) or original(path))
    plain = sweep(model, target, tmp_path / "plain")
    assert read == []
    assert all(one.accuracy is None for one in plain.report.classes)
    truth = true_labels(described, target)
    judged = sweep(model, target, tmp_path / "judged", truth=truth)
    assert len(read) == 4
    labels = {p.name: read_label(str(p)) for p in (tmp_path / "judged/labels").iterdir()}
    assert labels.keys() == {p.name for p in (finished[0] / "labels").iterdir()}
    _, predictions = maps(model, target)
    names = [f"{target.get_data_info(i)['tile']}.png" for i in range(4)]
    true = np.stack([truth[i]["gt_seg_map"] for i in range(4)])
    kept = np.stack([labels[name] for name in names])
    for index, one in enumerate(judged.report.classes):
        for values, got in ((np.stack(predictions), one.accuracy), (kept, one.kept_accuracy)):
            assert got == pytest.approx(100 * (true[values == index] == index).mean())
        assert (one.threshold, one.kept) == (
            plain.report.classes[index].threshold,
            plain.report.classes[index].kept,
        )


def test_pixels_without_data_are_neither_counted_nor_labelled(parts, tmp_path, monkeypatch):
    model, target, _ = parts
    transform = loading.LoadTile.transform

    def half(self, results):
        loaded = transform(self, results)
        loaded["valid_map"][:32] = 0
        return loaded

    monkeypatch.setattr(loading.LoadTile, "transform", half)
    summary = sweep(model, target, tmp_path / "out", "fixed:0")
    assert summary.report.empty == 4 * 32 * 64
    assert PseudoLabelFolder(tmp_path / "out").histograms().sum() == 4 * 32 * 64
    assert summary.report.kept_fraction == 1
    for path in (tmp_path / "out/labels").iterdir():
        label = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert (label[:32] == 255).all()
        assert (label[32:] < 2).all()


def test_a_sweep_leaves_mode_and_random_states_alone(parts, tmp_path):
    model, target, _ = parts
    model.train()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    sweep(model, target, tmp_path / "out", num_workers=1)
    assert torch.equal(torch.rand(3), expected)
    assert all(module.training for module in model.decode_head.modules())


def test_another_dataset_is_never_written_into(parts, toy_root):
    model, target, _ = parts
    before = digests(toy_root / "buildings/target")
    for overwrite in (False, True):
        with pytest.raises(DataError, match="is a tiled dataset and not a folder of pseudo-labels"):
            sweep(model, target, toy_root / "buildings/target", overwrite=overwrite)
    assert digests(toy_root / "buildings/target") == before


def test_wrong_settings_are_refused(parts, tmp_path):
    model, target, _ = parts
    with pytest.raises(ConfigError, match="batch size of 1 or more"):
        sweep(model, target, tmp_path, batch_size=0)


def test_the_digest_sees_every_weight_and_buffer_of_the_network_that_predicts():
    model = build(segmentor_config(BATCH_NORM), teacher=dict(), evaluate="teacher")
    found = {weights_digest(model)}
    model.segmentor.decode_head.conv_seg.bias.data += 1  # the student does not predict
    assert weights_digest(model) in found
    for name in ("conv_seg.bias", "convs.0.bn.running_mean", "convs.0.bn.num_batches_tracked"):
        model.teacher.segmentor.decode_head.state_dict()[name].add_(1)
        found.add(weights_digest(model))
    assert len(found) == 4


def test_a_diverged_network_is_refused(parts, tmp_path):
    model, target, _ = parts
    bias = model.decode_head.conv_seg.bias
    before = bias.detach().clone()
    try:
        bias.data.fill_(float("nan"))
        with pytest.raises(ConfigError, match="is not finite: the training has diverged"):
            sweep(model, target, tmp_path / "out")
    finally:
        bias.data.copy_(before)


def test_the_lowest_kept_bin_decides(finished):
    """The labels hold exactly the pixels of the histograms from the thresholds on."""
    out, summary = finished
    lowest = threshold_bins(np.array([one.threshold for one in summary.report.classes]))
    histograms = PseudoLabelFolder(out).histograms()
    kept = [counts[low:].sum() for counts, low in zip(histograms, lowest, strict=True)]
    assert kept == [one.kept for one in summary.report.classes]


def work(rank: int, meet: Path, parts: tuple, out: str) -> None:
    join(rank, meet)
    model, target, described = parts
    summary = sweep(model, target, out, truth=true_labels(described, target), batch_size=1)
    torch.save((summary.predicted, summary.report.to_json()), f"{out}/rank{rank}.pt")
    leave()


def test_two_processes_share_the_work_and_equal_one(parts, tmp_path):
    model, target, described = parts
    truth = true_labels(described, target)
    report = sweep(model, target, tmp_path / "one", truth=truth, batch_size=1).report
    out = tmp_path / "two"
    in_two_processes(work, tmp_path, parts, str(out))
    ranks = [torch.load(out / f"rank{rank}.pt") for rank in (0, 1)]
    assert ranks == [(2, report.to_json())] * 2
    for path in out.glob("rank*.pt"):
        path.unlink()
    assert digests(out) == digests(tmp_path / "one")
    drop = {"image": None}
    rows = [[{**r, **drop} for r in read_manifest(tmp_path / name)] for name in ("one", "two")]
    assert rows[0] == rows[1]


def test_softmax_before_resizing_resizes_probabilities(parts, monkeypatch):
    """As the oracle does, tile by tile."""
    model, target, _ = parts
    network = model.eval().predictor
    # The untrained logits are so small that softmax is linear, and the two are equal.
    head, small = network.decode_head, network.decode_head.forward
    monkeypatch.setattr(head, "forward", lambda feats: 50 * small(feats))
    for index in range(len(target)):
        data = pseudo_collate([target[index]])
        kinds = {}
        for softmax in ("after", "before"):
            (prediction,), counts = NetworkPredictor(model, softmax)(data)
            assert counts.sum() == prediction.label.size
            kinds[softmax] = prediction
        images = model.data_preprocessor(data, False)["inputs"]
        with torch.no_grad():
            p = head(network.extract_feat(images)).softmax(1)
            p = torch.nn.functional.interpolate(p, images.shape[-2:], mode="bilinear")[0]
        confidence, label = (x.numpy() for x in p.max(0))
        np.testing.assert_array_equal(kinds["before"].label, label)
        expected = np.minimum((confidence * BINS).astype(int), BINS - 1)
        assert np.abs(kinds["before"].bins.astype(int) - expected).max() <= 1
        assert (kinds["before"].bins != kinds["after"].bins).any()


def test_labels_of_another_softmax_are_not_taken_over(parts, finished, tmp_path):
    model, target, _ = parts
    out, _ = finished
    with pytest.raises(DataError, match="--overwrite"):
        sweep(model, target, out, softmax="before")


def test_softmax_before_needs_whole_tiles(parts):
    model, *_ = parts
    network = model.predictor
    before, network.test_cfg = network.test_cfg, dict(mode="slide")
    try:
        with pytest.raises(ConfigError, match="needs a segmentor that predicts whole tiles"):
            NetworkPredictor(model, "before")
    finally:
        network.test_cfg = before
    with pytest.raises(ConfigError, match="unknown softmax `first`"):
        NetworkPredictor(model, "first")
