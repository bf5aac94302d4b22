"""Groupings: assignments, fits and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.optimize import nnls
from sklearn.decomposition import non_negative_factorization

from mmda.errors import ConfigError
from mmda.models import GroupHead, KMeansGrouping, NMFGrouping
from mmda.registry import MODELS

FITTED = (KMeansGrouping, NMFGrouping)


def softmax_maps(n=2, c=3, size=(6, 8), seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, c, *size, generator=generator).softmax(1)


def blobs(per_blob=50, seed=0):
    """Pixels (3 * per_blob, 4) around three non-negative directions."""
    generator = np.random.default_rng(seed)
    centres = np.eye(3, 4, dtype=np.float32) * 5
    noise = generator.random((3, per_blob, 4), dtype=np.float32) * 0.5
    return (centres[:, None] + noise).reshape(-1, 4)


def as_map(pixels):
    """Pixels (M, D) as a feature map (1, D, 1, M)."""
    return torch.as_tensor(pixels).T[None, :, None, :]


@pytest.mark.parametrize("k", [1, 2, 8])
def test_the_head_assigns_each_pixel_completely(k):
    head = GroupHead(k, 3)
    p = softmax_maps()
    groups = head(p)
    assert groups.shape == (2, k, 6, 8)
    torch.testing.assert_close(groups.sum(1), torch.ones(2, 6, 8))
    assert groups.dtype == torch.float32


def test_the_head_is_the_published_one():
    kinds = [type(layer).__name__ for layer in GroupHead(8, 19).layers]
    assert kinds == ["Conv2d", "ReLU", "BatchNorm2d", "Conv2d"]
    assert GroupHead(8, 19).layers[0].weight.shape == (64, 19, 1, 1)
    assert GroupHead(8, 19).layers[3].weight.shape == (8, 64, 1, 1)


def test_half_precision_keeps_a_float32_softmax():
    with torch.autocast("cpu", dtype=torch.bfloat16):
        groups = GroupHead(4, 3)(softmax_maps())
    assert groups.dtype == torch.float32
    torch.testing.assert_close(groups.sum(1), torch.ones(2, 6, 8))


@pytest.mark.parametrize("kind", FITTED)
def test_before_the_first_fit_all_groups_are_equal(kind):
    groups = kind(4, 5)(softmax_maps(), torch.randn(2, 5, 3, 4))
    assert groups.shape == (2, 4, 6, 8)
    assert (groups == 0.25).all()


@pytest.mark.parametrize("kind", FITTED)
def test_it_finds_blobs_and_keeps_them_through_a_refit(kind):
    grouping, pixels = kind(3, 4), blobs()
    seen = []
    for fit in range(2):
        grouping.fit(blobs(seed=fit))
        groups = grouping(torch.rand(1, 2, 1, 150), as_map(pixels)).argmax(1).flatten()
        members = [set(groups[i * 50 : (i + 1) * 50].tolist()) for i in range(3)]
        assert [len(m) for m in members] == [1, 1, 1]
        assert len(set.union(*members)) == 3
        seen.append(members)
    if kind is KMeansGrouping:
        assert seen[0] == seen[1]  # group k stays group k: the refit starts from the last one
    assert int(grouping.fits) == 2


@pytest.mark.parametrize("kind", FITTED)
def test_assignments_are_of_the_maps_size_and_sum_to_one(kind):
    grouping = kind(3, 4)
    grouping.fit(blobs())
    groups = grouping(softmax_maps(1, 2, (16, 24)), as_map(blobs()[:24]).reshape(1, 4, 4, 6))
    assert groups.shape == (1, 3, 16, 24)
    torch.testing.assert_close(groups.sum(1), torch.ones(1, 16, 24))
    assert not groups.requires_grad


def test_kmeans_chooses_the_nearest_centroid():
    grouping = KMeansGrouping(3, 4)
    grouping.fit(blobs())
    pixels = np.random.default_rng(3).normal(size=(40, 4)).astype(np.float32)
    centroids = grouping.centroids.numpy()
    expected = [np.square(centroids - pixel).sum(1).argmin() for pixel in pixels]
    got = grouping(torch.rand(1, 2, 1, 40), as_map(pixels)).argmax(1).flatten().tolist()
    assert got == expected


@pytest.mark.filterwarnings("ignore:Maximum number of iterations 500")  # as many as ours makes
def test_nmf_activations_are_those_of_scikit_learn():
    grouping = NMFGrouping(3, 4)
    grouping.fit(blobs())
    pixels = blobs(seed=4)
    activations, _, _ = non_negative_factorization(
        pixels, H=grouping.centroids.numpy(), update_H=False, n_components=3, max_iter=500, tol=1e-9
    )
    expected = activations / activations.sum(1, keepdims=True)
    got = grouping(torch.rand(1, 2, 1, len(pixels)), as_map(pixels))[0, :, 0].T
    np.testing.assert_allclose(got.numpy(), expected, atol=2e-3)


def test_nmf_of_empty_pixels_is_even():
    grouping = NMFGrouping(3, 4)
    grouping.fit(blobs())
    groups = grouping(torch.rand(1, 2, 1, 5), torch.full((1, 4, 1, 5), -1.0))
    torch.testing.assert_close(groups, torch.full((1, 3, 1, 5), 1 / 3))


@pytest.mark.parametrize("kind", FITTED)
def test_a_checkpoint_brings_the_groups_back(kind):
    first, second = kind(3, 4), kind(3, 4)
    first.fit(blobs())
    second.load_state_dict(first.state_dict(), strict=True)
    maps = torch.rand(1, 2, 1, 150), as_map(blobs(seed=7))
    assert torch.equal(first(*maps), second(*maps))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("kind", FITTED)
def test_mixed_precision_assigns_as_full_precision_does(kind, dtype):
    """Features of 1e-4 vanish in half precision beside NMF's 1e-8, large ones round."""
    grouping = kind(3, 4)
    grouping.fit(blobs())
    for scale in (1e-4, 1.0, 100.0):
        maps = torch.rand(1, 2, 1, 150), as_map(blobs(seed=5)) * scale
        with torch.autocast("cpu", dtype=dtype):
            lowered = grouping(*maps)
        assert lowered.dtype == torch.float32
        torch.testing.assert_close(lowered, grouping(*maps))


