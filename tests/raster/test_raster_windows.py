import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmda.errors import ConfigError
from mmda.raster.windows import Window, axis_starts, tile_windows


def test_edge_rules_by_hand():
    assert axis_starts(10, 4, 4, "shift") == [0, 4, 6]
    assert axis_starts(10, 4, 4, "pad") == [0, 4, 8]
    assert axis_starts(10, 4, 4, "drop") == [0, 4]
    assert axis_starts(8, 4, 4, "shift") == axis_starts(8, 4, 4, "pad") == [0, 4]
    assert axis_starts(3, 4, 4, "shift") == axis_starts(3, 4, 4, "pad") == [0]
    assert axis_starts(3, 4, 4, "drop") == []
    assert axis_starts(9, 4, 2, "shift") == [0, 2, 4, 5]


def test_no_tile_size_gives_the_whole_raster():
    assert tile_windows(7, 9, None) == [Window(0, 0, 7, 9)]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_tiles_cover_and_rebuild_the_raster(data):
    height, width = data.draw(st.integers(1, 60)), data.draw(st.integers(1, 60))
    tile = data.draw(st.integers(1, 40))
    stride = data.draw(st.integers(max(1, tile // 4), tile))
    edge = data.draw(st.sampled_from(["shift", "pad", "drop"]))
    windows = tile_windows(height, width, tile, stride, edge)
    assert len(set(windows)) == len(windows)
    raster = np.arange(height * width).reshape(height, width)
    rebuilt = np.full_like(raster, -1)
    times = np.zeros_like(raster)
    for window in windows:
        part = window.clip(height, width)
        assert part.height > 0
        assert part.width > 0
        box = (slice(part.row, part.row + part.height), slice(part.col, part.col + part.width))
        rebuilt[box] = raster[box]
        times[box] += 1
    if edge != "drop":
        np.testing.assert_array_equal(rebuilt, raster)
    else:
        covered = np.zeros_like(raster, bool)
        if height >= tile and width >= tile:
            last_row = (height - tile) // stride * stride + tile
            last_col = (width - tile) // stride * stride + tile
            covered[:last_row, :last_col] = True
        np.testing.assert_array_equal(rebuilt >= 0, covered)
    if stride == tile:
        # Only shifted-in tiles may overlap, and only the last row and column of tiles.
        rows, cols = height // tile * tile, width // tile * tile
        inner = times[: max(0, rows - tile), : max(0, cols - tile)]
        assert (inner == 1).all()
        if edge == "pad":
            assert (times == 1).all()
        if edge == "shift":
            assert times.max() <= 4


@pytest.mark.parametrize(
    ("tile", "stride", "edge", "message"),
    [(0, None, "pad", "at least 1"), (8, 9, "pad", "gaps"), (8, 8, "shft", "Did you mean `shift`")],
)
def test_impossible_tilings_are_refused(tile, stride, edge, message):
    with pytest.raises(ConfigError, match=message):
        tile_windows(20, 20, tile, stride, edge)
