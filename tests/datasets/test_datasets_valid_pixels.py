"""Pixels that do not count: kept by loading, geometry and packing; part of no look."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import DefaultScope
from raster_samples import noise, tile, write
from skimage.exposure import match_histograms

import mmda.datasets  # noqa: F401  (registers the transforms)
from mmda.datasets.fourier import transfer_amplitude
from mmda.datasets.transforms import LoadTile, MatchDomain, MatchTile, PackDomainInputs
from mmda.datasets.transforms.validity import counted_pixels
from mmda.errors import ConfigError
from mmda.pairing.statistics import measure
from mmda.raster import Scene
from mmda.raster.dataset.domain import TiledDomain
from mmda.registry import TRANSFORMS
from mmda.utils.seeding import seeded


@pytest.fixture(autouse=True)
def scope():
    with DefaultScope.overwrite_default_scope("mmda"):
        yield


def labelled_tile(folder) -> dict:
    """Write a tile whose upper left quarter has no data and whose right edge is ignored."""
    image = noise(3, 64, 64)
    image[:, :32, :32] = 0
    label = (noise(1, 64, 64, seed=1)[0] > 128).astype(np.uint8)
    label[:, 60:] = 255
    write(folder / "tile.tif", image, nodata=0)
    cv2.imwrite(str(folder / "label.png"), label)
    return {"img_path": str(folder / "tile.tif"), "seg_map_path": str(folder / "label.png")}


def expected_mask() -> np.ndarray:
    mask = np.ones((64, 64), bool)
    mask[:32, :32], mask[:, 60:] = False, False
    return mask


def test_a_labelled_tile_keeps_where_it_has_data(tmp_path):
    got = LoadTile()(labelled_tile(tmp_path))
    assert got["seg_fields"] == ["gt_seg_map", "valid_map"]
    has_data = np.ones((64, 64), bool)
    has_data[:32, :32] = False
    np.testing.assert_array_equal(got["valid_map"], has_data)
    assert (got["gt_seg_map"][~has_data] == 255).all()
    assert (got["gt_seg_map"][has_data & expected_mask()] < 2).all()
    np.testing.assert_array_equal(counted_pixels(got), expected_mask())
    sample = PackDomainInputs()(got)["data_samples"]
    assert sample.valid.data.dtype == torch.bool
    np.testing.assert_array_equal(sample.valid.data[0].numpy(), expected_mask())
    # Test-time adaptation sees no label, so it has a mask without the labels' part.
    np.testing.assert_array_equal(sample.has_data.data[0].numpy(), has_data)


def test_a_whole_tile_has_no_mask(tmp_path):
    write(tmp_path / "tile.tif", noise(3, 16, 16))
    cv2.imwrite(str(tmp_path / "label.png"), np.zeros((16, 16), np.uint8))
    record = {"img_path": str(tmp_path / "tile.tif"), "seg_map_path": str(tmp_path / "label.png")}
    got = LoadTile()(record)
    assert got["seg_fields"] == ["gt_seg_map"]
    assert counted_pixels(got) is None
    packed = PackDomainInputs()(got)["data_samples"]
    assert "valid" not in packed and "has_data" not in packed


GEOMETRIC = {
    "crop": [dict(type="RandomCrop", crop_size=(40, 40))],
    "flip": [dict(type="RandomFlip", prob=1.0, direction="horizontal")],
    "turn": [dict(type="RandomRotate90", prob=1.0)],
    "resize": [dict(type="Resize", scale=(32, 32), keep_ratio=False)],
    "zoom": [dict(type="RandomResize", scale=(64, 64), ratio_range=(2.0, 2.0), keep_ratio=True)],
}


@pytest.mark.parametrize("transforms", GEOMETRIC.values(), ids=list(GEOMETRIC))
@pytest.mark.parametrize("labelled", [True, False])
def test_the_mask_goes_with_the_image(tmp_path, transforms, labelled):
    """An image band that is white exactly where pixels count tells where they are afterwards."""
    record = labelled_tile(tmp_path)
    if not labelled:
        del record["seg_map_path"]
    results = LoadTile()(record)
    counted = counted_pixels(results)
    results["img"][..., 0] = 255 * counted
    with seeded(3):
        for config in transforms:
            results = TRANSFORMS.build(config)(results)
    mask = counted_pixels(results)
    assert mask.shape == results["img"].shape[:2]
    np.testing.assert_array_equal(results["img"][..., 0] > 127, mask)
    assert 0 < mask.mean() < 1


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize(
    "padding",
    [dict(type="Pad", size=(80, 72)), dict(type="RandomRotate", prob=1.0, degree=30)],
    ids=["pad", "rotate"],
)
def test_what_a_transform_pads_does_not_count(tmp_path, padding, labelled):
    write(tmp_path / "tile.tif", np.full((3, 64, 64), 200, np.uint8))
    record = {"img_path": str(tmp_path / "tile.tif")}
    if labelled:
        cv2.imwrite(str(tmp_path / "label.png"), np.zeros((64, 64), np.uint8))
        record["seg_map_path"] = str(tmp_path / "label.png")
    results = TRANSFORMS.build(padding)(LoadTile()(record))
    mask = counted_pixels(results)
    # At the turned edge, the image is interpolated and the mask is not.
    sure = (results["img"][..., 0] == 200) | (results["img"][..., 0] == 0)
    np.testing.assert_array_equal((results["img"][..., 0] == 200)[sure], mask[sure])
    assert 0 < mask.mean() < 1


# ------------------------------------------------------------------ looks


@pytest.fixture
def target(toy_root) -> str:
    return str(toy_root / "buildings" / "target")


def half_empty(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """An image with brightness that grows to the right, and a mask of its right half."""
    image = np.random.default_rng(seed).normal(90, 30, (64, 64, 3))
    image += np.linspace(0, 60, 64)[None, :, None]
    valid = np.zeros((64, 64), bool)
    valid[:, 32:] = True
    return image.clip(1, 255).astype(np.uint8), valid


def test_histogram_among_valid_pixels_is_that_of_the_valid_pixels_alone(target):
    image, valid = half_empty()
    match = MatchTile(target, method="histogram")
    reference = match.domain.read_image(match.rows[1])[0].astype(float)
    alone = image[:, 32:].astype(float)
    expected = np.rint(match_histograms(alone, reference, channel_axis=-1))
    got = match.match(image, 1, valid)
    np.testing.assert_array_equal(got[:, 32:], expected)
    # Counting the empty half, as content at 0, shifts and narrows the valid half.
    wrong = match.match(np.where(valid[..., None], image, 0).astype(np.uint8), 1)[:, 32:]
    assert abs(wrong.mean() - expected.mean()) > 10
    assert wrong.std() < 0.8 * expected.std()


@pytest.mark.parametrize("method", ["fda", "histogram"])
@pytest.mark.parametrize("side", ["image", "reference"])
def test_values_where_there_is_no_data_change_nothing(target, method, side):
    image, valid = half_empty()
    other, other_valid = half_empty(1)
    match = MatchTile(target, method=method, beta=0.05)
    results = []
    for value in (0, 255):
        own, theirs = image.copy(), other.copy()
        (own if side == "image" else theirs)[~valid] = value
        match.domain.read_image = lambda row, theirs=theirs: (theirs, other_valid)
        results.append(match.match(own, 0, valid)[valid])
    np.testing.assert_array_equal(*results)
    np.testing.assert_allclose(results[0].mean(0), other[other_valid].mean(0), atol=1.5)


def test_fda_of_a_half_empty_tile_is_near_that_of_the_whole_tile(target):
    """The valid pixels get the target's mean, and nearly the spread of a whole tile."""
    image, valid = half_empty()
    match = MatchTile(target, beta=0.03)
    reference = match.domain.read_image(match.rows[0])[0]
    alone = transfer_amplitude(image[:, 32:], reference[:, 32:], 0.03)
    got = match.match(np.where(valid[..., None], image, 0).astype(np.uint8), 0, valid)[:, 32:]
    np.testing.assert_allclose(got.mean((0, 1)), reference.mean((0, 1)), atol=1.5)
    np.testing.assert_allclose(got.std((0, 1)), alone.std((0, 1)), rtol=0.15)


