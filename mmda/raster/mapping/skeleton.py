"""The skeleton of a mask as paths between ends and junctions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label
from skimage.morphology import skeletonize

Pixel = tuple[float, float]  # row and column; a junction's may lie between pixels
Place = tuple[int, int]
Neighbours = dict[Place, list[Place]]
SIDES = ((-1, 0), (0, -1), (0, 1), (1, 0))
CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))


def trace_skeleton(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int, list[Pixel]]]:
    """Yield the paths of a mask's skeleton.

    Junction pixels that touch each other are one node, at their centre. A closed ring without a
    junction has a node at its first pixel.

    Args:
        mask: (H, W).

    Yields:
        Numbers of the first and the last node, and the path from one to the other, ends included.
        A single pixel, which is no line, is left out.
    """
    thin = skeletonize(mask)
    around = _neighbours(thin)
    nodes, centres = _nodes(thin, around)
    done: set[Place] = set()
    for place in [p for p in around if p in nodes]:
        for step in around[place]:
            if nodes.get(step) == nodes[place] or step in done:
                continue
            path = _follow(place, step, around, nodes)
            if path[-1] in nodes and len(path) == 2 and path[-1] < place:
                continue  # two nodes side by side, seen from the other one
            done.update(p for p in path if p not in nodes)
            yield nodes[place], nodes[path[-1]], _ended(path, nodes, centres)
    count = len(centres)
    for place in around:
        if place in nodes or place in done or not around[place]:
            continue
        ring = _follow(place, around[place][0], around, {place: count})
        done.update(ring)
        yield count, count, [(float(r), float(c)) for r, c in ring]
        count += 1


def _neighbours(thin: NDArray[np.bool_]) -> Neighbours:
    """Return the neighbours of each pixel; corners count only where no side leads there."""
    places = {(int(r), int(c)) for r, c in np.argwhere(thin)}
    found: Neighbours = {}
    for row, column in sorted(places):
        sides = [(row + r, column + c) for r, c in SIDES if (row + r, column + c) in places]
        corners = [
            (row + r, column + c)
            for r, c in CORNERS
            if (row + r, column + c) in places
            and (row + r, column) not in places
            and (row, column + c) not in places
        ]
        found[row, column] = sides + corners
    return found


def _nodes(
    thin: NDArray[np.bool_], around: Neighbours
) -> tuple[dict[Place, int], list[tuple[Pixel, bool]]]:
    """Return the node of each end or junction pixel, and each node's centre."""
    junctions = np.zeros_like(thin)
    for place, neighbours in around.items():
        junctions[place] = len(neighbours) > 2
    ids, count = label(junctions, np.ones((3, 3)))
    nodes = {place: int(ids[place]) - 1 for place in around if ids[place]}
    members: list[list[Place]] = [[] for _ in range(count)]
    for place, number in nodes.items():
        members[number].append(place)
    centres = [(_centre(group), len(group) > 1) for group in members]
    for place, neighbours in around.items():
        if len(neighbours) == 1:
            nodes[place] = len(centres)
            centres.append(((float(place[0]), float(place[1])), False))
    return nodes, centres


def _centre(group: list[Place]) -> Pixel:
    row, column = np.mean(group, axis=0)
    return float(row), float(column)


def _follow(start: Place, step: Place, around: Neighbours, nodes: dict[Place, int]) -> list[Place]:
    """Return the path from ``start`` over ``step`` to the next node."""
    path = [start, step]
    while path[-1] not in nodes:
        path.append(next(p for p in around[path[-1]] if p != path[-2]))
    return path


def _ended(
    path: list[Place], nodes: dict[Place, int], centres: list[tuple[Pixel, bool]]
) -> list[Pixel]:
    """Return a path from the centre of one node to that of the other."""
    inner: list[Pixel] = [(float(r), float(c)) for r, c in path]
    for end, at in ((0, 0), (-1, len(path))):
        centre, several = centres[nodes[path[end]]]
        if several:
            inner.insert(at if end == 0 else len(inner), centre)
    return inner
