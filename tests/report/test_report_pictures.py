"""Overlays, stretched images, shrunken scenes, scores of a panel."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from mmda.errors import DataError
from mmda.report import Panel, overlay, panel_figure, read_scene, to_rgb
from mmda.report.pictures import png_data_uri, shrink, tile_miou

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


def test_png_keeps_colours_and_alpha():
    picture = np.zeros((2, 3, 4), dtype=np.uint8)
    picture[0, 1] = (10, 20, 30, 255)
    head, data = png_data_uri(picture).split(",")
    decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)
    assert head == "data:image/png;base64"
    assert decoded[0, 1].tolist() == [30, 20, 10, 255]
    assert decoded[1, 1, 3] == 0


def test_shrink_only_shrinks():
    picture = np.zeros((40, 100, 3), dtype=np.uint8)
    assert shrink(picture, 50).shape == (20, 50, 3)
    assert shrink(picture, 200) is picture


def test_scene_is_read_small_with_its_no_data(tmp_path):
    image = np.full((3, 60, 120), 90, dtype=np.uint8)
    image[:, :, 90:] = 0
    mask = np.zeros((30, 60), dtype=np.uint8)
    mask[:, :20] = 1
    for name, data, size, nodata in (("i", image, 1, 0), ("m", mask[None], 2, 255)):
        with rasterio.open(
            tmp_path / f"{name}.tif", "w", driver="GTiff", count=len(data), dtype="uint8",
            height=data.shape[1], width=data.shape[2], crs="EPSG:32633", nodata=nodata,
            transform=from_origin(0, 60, size, size),
        ) as dst:  # fmt: skip
            dst.write(data)
            if name == "m":
                dst.write_colormap(1, {0: (0, 0, 0), 1: (255, 0, 0)})
    scene = read_scene(
        tmp_path / "i.tif", tmp_path / "m.tif", PALETTE, ["Background", "a", "b"], max_side=60,
        caption="c",
    )  # fmt: skip
    assert scene.image.shape == scene.overlay.shape == (30, 60, 4)
    assert (scene.image[:, :45, 3] == 255).all()
    assert (scene.image[:, 45:, 3] == 0).all()
    assert (scene.overlay[:, :20, 0] > scene.overlay[:, :20, 1] + 50).all()
    assert (scene.overlay[:, 21:45, 0] == scene.overlay[:, 21:45, 1]).all()
    assert scene.caption == "c"


def test_panel_figure_has_a_row_per_panel(tmp_path):
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    mask = np.ones((8, 8), dtype=np.uint8)
    panels = [Panel(name, image, {"truth": mask, "adapted": mask}) for name in "ab"]
    figure = panel_figure(panels, PALETTE, ["background", "a", "b"])
    assert [axes.get_title() for axes in figure.axes[:3]] == ["image", "truth", "adapted"]
    assert len(figure.axes) == 6
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    figure.savefig(tmp_path / "f.png")
    assert (tmp_path / "f.png").stat().st_size > 1000