@pytest.mark.parametrize("method", ["fda", "histogram"])
def test_a_whole_image_is_matched_as_before(target, method):
    image, _ = half_empty()
    match = MatchTile(target, method=method, beta=0.03)
    reference = match.domain.read_image(match.rows[0])[0]
    if method == "histogram":
        plain = match_histograms(image.astype(float), reference.astype(float), channel_axis=-1)
    else:
        plain = transfer_amplitude(image, reference, 0.03)
        low, high = min(image.min(), reference.min()), max(image.max(), reference.max())
        plain = plain.clip(low, high)
    np.testing.assert_array_equal(match.match(image, 0), np.rint(plain))


@pytest.mark.parametrize("method", ["fda", "histogram"])
def test_nothing_that_counts_leaves_the_image_as_it_is(target, method):
    image, valid = half_empty()
    match = MatchTile(target, method=method)
    np.testing.assert_array_equal(match.match(image, 0, np.zeros_like(valid)), image)


def test_the_transform_matches_among_counted_pixels(target, tmp_path):
    results = LoadTile()(labelled_tile(tmp_path))
    image, mask = results["img"], counted_pixels(results)
    match = MatchTile(target, method="histogram")
    with seeded(0):
        got = match({**results})["img"]
    with seeded(0):
        np.random.rand()
        index = np.random.randint(len(match))
    np.testing.assert_array_equal(got, match.match(image, index, mask))
    reference = match.domain.read_image(match.rows[index])[0]
    quantiles = [np.quantile(x, [0.1, 0.5, 0.9], 0) for x in (got[mask], reference.reshape(-1, 3))]
    np.testing.assert_allclose(*quantiles, atol=4)