def test_probabilities_can_be_grouped():
    grouping = KMeansGrouping(2, 3, source="probabilities")
    p = torch.eye(3)[torch.tensor([0, 0, 2, 2])].T[None, :, None]
    grouping.fit(p[0, :, 0].T.numpy())
    groups = grouping(p, torch.rand(1, 7, 1, 1)).argmax(1).flatten()
    assert groups[0] == groups[1] != groups[2] == groups[3]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GroupHead(0, 3), "`num_groups` .K. must be a whole number of 1 or more, got 0"),
        (lambda: KMeansGrouping(-1, 3), "of 1 or more, got -1"),
        (lambda: NMFGrouping(2, 3, source="logits"), "unknown source `logits`"),
        (lambda: NMFGrouping(5, 3), "at most 3 components, but `num_groups` is 5"),
        (lambda: NMFGrouping(2, 4).fit(blobs() * np.nan), "the features are not finite"),
        (lambda: KMeansGrouping(4, 4).fit(blobs()[:3]), "3 pixels cannot form 4 groups"),
        (
            lambda: KMeansGrouping(2, 5).pixels(torch.rand(1, 3, 2, 2), torch.rand(1, 7, 2, 2)),
            "`in_channels` is 5, but the features have 7 channels",
        ),
    ],
)
def test_wrong_settings_say_what_to_change(build, message):
    with pytest.raises(ConfigError, match=message):
        build()


def test_all_are_registered():
    assert {"GroupHead", "KMeansGrouping", "NMFGrouping"} <= set(MODELS.module_dict)


@pytest.mark.parametrize("norm", [dict(type="BN"), dict(type="GN", num_groups=4), None])
def test_the_group_head_sees_the_pixels_that_count_alone(norm):
    """Also in its statistics: it is as if the map ended where the pixels do not count."""
    torch.manual_seed(0)
    heads = [GroupHead(3, 4, channels=8, norm_cfg=norm) for _ in range(2)]
    heads[1].load_state_dict(heads[0].state_dict())
    maps = torch.randn(2, 4, 6, 8).softmax(1)
    mask = torch.zeros(2, 6, 8, dtype=torch.bool)
    mask[:, :4, :5] = True
    groups, expected = heads[0](maps, None, mask), heads[1](maps[:, :, :4, :5])
    torch.testing.assert_close(groups[:, :, :4, :5], expected)
    assert not groups[~mask[:, None].expand_as(groups)].any()
    for one, other in zip(heads[0].buffers(), heads[1].buffers(), strict=True):
        # The unbiased variance is the same, as both have seen the same values.
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("pixels", [0, 1])
@pytest.mark.parametrize("norm", [dict(type="BN"), dict(type="GN", num_groups=4)])
def test_the_group_head_takes_masks_with_no_pixel_or_one(norm, pixels):
    mask = torch.zeros(2, 4, 4, dtype=torch.bool)
    mask[0, 0, :pixels] = True
    head = GroupHead(3, 4, norm_cfg=norm)
    before = {key: value.clone() for key, value in head.state_dict().items()}
    maps = torch.rand(2, 4, 4, 4).softmax(1)
    groups = head(maps, None, mask)
    torch.testing.assert_close(groups.sum(1), mask.float())
    assert groups.requires_grad
    assert head.training
    others = head(torch.where(mask[:, None], maps, maps.flip(1)), None, mask)
    torch.testing.assert_close(others, groups)  # what does not count has reached no statistic
    assert all(torch.equal(value, before[key]) for key, value in head.state_dict().items())


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.9, 0.97])
@pytest.mark.parametrize("k", [2, 8])
def test_nmf_assignments_are_the_non_negative_least_squares(k, alike):
    """Also for components that are alike, where a thousand updates were off by a fifth."""
    generator = torch.Generator().manual_seed(k)
    components = torch.rand(k, 12, generator=generator)
    components = (1 - alike) * components + alike * components.mean(0)
    grouping = NMFGrouping(k, 12)
    grouping.centroids.copy_(components / components.norm(dim=1, keepdim=True))
    grouping.fits += 1
    pixels = torch.rand(2, 12, 4, 5, generator=generator)
    found = grouping(torch.zeros(2, 3, 4, 5), pixels).permute(0, 2, 3, 1).reshape(-1, k).numpy()
    rows = pixels.permute(0, 2, 3, 1).reshape(-1, 12).double().numpy()
    expected = np.stack([nnls(grouping.centroids.double().numpy().T, row)[0] for row in rows])
    expected /= expected.sum(1, keepdims=True)
    assert np.abs(found - expected).max() < 1e-3


def test_components_that_depend_on_each_other_share_their_activation():
    grouping = NMFGrouping(3, 4)
    grouping.centroids.copy_(torch.eye(4)[[0, 0, 1]])
    grouping.fits += 1
    pixels = torch.tensor([2.0, 2.0, 0.0, 9.0]).view(1, 4, 1, 1)
    groups = grouping(torch.zeros(1, 2, 1, 1), pixels).flatten()
    torch.testing.assert_close(groups, torch.tensor([0.25, 0.25, 0.5]))
