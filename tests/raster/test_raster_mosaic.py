"""The blending of tiles against a plain accumulation over the whole array."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from mmda.errors import ConfigError
from mmda.raster.mapping.blending import TileBlender
from mmda.raster.mapping.mosaic import MosaicGrid, blend_weights

SHAPES = [
    (16, 16, 16, 0.25),
    (16, 61, 16, 0.25),
    (70, 33, 16, 0.5),
    (37, 41, 16, 0.0),
    (17, 50, 16, 0.75),
    (9, 40, 16, 0.25),
    (5, 3, 16, 0.25),
    (50, 50, 15, 0.9),
    (4, 7, 1, 0.0),
]


def naive(grid: MosaicGrid, tiles: dict[tuple[int, int], np.ndarray], classes: int) -> np.ndarray:
    height = max(grid.height, grid.tile)
    sums = np.zeros((classes, height, grid.padded_width))
    weights = np.zeros((height, grid.padded_width))
    t = np.arange(grid.tile) + 0.5
    shared = grid.tile - grid.stride
    inside = np.minimum(t, grid.tile - t) - shared / 4
    line = np.clip(inside / max(shared / 2, 1), 1e-9, 1)
    for (i, j), probabilities in tiles.items():
        where = np.s_[
            grid.rows[i] : grid.rows[i] + grid.tile, grid.cols[j] : grid.cols[j] + grid.tile
        ]
        sums[(slice(None), *where)] += probabilities * np.outer(line, line)
        weights[where] += np.outer(line, line)
    return (sums / weights)[:, : grid.height, : grid.width]


def stream(grid, tiles, classes: int, shares: bool = True) -> np.ndarray:
    blender, parts = TileBlender(grid, classes, shares), []
    for i in range(len(grid.rows)):
        for j in range(len(grid.cols)):
            if (i, j) in tiles:
                blender.add(j, tiles[i, j])
        parts.append(blender.finish())
    return np.concatenate(parts, axis=-2)


@pytest.mark.parametrize(("height", "width", "tile", "overlap"), SHAPES)
def test_streaming_equals_whole_array_accumulation(height, width, tile, overlap):
    grid = MosaicGrid(height, width, tile, overlap)
    rng = np.random.default_rng(0)
    tiles = {
        (i, j): rng.random((3, tile, tile), dtype=np.float32)
        for i in range(len(grid.rows))
        for j in range(len(grid.cols))
    }
    streamed = stream(grid, tiles, 3)
    assert streamed.shape == (3, height, width)
    np.testing.assert_allclose(streamed, naive(grid, tiles, 3), atol=1e-6)
    np.testing.assert_array_equal(stream(grid, tiles, 3, shares=False), streamed.argmax(0))


@pytest.mark.parametrize(("height", "width", "tile", "overlap"), SHAPES)
@pytest.mark.parametrize("kept", [0.0, 0.2, 0.6])
def test_tiles_without_data_are_left_out(height, width, tile, overlap, kept):
    grid = MosaicGrid(height, width, tile, overlap)
    rng = np.random.default_rng(1)
    tiles = {
        (i, j): rng.random((3, tile, tile), dtype=np.float32) * (rng.random() < kept)
        for i in range(len(grid.rows))
        for j in range(len(grid.cols))
    }
    expected = naive(grid, tiles, 3)
    there = {place: values for place, values in tiles.items() if values.any()}
    np.testing.assert_allclose(stream(grid, there, 3), expected, atol=1e-6)
    classes = np.where(expected.max(0) > 1e-6, expected.argmax(0), 255)
    np.testing.assert_array_equal(stream(grid, there, 3, shares=False), classes)


def test_tensors_are_blended_as_arrays_are():
    grid = MosaicGrid(40, 70, 16, 0.25)
    rng = np.random.default_rng(2)
    tiles = {
        (i, j): rng.random((5, 16, 16), dtype=np.float32)
        for i in range(len(grid.rows))
        for j in range(len(grid.cols))
        if (i + j) % 4
    }
    tensors = {place: torch.from_numpy(values) for place, values in tiles.items()}
    for shares in (True, False):
        found = stream(grid, tensors, 5, shares)
        np.testing.assert_allclose(found, stream(grid, tiles, 5, shares), atol=1e-6)


@pytest.mark.parametrize(("height", "width", "tile", "overlap"), SHAPES)
def test_tiles_cover_the_raster_and_stay_inside(height, width, tile, overlap):
    grid = MosaicGrid(height, width, tile, overlap)
    for starts, size in ((grid.rows, height), (grid.cols, width)):
        assert starts[0] == 0
        assert starts[-1] == max(size - tile, 0)
        assert all(0 < b - a <= grid.stride for a, b in itertools.pairwise(starts))


@pytest.mark.parametrize(
    ("starts", "tile", "stride"), [([0], 8, 6), ([0, 6, 9], 8, 6), ([0, 8], 8, 8)]
)
def test_weights_sum_to_one(starts, tile, stride):
    weights = blend_weights(starts, tile, stride)
    total, count = np.zeros(starts[-1] + tile), np.zeros(starts[-1] + tile)
    for start, weight in zip(starts, weights, strict=True):
        total[start : start + tile] += weight
        count[start : start + tile] += 1
    assert (weights >= 0).all()
    np.testing.assert_allclose(total, 1, atol=1e-6)
    assert (total[count == 1] == 1).all()
    assert count[0] == count[-1] == 1 or len(starts) > 1


def test_a_tile_weighs_less_towards_its_edge_and_its_margin_nothing():
    first, second = blend_weights([0, 24], 32, 24)  # 8 shared pixels: 2 are the margin
    np.testing.assert_allclose(first[24:], [1, 1, 0.875, 0.625, 0.375, 0.125, 0, 0])
    np.testing.assert_allclose(second[:8], first[:23:-1])
    assert (first[:24] == 1).all()


@pytest.mark.parametrize(
    ("sizes", "found"),
    [((0, 5, 8, 0.2), "0 x 5"), ((5, 5, 8, 0.95), "0.95"), ((5, 5, 8, -0.1), "-0.1")],
)
def test_impossible_grids_are_refused(sizes, found):
    with pytest.raises(ConfigError, match=found):
        MosaicGrid(*sizes)
