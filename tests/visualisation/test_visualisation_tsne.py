"""t-SNE: which pixels, what of them, and where they come to lie."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample

from mmda.errors import ConfigError
from mmda.models.alignments import DomainBatch
from mmda.visualisation import tsne
from mmda.visualisation.domains import ShownImage, run_pair
from mmda.visualisation.tsne import Points, choose_pixels, collect_points, embed, tsne_figure

META = {"classes": ["a", "b", "c"], "palette": [(255, 0, 0), (0, 255, 0), (0, 0, 255)]}


def image(truth=None, size=(20, 30), valid=None):
    sample = SegDataSample()
    if valid is not None:
        sample.valid = PixelData(data=torch.from_numpy(valid)[None])
    packed = {"inputs": torch.zeros(3, *size), "data_samples": sample}
    return ShownImage(np.zeros((*size, 3), np.uint8), truth, packed)


def test_pixels_are_spread_evenly_over_classes_and_never_ignored():
    truth = np.full((20, 30), 255, np.uint8)
    truth[:10] = 0
    truth[10:12] = 2
    truth[15, :4] = 1  # four pixels only
    places = choose_pixels(image(truth), 60, np.random.default_rng(0))
    values, counts = np.unique(truth[tuple(places.T)], return_counts=True)
    assert dict(zip(values, counts, strict=True)) == {0: 20, 1: 4, 2: 20}
    assert len(np.unique(places, axis=0)) == 44


def test_pixels_of_unlabelled_images_are_anywhere():
    places = choose_pixels(image(), 500, np.random.default_rng(0))
    assert places.shape == (500, 2)
    assert places.min(0).tolist() == [0, 0]
    assert places.max(0).tolist() == [19, 29]


def test_pixels_without_data_are_not_chosen():
    valid = np.zeros((20, 30), bool)
    assert choose_pixels(image(valid=valid), 60, np.random.default_rng(0)).shape == (0, 2)
    valid[5:8, 20:] = True
    places = choose_pixels(image(valid=valid), 60, np.random.default_rng(0))
    assert places.shape == (60, 2)
    assert valid[tuple(places.T)].all()


def test_images_without_any_label_give_no_pixels():
    truth = np.full((20, 30), 255, np.uint8)
    assert choose_pixels(image(truth), 60, np.random.default_rng(0)).shape == (0, 2)


def test_points_hold_probabilities_and_truth_or_prediction(cdga_config, build_model, pair):
    model = build_model(cdga_config)
    unlabelled = ShownImage(pair[1].picture, None, pair[1].packed)
    at = np.array([[0, 63], [10, 20], [63, 0]])
    points = collect_points(model, [(pair[0], unlabelled)] * 2, [(at, at)] * 2)
    batches = run_pair(model, *pair)
    for domain, one in points.items():
        maps = batches[domain].probabilities()[0].numpy()
        expected = maps[:, at[:, 0], at[:, 1]].T
        np.testing.assert_allclose(one.vectors, np.concatenate([expected] * 2), atol=1e-6)
    assert points["source"].classes.tolist() == [*pair[0].truth[at[:, 0], at[:, 1]]] * 2
    assert points["target"].classes.tolist() == points["target"].vectors.argmax(1).tolist()


def test_features_are_read_at_the_pixel(monkeypatch):
    """Features that grow by 1 per cell of 8 pixels are, at pixel x, (x + 0.5) / 8 - 0.5."""
    across = torch.arange(8.0).expand(8, 8)
    images, logits = torch.zeros(1, 3, 64, 64), torch.zeros(1, 2, 8, 8)
    feats = torch.stack([across.T, across])[None]
    batch = DomainBatch(images, [], images, [feats], {"decode": logits})
    monkeypatch.setattr(tsne, "run_pair", lambda *_: {"source": batch, "target": batch})
    at = np.array([[4, 59], [30, 9], [50, 17]])
    points = collect_points(None, [(image(), image())], [(at, at)], "features")
    np.testing.assert_allclose(points["target"].vectors, (at + 0.5) / 8 - 0.5, rtol=1e-5)


def test_clusters_stay_apart_and_the_seed_decides():
    rng = np.random.default_rng(0)
    centres = 10 * np.eye(3)
    classes = np.arange(60) % 3
    vectors = (centres[classes] + rng.normal(0, 0.1, (60, 3))).astype(np.float32)
    points = {
        name: Points(vectors + shift, classes) for name, shift in (("source", 0), ("target", 0.1))
    }
    places = embed(points, seed=1)
    together = np.concatenate(list(places.values()))
    labels = np.tile(classes, 2)
    distances = np.linalg.norm(together[:, None] - together, axis=-1) + 1e9 * np.eye(120)
    assert (labels[distances.argmin(1)] == labels).all()
    again = embed(points, seed=1)
    assert all(np.array_equal(places[name], again[name]) for name in places)


def test_too_few_points_are_refused():
    one = Points(np.zeros((1, 3), np.float32), np.zeros(1, int))
    with pytest.raises(ConfigError, match="4 points or more, got 2"):
        embed({"source": one, "target": one})


def test_figure_colours_classes_and_marks_domains():
    points = {
        "source": Points(np.zeros((2, 3)), np.array([0, 2])),
        "target": Points(np.zeros((1, 3)), np.array([2])),
    }
    places = {"source": np.array([[0.0, 1.0], [2.0, 3.0]]), "target": np.array([[4.0, 5.0]])}
    figure = tsne_figure({"one": (points, places), "two": (points, places)}, META)
    assert [axes.get_title() for axes in figure.axes] == ["one", "two"]
    source, target = figure.axes[0].collections
    assert source.get_facecolors()[:, :3].tolist() == [[1, 0, 0], [0, 0, 1]]
    assert len(target.get_facecolors()) == 0  # hollow
    assert target.get_edgecolors()[:, :3].tolist() == [[0, 0, 1]]
    assert target.get_offsets().tolist() == [[4.0, 5.0]]
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["a", "c", "source", "target"]