# ------------------------------------------------------------------ tiles that record no holes


def half_empty_scenes(folder, format: str, whole: int = 0) -> str:
    """Tile two scenes of which a half has no data, and some that have data everywhere."""
    scenes = []
    for index in range(2 + whole):
        image = noise(3, 64, 64, seed=index).clip(100, 255)
        if index < 2:
            image[:, :, :32] = 0
        write(folder / f"s{index}.tif", image, nodata=0)
        scenes.append(Scene(f"s{index}", str(folder / f"s{index}.tif"), "train"))
    tile(scenes, folder / "t", format=format)
    return str(folder / "t")


@pytest.mark.parametrize("make", [MatchTile, lambda root: MatchDomain(root, root)])
def test_a_look_is_not_measured_where_no_tile_tells_what_is_empty(tmp_path, make):
    root = half_empty_scenes(tmp_path, "png")
    with pytest.raises(ConfigError, match=r"t`, split `train`: no tile is whole, .* --format tif"):
        make(root)


@pytest.mark.parametrize(("format", "whole", "rows"), [("tif", 0, 2), ("png", 1, 1), ("tif", 1, 1)])
def test_whole_tiles_come_first_and_then_those_that_record_their_holes(
    tmp_path, format, whole, rows
):
    match = MatchTile(half_empty_scenes(tmp_path, format, whole), method="histogram")
    assert len(match) == rows
    image = noise(3, 64, 64, seed=9)
    assert match.match(image.transpose(1, 2, 0), 0).min() >= 99


@pytest.mark.parametrize("whole", [0, 1])
def test_a_domains_statistics_leave_out_tiles_that_do_not_tell_what_is_empty(tmp_path, whole):
    domain = TiledDomain(half_empty_scenes(tmp_path, "png", whole))
    found = measure(domain, domain.rows(), reuse=False, workers=1, progress=False)
    assert min(found.mean) > 120  # half as much if what is empty counted
    assert found.measured == bool(whole)
