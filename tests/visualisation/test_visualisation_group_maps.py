"""Group maps, and the groupings that they are compared with."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from mmengine.structures import PixelData

from mmda.errors import ConfigError
from mmda.visualisation.domains import run_pair
from mmda.visualisation.drawing import figure_picture, group_colours, paint
from mmda.visualisation.fitted import feature_pixels, fit_grouping, match_groups
from mmda.visualisation.group_maps import (
    group_alignments,
    group_figure,
    group_maps,
    hard_groups,
    soft_groups,
)


def test_maps_are_the_alignments_assignment_cut_to_the_image(
    cdga_text, write_config, build_model, pair
):
    path = write_config(cdga_text + 'model["data_preprocessor"] = dict(size_divisor=48)\n')
    model = build_model(path)
    alignment = group_alignments(model)["cdga"]
    maps = group_maps(model, alignment, pair)
    assert model.training
    model.eval()
    for domain, batch in run_pair(model, *pair).items():
        with torch.no_grad():
            half = F.interpolate(batch.logits["decode"], (48, 48), mode="bilinear").softmax(1)
            expected = F.interpolate(alignment.grouping(half), (96, 96), mode="bilinear")
        np.testing.assert_allclose(maps[domain], expected[0, :, :64, :64].numpy(), atol=1e-5)
        np.testing.assert_allclose(maps[domain].sum(0), 1, atol=1e-5)


def test_soft_pictures_are_as_bright_as_the_assignment():
    h = np.stack([np.full((2, 2), 1.0), np.full((2, 2), 0.5), np.zeros((2, 2))])
    pictures = soft_groups(h)
    colours = group_colours(3)
    assert list(pictures) == ["k = 1", "k = 2", "k = 3"]
    for picture, share, colour in zip(pictures.values(), (1, 0.5, 0), colours, strict=True):
        np.testing.assert_allclose(picture[0, 0], 255 * share * colour, atol=0.5)


def test_hard_pictures_show_the_strongest_group():
    h = np.array([[[0.6, 0.1]], [[0.4, 0.9]]])
    np.testing.assert_allclose(hard_groups(h)[0], 255 * group_colours(2), atol=0.5)


@pytest.mark.parametrize("count", [1, 8, 10, 16, 40])
def test_group_colours_differ(count):
    colours = group_colours(count)
    assert colours.shape == (count, 3)
    assert len(np.unique(colours, axis=0)) == count


def test_painting_leaves_ignored_pixels_black():
    painted = paint(np.array([[0, 1, 255]], np.uint8), [(10, 20, 30), (40, 50, 60)])
    assert painted[0].tolist() == [[10, 20, 30], [40, 50, 60], [0, 0, 0]]


def test_model_without_groups_names_its_alignments(write_config, build_model):
    with pytest.raises(ConfigError, match="alignments are none"):
        group_alignments(build_model(write_config()))


def test_groups_take_the_order_of_those_they_overlap():
    rng = np.random.default_rng(0)
    reference = [np.eye(3)[rng.integers(0, 3, (8, 8))].transpose(2, 0, 1) for _ in range(2)]
    shuffled = [h[[2, 0, 1]] for h in reference]
    for matched, h in zip(match_groups(shuffled, reference), reference, strict=True):
        assert np.array_equal(matched, h)


@pytest.mark.parametrize("name", ["kmeans", "nmf"])
def test_fitted_groups_tell_clusters_apart(name):
    rng = np.random.default_rng(0)
    centres = np.array([[9.0, 0.1, 0.1], [0.1, 9.0, 0.1]])
    member = np.arange(200) % 2
    pixels = (centres[member] + rng.random((200, 3))).astype(np.float32)
    maps = torch.tensor(pixels.T.reshape(1, 3, 10, 20))
    grouping = fit_grouping(name, pixels, 2)
    groups = grouping(torch.zeros(1, 2, 10, 20), maps).argmax(1).flatten().numpy()
    assert len(set(groups[member == 0])) == len(set(groups[member == 1])) == 1
    assert groups[0] != groups[1]


def test_features_are_sampled_from_both_domains(cdga_config, build_model, pair):
    model = build_model(cdga_config)
    pixels = feature_pixels(model, [pair, pair], count=50, seed=3)
    assert pixels.shape == (200, 64)
    for part, batch in zip(
        np.split(pixels, 4), 2 * list(run_pair(model, *pair).values()), strict=True
    ):
        known = batch.feats[-1][0].flatten(1).T.numpy()
        assert np.isin(part[:, 0], known[:, 0]).all()
    assert np.array_equal(pixels, feature_pixels(model, [pair, pair], count=50, seed=3))


def test_an_image_without_data_gives_no_features(cdga_config, build_model, pair):
    model, (source, target) = build_model(cdga_config), pair
    sample = target.packed["data_samples"].clone()
    sample.valid = PixelData(data=torch.zeros(1, *target.size, dtype=torch.bool))
    empty = dataclasses.replace(target, packed={**target.packed, "data_samples": sample})
    pixels = feature_pixels(model, [(source, empty)], count=50, seed=3)
    np.testing.assert_array_equal(pixels, feature_pixels(model, [pair], count=50, seed=3)[:50])


def test_figure_shows_the_truth_only_where_there_is_one(pair):
    meta = {"classes": ["background", "building"], "palette": [(60, 60, 60), (230, 70, 60)]}
    columns = {
        d: {"k = 1": shown.picture} for d, shown in zip(("source", "target"), pair, strict=True)
    }
    unlabelled = tuple(type(s)(s.picture, None, s.packed) for s in pair)
    for shown, titles in ((pair, 3), (unlabelled, 2), ((pair[0], unlabelled[1]), 3)):
        figure = group_figure(shown, columns, meta)
        axes = np.array(figure.axes).reshape(2, titles)
        assert [a.get_title() for a in axes[0]] == ["image", "truth", "k = 1"][:: 4 - titles]
        assert [a.get_ylabel() for a in axes[:, 0]] == ["source", "target"]
        assert bool(figure.legends) == (titles == 3)
    assert not axes[1, 1].images  # the target's truth
    assert figure_picture(figure).shape[2] == 3
