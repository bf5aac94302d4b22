"""Average path length similarity of road graphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np
import shapely
from shapely.geometry import Point
from shapely.ops import substring

Node = Any
SNAP = 4.0
SPACING = 50.0
MOST = 500


def apls(
    truth: nx.MultiGraph,
    proposal: nx.MultiGraph,
    snap: float = SNAP,
    spacing: float = SPACING,
    most: int = MOST,
    seed: int = 0,
) -> float:
    """Return the average path length similarity of two road graphs, 0 to 1.

    After Van Etten et al. 2018 (SpaceNet), whose code takes other control points and averages over
    scenes: figures are not SpaceNet's. Control points are the nodes of one graph and points along
    its edges. Each is snapped to the other graph. For all pairs that a path connects, the lengths L
    and L' of the shortest paths in both graphs are compared: the pair costs
    ``min(1, |L - L'| / L)``, and 1 where a point is not snapped or there is no path in the other
    graph. The score of one direction is 1 minus the mean cost, and the result is the harmonic mean
    of both directions.

    Args:
        truth: Graph with ``point`` at nodes and ``line`` and ``length`` at edges, as
            :func:`~mmda.raster.mapping.road_graph.road_graph` gives it, in metres.
        proposal: The graph to be judged.
        snap: Largest distance between a control point and the other graph, in metres.
        spacing: Distance of control points along edges, in metres.
        most: Control points that are compared at most; they are drawn with ``seed``.
        seed: Seed of the drawing.

    Returns:
        The score; NaN where both graphs are empty, 0 where one is.
    """
    if not truth.number_of_edges() and not proposal.number_of_edges():
        return float("nan")
    if not truth.number_of_edges() or not proposal.number_of_edges():
        return 0.0
    one = _similarity(truth, proposal, snap, spacing, most, seed)
    other = _similarity(proposal, truth, snap, spacing, most, seed)
    return 0.0 if one + other == 0 else 2 * one * other / (one + other)


def _similarity(
    graph: nx.MultiGraph,
    other: nx.MultiGraph,
    snap: float,
    spacing: float,
    most: int,
    seed: int,
) -> float:
    """Return 1 minus the mean cost of the paths of ``graph``."""
    points = _control_points(graph, spacing)
    if len(points) > most:
        chosen = np.random.default_rng(seed).choice(len(points), most, replace=False)
        points = [points[i] for i in sorted(chosen)]
    own, own_nodes = _with_points(graph, points, np.inf)
    snapped, found = _with_points(other, points, snap)
    costs = []
    for i, start in enumerate(own_nodes):
        lengths = nx.single_source_dijkstra_path_length(own, start, weight="length")
        there: dict[Node, float] = {}
        if found[i] is not None:
            there = nx.single_source_dijkstra_path_length(snapped, found[i], weight="length")
        for end, end_there in zip(own_nodes[i + 1 :], found[i + 1 :], strict=True):
            length = lengths.get(end, 0.0)
            if length <= 0:  # no path, or the same place
                continue
            path = None if end_there is None else there.get(end_there)
            costs.append(1.0 if path is None else min(1.0, abs(length - path) / length))
    if not costs:  # such as a ring with one control point
        return float(np.mean([node is not None for node in found]))
    return 1 - float(np.mean(costs))


def _control_points(graph: nx.MultiGraph, spacing: float) -> list[Point]:
    points = [Point(graph.nodes[node]["point"]) for node in sorted(graph.nodes)]
    for _, _, edge in sorted(graph.edges(data=True), key=lambda edge: edge[:2]):
        count = int(edge["length"] // spacing)
        shares = np.arange(1, count + 1) / (count + 1)
        points += [edge["line"].interpolate(share, normalized=True) for share in shares]
    return points


def _with_points(
    graph: nx.MultiGraph, points: Sequence[Point], snap: float
) -> tuple[nx.Graph, list[Node | None]]:
    """Return a graph with further nodes at the nearest places to points, and these nodes.

    Of parallel edges the shortest is kept, as no shortest path takes another.
    """
    edges = list(graph.edges(keys=True, data=True))
    lines = [edge["line"] for *_, edge in edges]
    nearest, distances = shapely.STRtree(lines).query_nearest(
        points, return_distance=True, all_matches=False
    )
    on_edge: dict[int, list[tuple[float, int]]] = {}
    found: list[Node | None] = [None] * len(points)
    for (index, edge), distance in zip(nearest.T, distances, strict=True):
        if distance <= snap:
            on_edge.setdefault(int(edge), []).append(
                (lines[edge].project(points[index]), int(index))
            )
    split: nx.Graph = nx.Graph()
    split.add_nodes_from(graph.nodes)
    for number, (start, end, _, edge) in enumerate(edges):
        first, last = min(start, end), max(start, end)
        before, at = ("node", first), 0.0
        for place, index in sorted(on_edge.get(number, [])):
            node = ("point", index)
            _shorten(split, before, node, _length(edge["line"], at, place))
            found[index], before, at = node, node, place
        _shorten(split, before, ("node", last), _length(edge["line"], at, edge["line"].length))
    return split, found


def _length(line: shapely.LineString, start: float, end: float) -> float:
    return float(substring(line, start, end).length)


def _shorten(graph: nx.Graph, one: Node, other: Node, length: float) -> None:
    """Add an edge, unless there is a shorter one."""
    if not graph.has_edge(one, other) or graph.edges[one, other]["length"] > length:
        graph.add_edge(one, other, length=length)
