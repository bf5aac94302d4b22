"""Metrics of maps against slow, obvious ones and cases worked out by hand."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from mmda.evaluation.apls import apls
from mmda.evaluation.bootstrap import draws, interval
from mmda.evaluation.boundary import boundary_band, boundary_counts
from mmda.evaluation.objects import object_counts
from mmda.evaluation.relaxed import relaxed_counts
from mmda.raster.mapping.road_graph import RoadGraphOptions, road_graph

EXACT = RoadGraphOptions(spur=0, gap=0, smooth=0)


def masks(seed: int, size: int = 12):
    """Return a prediction, a label and pixels that do not count: blobs, not noise."""
    rng = np.random.default_rng(seed)
    smooth = [ndimage.gaussian_filter(rng.normal(size=(size, size)), 1.5) for _ in range(3)]
    return smooth[0] > 0, smooth[0] + 0.7 * smooth[1] > 0, smooth[2] > 0.25


def near(mask, radius, sides=(1, 1)):
    """Return which pixels have one of ``mask`` within a radius, by looking at all pairs."""
    found = np.zeros_like(mask)
    for r, c in np.argwhere(mask):
        for i, j in np.ndindex(*mask.shape):
            distance = np.hypot((i - r) * sides[0], (j - c) * sides[1])
            found[i, j] |= distance <= radius
    return found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(2, 4), st.sampled_from([(1, 1), (2, 1), (0.5, 1.5)]))
def test_bands_along_outlines_equal_those_of_all_pairs(seed, width, sides):
    prediction, label, unknown = masks(seed)
    bands = [m & ~unknown & near(~m & ~unknown, width, sides) for m in (prediction, label)]
    found = boundary_counts(prediction, label, width, unknown, sides)
    assert found == ((bands[0] & bands[1]).sum(), (bands[0] | bands[1]).sum())


def test_the_edge_of_the_image_is_no_outline():
    mask = np.zeros((8, 8), bool)
    mask[:, :4] = True
    assert boundary_band(mask, 1).sum() == 8  # the fourth column alone


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 4), st.sampled_from([(1, 1), (2, 1)]))
def test_relaxed_counts_equal_those_of_all_pairs(seed, radius, sides):
    prediction, label, unknown = masks(seed)
    one, other = prediction & ~unknown, label & ~unknown
    expected = ((one & near(other, radius, sides)).sum(), one.sum(),
                (other & near(one, radius, sides)).sum(), other.sum())  # fmt: skip
    assert relaxed_counts(prediction, label, radius, unknown, sides) == expected


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_objects_equal_those_of_all_pairs(seed):
    prediction, label, unknown = masks(seed, 24)
    sides = []
    for mask in (prediction & ~unknown, label & ~unknown):
        ids, count = ndimage.label(mask, np.ones((3, 3)))
        sides.append([set(map(tuple, np.argwhere(ids == i + 1))) for i in range(count)])
    hits = sum(
        any(len(a & b) / len(a | b) >= 0.5 for b in sides[1]) for a in sides[0]
    )  # above a half no two objects match the same one
    found = object_counts(prediction, label, unknown)
    assert found == (hits, len(sides[0]), hits, len(sides[1]))


def test_small_objects_and_ties():
    label = np.zeros((10, 20), bool)
    label[2:6, 2:6], label[8, 8] = True, True
    prediction = np.zeros_like(label)
    prediction[2:6, 2:4] = True  # half of the object
    prediction[2:6, 5:7] = True
    nothing = np.zeros_like(label)
    assert object_counts(prediction, label, nothing) == (1, 2, 1, 2)
    assert object_counts(prediction, label, nothing, least=0.51) == (0, 2, 0, 2)
    assert object_counts(prediction, label, nothing, min_area=2) == (1, 2, 1, 1)
    assert object_counts(nothing, nothing, nothing) == (0, 0, 0, 0)


def test_a_crossing_is_four_roads_of_known_length_and_width():
    mask = np.zeros((100, 120), bool)
    mask[48:53] = mask[:, 58:63] = True
    graph = road_graph(mask, (0.5, 0.5), EXACT)
    assert sorted(dict(graph.degree).values()) == [1, 1, 1, 1, 4]
    (centre,) = (graph.nodes[n]["point"] for n in graph if graph.degree(n) == 4)
    assert centre == pytest.approx((30.25, 25.25), abs=0.5)
    for _, _, edge in graph.edges(data=True):
        assert edge["width"] == pytest.approx(2.5, abs=0.7)  # five pixels
        assert min(abs(edge["length"] - 30), abs(edge["length"] - 25)) < 2.5
        first, last = edge["line"].coords[0], edge["line"].coords[-1]
        assert edge["length"] == pytest.approx(np.hypot(*np.subtract(first, last)), rel=0.05)


def test_a_ring_has_its_circumference():
    rows, columns = np.mgrid[:100, :100]
    distance = np.hypot(rows - 50, columns - 50)
    graph = road_graph((distance > 25) & (distance < 31), (1, 1), RoadGraphOptions(5, 0, 0.5))
    ((_, _, edge),) = graph.edges(data=True)
    assert edge["length"] == pytest.approx(2 * np.pi * 28, rel=0.05)
    assert edge["line"].is_closed


def test_spurs_go_and_gaps_are_bridged_where_roads_point_at_each_other():
    mask = np.zeros((60, 200), bool)
    mask[28:33, :90] = mask[28:33, 98:] = True  # a gap of 8 pixels, some more between centre lines
    mask[20:28, 50:53] = True  # a driveway
    apart = road_graph(mask, (1, 1), RoadGraphOptions(0, 0, 1))
    assert nx.number_connected_components(apart) == 2 and apart.number_of_edges() == 4
    whole = road_graph(mask, (1, 1), RoadGraphOptions(12, 15, 1))
    ((_, _, edge),) = whole.edges(data=True)
    assert edge["length"] == pytest.approx(196, abs=5)
    assert nx.number_connected_components(road_graph(mask, (1, 1), RoadGraphOptions(12, 5, 1))) == 2
    beside = np.zeros((60, 200), bool)
    beside[10:15, :90] = beside[40:45, 95:] = True
    assert road_graph(beside, (1, 1), RoadGraphOptions(5, 40, 1)).number_of_edges() == 2
    assert not road_graph(np.zeros((9, 9), bool), (1, 1))


def line_graph(*lines):
    """Return a graph of straight roads; ends at one place are one node."""
    graph, places = nx.MultiGraph(), {}
    for line in lines:
        one, other = (places.setdefault(point, len(places)) for point in (line[0], line[-1]))
        for node, point in ((one, line[0]), (other, line[-1])):
            graph.add_node(node, point=point)
        shape = shapely.LineString(line if one <= other else line[::-1])
        graph.add_edge(one, other, line=shape, length=shape.length, width=5.0)
    return graph


def test_path_lengths_by_hand():
    road = line_graph(((0.0, 0.0), (100.0, 0.0)), ((100.0, 0.0), (100.0, 100.0)))
    assert apls(road, road) == 1
    assert apls(road, line_graph(((0.0, 200.0), (9.0, 200.0)))) == 0
    ring = line_graph(((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 0.0)))
    far = line_graph(((500.0, 0.0), (509.0, 0.0), (509.0, 9.0), (500.0, 0.0)))
    assert apls(ring, ring) == 1 and apls(ring, far) == 0  # each has one control point
    assert apls(road, nx.MultiGraph()) == 0 and np.isnan(apls(nx.MultiGraph(), nx.MultiGraph()))
    # Control points: three nodes. The proposal lacks the second road. Truth to proposal: of the
    # pairs (0, 100), (0, corner), (100, corner) the first is the same, two have no path: 1/3. The
    # other way the one pair is the same: 1. The harmonic mean of 1/3 and 1 is 1/2.
    half = line_graph(((0.0, 0.0), (100.0, 0.0)))
    assert apls(road, half, spacing=1000) == pytest.approx(0.5)
    assert apls(half, road, spacing=1000) == pytest.approx(0.5)
    # A detour of 100 by way of (50, 40): length 2 * sqrt(50^2 + 40^2) = 128.06, cost 0.2806. Its
    # bend is no control point. Both directions: 1 - 28.06 / 100 and 1 - 28.06 / 128.06.
    detour = line_graph(((0.0, 0.0), (50.0, 40.0), (100.0, 0.0)))
    costs = [1 - 28.0625 / 100, 1 - 28.0625 / 128.0625]
    expected = 2 * costs[0] * costs[1] / sum(costs)
    assert apls(half, detour, spacing=1000) == pytest.approx(expected, abs=1e-4)


def test_control_points_are_snapped_to_the_middle_of_roads():
    long = line_graph(((0.0, 0.0), (90.0, 0.0)))
    parts = line_graph(((0.0, 3.0), (30.0, 3.0)), ((30.0, 3.0), (90.0, 3.0)))
    assert apls(long, parts, spacing=20) == pytest.approx(1)
    assert apls(long, parts, spacing=20, snap=2) == 0


def test_a_street_grid_without_a_street():
    mask = np.zeros((400, 400), bool)
    for k in (50, 150, 250, 350):
        mask[k - 2 : k + 3] = mask[:, k - 2 : k + 3] = True
    whole = road_graph(mask, (1, 1))
    cut = mask.copy()
    cut[148:153, 170:230] = False
    broken = road_graph(cut, (1, 1))
    assert apls(whole, whole) == 1
    assert 0.85 < apls(whole, broken) < 0.99
    assert apls(whole, broken, most=10) == apls(whole, broken, most=10)


def test_bootstrap_draws_and_intervals():
    drawn = draws(4, 2000, seed=0)
    assert (drawn.sum(1) == 4).all() and drawn.mean(0) == pytest.approx(np.ones(4), abs=0.1)
    values = np.stack([np.arange(101.0), np.full(101, np.nan)], 1)
    ends = interval(values, 0.9)
    assert ends[:, 0].tolist() == pytest.approx([5, 95]) and np.isnan(ends[:, 1]).all()
    # The mean of n numbers of deviation 1 has an interval of about 2 * 1.96 / sqrt(n).
    sample = np.random.default_rng(1).normal(size=100)
    low, high = interval(draws(100, 2000, 2) @ sample / 100, 0.95)
    assert high - low == pytest.approx(2 * 1.96 * sample.std() / 10, rel=0.1)
