"""Centre lines of roads as a graph."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from mmda.errors import ConfigError
from mmda.raster.mapping.skeleton import Pixel, trace_skeleton

STRAIGHT = math.cos(math.radians(45))
"""A gap is bridged where both roads go on towards each other within this angle."""


@dataclass(frozen=True)
class RoadGraphOptions:
    """How a mask becomes a graph; all lengths in metres.

    Attributes:
        spur: Dead ends that are shorter, and roads on their own that are, are left out.
        gap: Ends that are at most so far apart are joined, where both point at each other.
        smooth: Tolerance by which lines are simplified.

    Raises:
        ConfigError: When a length is negative.
    """

    spur: float = 10.0
    gap: float = 10.0
    smooth: float = 1.0

    def __post_init__(self) -> None:
        for name in ("spur", "gap", "smooth"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(
                    f"Road graph: expected `{name}` in metres, 0 or more, but got "
                    f"{getattr(self, name)}."
                )


DEFAULT = RoadGraphOptions()


def road_graph(
    mask: NDArray[np.bool_], pixel: tuple[float, float], options: RoadGraphOptions = DEFAULT
) -> nx.MultiGraph:
    """Return the centre lines of a road mask as a graph in metres.

    The mask is thinned to a skeleton; its ends and junctions are the nodes.

    Args:
        mask: Road pixels, (H, W).
        pixel: Width and height of a pixel in metres on the ground.
        options: Spurs, gaps and smoothing.

    Returns:
        A multigraph. Nodes have ``point``, (x, y) in metres from the upper left corner of the
        raster, y downwards. Edges have ``line``, a ``LineString`` in the same coordinates from the
        smaller to the larger node, ``length`` and mean ``width`` in metres.
    """
    graph: nx.MultiGraph = nx.MultiGraph()
    if not mask.any():
        return graph
    scale = np.array(pixel, float)
    widths = 2 * distance_transform_edt(mask, sampling=(pixel[1], pixel[0]))
    for start, end, path in trace_skeleton(mask):
        _add_edge(graph, start, end, path, scale, widths)
    _prune(graph, options.spur)
    _bridge(graph, options.gap)
    _join_through(graph)
    for _, _, edge in graph.edges(data=True):
        edge["line"] = shapely.simplify(edge["line"], options.smooth)
        edge["length"] = float(edge["line"].length)
    return nx.convert_node_labels_to_integers(graph, ordering="sorted")


def _add_edge(
    graph: nx.MultiGraph,
    start: int,
    end: int,
    path: list[Pixel],
    scale: NDArray[np.float64],
    widths: NDArray[np.float64],
) -> None:
    rows, columns = np.array(path).T
    points = np.stack([columns + 0.5, rows + 0.5], axis=1) * scale
    inside = np.round(np.array(path)).astype(int)
    width = float(np.mean(widths[inside[:, 0], inside[:, 1]]))
    for node, point in ((start, points[0]), (end, points[-1])):
        graph.add_node(node, point=tuple(map(float, point)))
    _connect(graph, start, end, shapely.LineString(points), width)


def _connect(
    graph: nx.MultiGraph, start: int, end: int, line: shapely.LineString, width: float
) -> None:
    """Add an edge whose line leads from the smaller to the larger node."""
    if start > end:
        line = line.reverse()
    graph.add_edge(start, end, line=line, length=float(line.length), width=width)


def _prune(graph: nx.MultiGraph, spur: float) -> None:
    """Remove short dead ends, the shortest first; roads that they divided become one again."""
    waiting = [entry for node in graph.nodes for entry in _dead_ends(graph, node, spur)]
    heapq.heapify(waiting)
    while waiting:
        length, one, other, key = heapq.heappop(waiting)
        if not graph.has_edge(one, other, key) or graph.edges[one, other, key]["length"] != length:
            continue
        graph.remove_edge(one, other, key)
        for node in {one, other}:
            if not graph.degree(node):
                graph.remove_node(node)
                continue
            ends = _join_at(graph, node) or (node,)
            for entry in (entry for end in ends for entry in _dead_ends(graph, end, spur)):
                heapq.heappush(waiting, entry)


def _dead_ends(graph: nx.MultiGraph, node: int, spur: float) -> list[tuple[float, int, int, int]]:
    """Return length and name of the edges at a node that are short and lead nowhere."""
    return [
        (edge["length"], one, other, key)
        for one, other, key, edge in graph.edges(node, keys=True, data=True)
        if edge["length"] < spur and 1 in (graph.degree(one), graph.degree(other))
    ]


def _join_through(graph: nx.MultiGraph) -> None:
    """Make one edge of the two at each node where nothing else meets."""
    for node in sorted(graph.nodes):
        _join_at(graph, node)


def _join_at(graph: nx.MultiGraph, node: int) -> tuple[int, int] | None:
    """Make one edge of the two at a node, where nothing else meets there; return its ends."""
    ends = list(graph.edges(node, keys=True, data=True))
    if graph.degree(node) != 2 or len(ends) != 2:  # a loop has one edge
        return None
    (_, one, first, a), (_, other, second, b) = ends
    before = _from(a["line"], node, one).reverse()
    after = _from(b["line"], node, other)
    line = shapely.LineString([*before.coords, *after.coords[1:]])
    total = a["length"] + b["length"]
    width = (a["length"] * a["width"] + b["length"] * b["width"]) / max(total, 1e-12)
    graph.remove_edge(node, one, first)
    graph.remove_edge(node, other, second)
    graph.remove_node(node)
    if one == other:
        graph.add_edge(one, one, line=line, length=float(line.length), width=width)
    else:
        _connect(graph, one, other, line, width)
    return one, other


def _from(line: shapely.LineString, node: int, other: int) -> shapely.LineString:
    """Return the line of an edge, which leads from the smaller node, as it leads from ``node``."""
    return line if node <= other else line.reverse()


def _bridge(graph: nx.MultiGraph, gap: float) -> None:
    """Join dead ends that are near and point at each other, the nearest first."""
    ends = [node for node in sorted(graph.nodes) if graph.degree(node) == 1]
    for _, one, other, width in sorted(_gaps(graph, ends, gap)):
        if graph.degree(one) == 1 and graph.degree(other) == 1:
            points = [graph.nodes[node]["point"] for node in (one, other)]
            _connect(graph, one, other, shapely.LineString(points), width)


def _gaps(
    graph: nx.MultiGraph, ends: list[int], gap: float
) -> Iterator[tuple[float, int, int, float]]:
    """Yield distance, nodes and width of the gaps that may be bridged."""
    if len(ends) < 2 or not gap:
        return
    points = np.array([graph.nodes[node]["point"] for node in ends])
    tree = shapely.STRtree(shapely.points(points))
    pairs = tree.query(shapely.points(points), predicate="dwithin", distance=gap)
    for i, j in pairs.T[pairs[0] < pairs[1]]:
        one, other = ends[i], ends[j]
        if graph.has_edge(one, other):
            continue
        step = points[j] - points[i]
        distance = float(np.hypot(*step))
        (heading, width), (back, other_width) = (_heading(graph, n) for n in (one, other))
        towards = step / max(distance, 1e-12)
        if heading @ towards >= STRAIGHT and back @ -towards >= STRAIGHT:
            yield distance, one, other, (width + other_width) / 2


def _heading(graph: nx.MultiGraph, end: int) -> tuple[NDArray[np.float64], float]:
    """Return in which direction a road would go on beyond its end, and its width."""
    ((_, other, edge),) = graph.edges(end, data=True)
    line = _from(edge["line"], end, other)
    back = line.interpolate(min(line.length, max(2 * edge["width"], 5.0)))
    step = np.array(line.coords[0]) - np.array(back.coords[0])
    return step / max(float(np.hypot(*step)), 1e-12), edge["width"]
