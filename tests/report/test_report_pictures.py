"""Overlays, stretched images, layers, stored pictures."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest

from mmda.errors import DataError
from mmda.report import overlay, to_rgb
from mmda.report.gallery import Gallery
from mmda.report.layers import ERRORS, error_layer, mask_layer
from mmda.report.pictures import shrink, tile_miou

PALETTE = [[0, 0, 0], [200, 0, 0], [0, 0, 200]]


def test_overlay_paints_classes_and_leaves_ignore_and_background():
    image = np.full((9, 9, 3), 100, dtype=np.uint8)
    mask = np.zeros((9, 9), dtype=np.uint8)
    mask[:, 3:6] = 1
    mask[:, 6:] = 255
    plain = overlay(image, np.full((9, 9), 255, np.uint8), PALETTE)
    painted = overlay(image, mask, PALETTE, alpha=0.5, transparent=[0])
    np.testing.assert_array_equal(painted[:, :3], plain[:, :3])
    np.testing.assert_array_equal(painted[:, 6:], plain[:, 6:])
    assert painted[4, 3].tolist() == [200, 0, 0]
    half = (plain[4, 4] + np.array([200, 0, 0])) / 2
    np.testing.assert_allclose(painted[4, 4], half, atol=1)
    assert (overlay(image, mask, PALETTE)[0, 0] < plain[0, 0]).all()
    with pytest.raises(DataError, match="must be equal"):
        overlay(image, mask[:5], PALETTE)


def test_images_of_any_kind_become_rgb():
    small = np.arange(48, dtype=np.uint8).reshape(3, 4, 4)
    np.testing.assert_array_equal(to_rgb(small)[1, 2], small[:, 1, 2])
    grey = to_rgb(small[:1])
    np.testing.assert_array_equal(grey[..., 0], grey[..., 2])
    wide = np.random.default_rng(0).normal(3000, 500, (4, 50, 50))
    wide[0, 0, 0] = np.nan
    valid = np.ones((50, 50), dtype=bool)
    valid[:, 40:] = False
    wide[:, :, 40:] = -9999
    picture = to_rgb(wide.astype(np.float32), valid)
    assert picture.shape == (50, 50, 3)
    assert 100 < picture[:, :40].mean() < 155
    assert (picture[:, 40:] == 0).all()


def test_tile_score():
    truth = np.array([[0, 0, 1, 1, 255]], dtype=np.uint8)
    other = np.array([[0, 1, 1, 1, 0]], dtype=np.uint8)
    assert tile_miou(truth, other) == pytest.approx(100 * (1 / 2 + 2 / 3) / 2)
    assert tile_miou(truth, np.full_like(truth, 255)) is None


def test_shrink_only_shrinks():
    picture = np.zeros((40, 100, 3), dtype=np.uint8)
    assert shrink(picture, 50).shape == (20, 50, 3)
    assert shrink(picture, 200) is picture


def stored(one):
    data = base64.b64decode(one.uri.removeprefix("data:image/webp;base64,"))
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def test_a_gallery_keeps_masks_exactly_and_photographs_nearly():
    gallery = Gallery()
    mask = np.array([[0, 1, 2, 255]] * 8, np.uint8).repeat(2, 1)
    layer = mask_layer(mask, PALETTE, transparent=[0])
    one, again = gallery.add(layer), gallery.add(layer.copy())
    assert one is again
    assert (one.width, one.height) == (8, 8)
    kept = stored(one)
    np.testing.assert_array_equal(kept[..., [2, 1, 0, 3]], layer)
    image = np.random.default_rng(0).integers(90, 110, (64, 64, 3)).astype(np.uint8)
    photograph = gallery.add(image)
    assert np.abs(stored(photograph)[..., ::-1].astype(int) - image).mean() < 8
    assert len(photograph.uri) < image.nbytes
    assert [picture.id for picture in gallery.pictures.values()] == ["p0", "p1"]


def test_mask_layers_paint_classes_with_outlines():
    mask = np.zeros((5, 9), np.uint8)
    mask[:, 3:] = 1
    mask[:, 6:] = 255
    layer = mask_layer(mask, PALETTE, transparent=[0], alpha=0.4)
    assert (layer[:, [0, 1, 2, 6, 7, 8], 3] == 0).all()
    assert layer[2, 3].tolist() == [200, 0, 0, 255]  # the outline
    assert layer[2, 4].tolist() == [200, 0, 0, 102]


def test_errors_have_their_kinds():
    truth = np.array([[0, 1, 0, 1, 255, 2]], np.uint8)
    predicted = np.array([[0, 0, 1, 2, 1, 2]], np.uint8)
    layer = error_layer(truth, predicted, background=[0])
    kinds = [None, "missed", "false alarm", "wrong class", None, None]
    for pixel, kind in zip(layer[0], kinds, strict=True):
        assert pixel[3] == (0 if kind is None else 230)
        assert kind is None or tuple(pixel[:3]) == ERRORS[kind]
