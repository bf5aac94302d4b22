"""Geometry, radiometry and packing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from mmda.datasets.transforms import (
    KeepWeakView,
    PackDomainInputs,
    RadiometricJitter,
    RandomRotate90,
)
from mmda.errors import ConfigError


def image_of(bands: int, dtype: str, size: tuple[int, int] = (32, 24)) -> np.ndarray:
    rng = np.random.default_rng(1)
    top = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    return (rng.random((*size, bands)) * top).astype(dtype)


def test_rotation_keeps_image_and_label_aligned():
    label = np.arange(6 * 4, dtype=np.uint8).reshape(6, 4)
    turns = set()
    for seed in range(40):
        np.random.seed(seed)
        data = {"img": label[..., None].repeat(3, 2), "gt_seg_map": label}
        data = RandomRotate90()({**data, "seg_fields": ["gt_seg_map"], "img_shape": (6, 4)})
        assert (data["img"] == data["gt_seg_map"][..., None]).all()
        assert data["img_shape"] == data["gt_seg_map"].shape
        assert data["img"].flags.c_contiguous
        turns.add(int(data["gt_seg_map"][0, 0]))
    assert turns == {0, 3, 20, 23}  # each corner comes first for one of the four turns


@pytest.mark.parametrize(("prob", "same"), [(0.0, True), (1.0, False)])
def test_rotation_probability(prob, same):
    label = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    for seed in range(10):
        np.random.seed(seed)
        assert np.array_equal(RandomRotate90(prob)({"img": label})["img"], label) is same


def formula(image: np.ndarray, seed: int, white: float, jitter: RadiometricJitter) -> np.ndarray:
    """The documented map in float64, with the same draws."""
    np.random.seed(seed)
    np.random.rand()
    bands = image.shape[2]

    def draw(half):
        common = np.random.uniform(-half, half)
        single = np.random.uniform(-half, half, bands)
        return jitter.shared * common + (1 - jitter.shared) * single

    gain, offset, gamma = 1 + draw(jitter.gain), draw(jitter.offset), 2 ** draw(jitter.gamma)
    return np.clip(gain * (image / white) ** gamma + offset, 0, 1) * white


@pytest.mark.parametrize("bands", [1, 3, 4, 5])
@pytest.mark.parametrize(
    ("dtype", "white", "tolerance"),
    [("uint8", 255, 0.51), ("uint16", 65535, 1.1), ("float32", 1, 1e-5)],
)
@pytest.mark.parametrize("seed", [0, 5])
def test_jitter_equals_its_formula(bands, dtype, white, tolerance, seed):
    given = None if dtype == "uint8" else white
    jitter, image = RadiometricJitter(prob=1.0, white=given), image_of(bands, dtype)
    before = image.copy()
    np.random.seed(seed)
    got = jitter({"img": image})["img"]
    assert got.dtype == dtype
    assert got.shape == image.shape
    assert (image == before).all()
    expected = formula(image.astype(np.float64), seed, white, jitter)
    assert np.abs(got - expected).max() <= tolerance
    assert np.abs(got - image.astype(np.float64)).max() > 0.01 * white


def test_jitter_with_a_given_white():
    image = image_of(3, "uint16") // 16  # 12-bit imagery
    jitter = RadiometricJitter(prob=1.0, white=4095)
    np.random.seed(3)
    got = jitter({"img": image})["img"]
    assert np.abs(got - formula(image.astype(np.float64), 3, 4095, jitter)).max() <= 1.1


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_jitter_asks_for_the_scale_of_other_types(dtype):
    with pytest.raises(ConfigError, match=f"images of {dtype} need `white`"):
        RadiometricJitter(prob=1.0)({"img": image_of(3, dtype)})


def test_jitter_saturation_scales_the_distance_from_grey():
    image = 0.3 + 0.4 * image_of(3, "float32")
    jitter = RadiometricJitter(gain=0, offset=0, gamma=0, saturation=1.0, prob=1.0, white=1.0)
    grey, factors = image.mean(axis=2, keepdims=True), []
    for seed in range(20):
        np.random.seed(seed)
        ratio = (jitter({"img": image})["img"] - grey) / (image - grey)
        factors.append(float(np.median(ratio)))
        np.testing.assert_allclose(ratio * (image - grey), factors[-1] * (image - grey), atol=1e-5)
    assert 0 <= min(factors) < 0.4
    assert 1.6 < max(factors) <= 2


@pytest.mark.parametrize("bands", [1, 3, 4, 5])
def test_jitter_blurs_within_its_range(bands):
    image = image_of(bands, "uint8")
    jitter = RadiometricJitter(gain=0, offset=0, gamma=0, blur=2.0, prob=1.0)
    ratios = []
    for seed in range(12):
        np.random.seed(seed)
        got = jitter({"img": image})["img"]
        assert got.shape == image.shape
        assert abs(got.mean() - image.mean()) < 5
        ratios.append(got.std() / image.std())
    assert 0.1 < min(ratios) < 0.4  # sigma 2 on white noise leaves 1 / (2 sigma sqrt(pi)) = 0.14
    assert max(ratios) > 0.6


def hue_of(image: np.ndarray) -> np.ndarray:
    """Return the angle of each colour about the axis of greys, in full turns."""
    red, green, blue = np.moveaxis(image.astype(float), -1, 0)
    return np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue) / (2 * np.pi)


def test_jitter_turns_the_hue_and_nothing_else():
    image = np.random.default_rng(0).uniform(80, 120, (8, 8, 4)).astype(np.float32)
    jitter = RadiometricJitter(gain=0, offset=0, gamma=0, hue=0.2, prob=1.0, white=255.0)
    np.random.seed(1)
    turned = jitter({"img": image})["img"]
    turn = (hue_of(turned[..., :3]) - hue_of(image[..., :3]) + 0.5) % 1 - 0.5
    assert np.allclose(turn, turn[0, 0], atol=1e-4) and 0.01 < abs(turn[0, 0]) <= 0.2
    assert np.allclose(turned[..., :3].mean(-1), image[..., :3].mean(-1), atol=1e-3)
    spread = [np.linalg.norm(x[..., :3] - x[..., :3].mean(-1, keepdims=True), axis=-1)
              for x in (turned, image)]  # fmt: skip
    assert np.allclose(*spread, atol=1e-2)
    assert np.allclose(turned[..., 3], image[..., 3], atol=1e-3)
    grey = np.full((4, 4, 3), 90, np.uint8)
    jitter = RadiometricJitter(gain=0, offset=0, gamma=0, hue=0.5, prob=1.0)
    assert (jitter({"img": grey})["img"] == grey).all()
    two = image_of(2, "uint8")
    assert (jitter({"img": two})["img"] == two).all()


@pytest.mark.parametrize(("dtype", "white"), [("uint8", 255), ("uint16", 4095)])
def test_jitter_adds_noise_within_its_range(dtype, white):
    image = np.full((64, 64, 3), white // 2, dtype)
    jitter = RadiometricJitter(gain=0, offset=0, gamma=0, noise=0.1, prob=1.0, white=white)
    deviations = []
    for seed in range(12):
        np.random.seed(seed)
        noisy = jitter({"img": image})["img"]
        assert noisy.dtype == image.dtype and abs(noisy.mean() - white // 2) < 0.01 * white
        deviations.append(noisy.std() / white)
    assert 0.05 < max(deviations) < 0.105


def test_jitter_off():
    image = image_of(3, "uint8")
    assert RadiometricJitter(prob=0.0)({"img": image})["img"] is image
    still = RadiometricJitter(gain=0, offset=0, gamma=0, prob=1.0)({"img": image})["img"]
    np.testing.assert_array_equal(still, image)


def test_weak_view_is_the_image_before_later_changes():
    image = image_of(3, "uint8")
    data = KeepWeakView()({"img": image})
    plain = image.copy()
    cv2.add(image, 9, dst=image)
    np.testing.assert_array_equal(data["weak_img"], plain)


@pytest.mark.parametrize("bands", [1, 3, 4, 5])
@pytest.mark.parametrize("weak", [False, True])
def test_packing(bands, weak):
    image, label = image_of(bands, "uint8"), np.ones((32, 24), np.uint8)
    data = {"img": image, "gt_seg_map": label, "tile": "a_0", "domain": "target", "flip": True}
    data.update(img_path="a.tif", img_shape=(32, 24), ori_shape=(32, 24), unknown=1)
    if weak:
        data["weak_img"] = 255 - image
    packed = PackDomainInputs()(data)
    assert torch.equal(packed["inputs"], torch.from_numpy(image).permute(2, 0, 1))
    assert packed["inputs"].is_contiguous()
    sample = packed["data_samples"]
    assert (sample.tile, sample.domain, sample.flip) == ("a_0", "target", True)
    assert "unknown" not in sample
    assert sample.gt_sem_seg.data.tolist() == label[None].tolist()
    assert ("weak_inputs" in packed) is weak
    if weak:
        assert torch.equal(packed["weak_inputs"], 255 - packed["inputs"])
