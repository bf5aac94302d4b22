"""Parts of a mask that may go on below, and those that are complete."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from mmda.raster.mapping.polygons.corners import find_corners
from mmda.raster.mapping.polygons.runs import Ints, find_runs, find_touching

BAND = 2**22
"""Parts are handed out together by bands of rows of so many pixels, whatever the blocks."""


@dataclass(frozen=True)
class Table:
    """Parts: pixels of one class that hang together along their sides.

    Attributes:
        value: Class.
        pixels: Number of pixels.
        first: Number of the first pixel in reading order, in the whole mask.
        last: Last row.
        object: Parts of equal number are one object.
        cluster: Parts of equal number are complete together.
        sure: Sum of the confidence over the pixels that have one.
        rated: Number of the pixels that have one.
    """

    value: Ints
    pixels: Ints
    first: Ints
    last: Ints
    object: Ints
    cluster: Ints
    sure: Ints
    rated: Ints

    def __len__(self) -> int:
        return len(self.value)

    def __getitem__(self, which: NDArray) -> Table:
        return Table(*(getattr(self, field.name)[which] for field in fields(self)))

    @classmethod
    def empty(cls) -> Table:
        """Return a table of no parts."""
        return cls(*(np.zeros(0, np.int64) for _ in fields(cls)))


@dataclass(frozen=True)
class Complete:
    """Complete parts with their corners; ``part`` is the number of each corner's part."""

    table: Table
    part: Ints
    x: Ints
    y: Ints


class Parts:
    """Gathers the parts of a mask from its blocks of rows.

    Args:
        width: Columns of the mask.
        diagonal: Whether parts that touch at a corner are one object.
        clusters: Whether parts that touch, of different classes too, are complete together.
    """

    def __init__(self, width: int, *, diagonal: bool, clusters: bool) -> None:
        self._diagonal, self._clusters = diagonal, clusters
        self._above = np.zeros((1, width), np.uint8)  # the last row so far
        self._of_above: Ints = np.zeros(0, np.int64)  # the parts of its runs
        self._rows = 0
        self._band = max(1, BAND // width)
        self.open = Table.empty()
        self._corners: Ints = np.zeros((3, 0), np.int64)  # part, x and y

    def push(
        self, values: NDArray[np.uint8], confidence: NDArray[np.uint8] | None = None
    ) -> Iterator[Complete]:
        """Add rows and yield what is complete.

        Args:
            values: (n, W), class of each pixel; 0 belongs to no part.
            confidence: (n, W), 0 to 254, 255 for none.
        """
        values = np.concatenate([self._above, values])
        across = np.ones((len(values), values.shape[1] + 1), bool)
        across[:, 0], across[:, -1] = values[:, 0] != 0, values[:, -1] != 0
        np.not_equal(values[:, 1:], values[:, :-1], out=across[:, 1:-1])
        down = np.pad(values[1:] != values[:-1], ((0, 0), (1, 1)))
        runs = find_runs(values, across)
        touching = find_touching(runs)
        known = len(self._of_above)
        node = np.append(self._of_above, len(self.open) + np.arange(len(runs) - known))
        total = len(self.open) + len(runs) - known
        part = _components(total, node[touching.sides])

        new = Table(
            value=runs.value[known:].astype(np.int64),
            pixels=(runs.end - runs.start)[known:],
            first=((runs.row + self._rows - 1) * runs.width + runs.start)[known:],
            last=(runs.row + self._rows - 1)[known:],
            object=np.arange(known, len(runs)) + len(self.open),
            cluster=np.arange(known, len(runs)) + len(self.open),
            **_confidence(confidence, runs.row[known:] - 1, runs.start[known:], runs.end[known:]),
        )
        self.open = _merged(self.open, new, part)
        of_run = part[node]
        diagonal, others = (of_run[pairs] for pairs in (touching.corners, touching.others))
        objects = diagonal if self._diagonal else diagonal[:0]
        clusters = np.concatenate([diagonal, others]) if self._clusters else objects
        self.open = replace(
            self.open,
            object=_grouped(self.open.object, objects),
            cluster=_grouped(self.open.cluster, clusters),
        )
        corners = find_corners(values, across, down)
        more = [of_run[runs.at(corners.row, corners.column)], corners.x]
        more.append(corners.y + 2 * (self._rows - 1))
        self._corners[0] = part[self._corners[0]]
        self._corners = np.concatenate([self._corners, np.stack(more)], axis=1)
        self._above, self._of_above = values[-1:], of_run[runs.row == len(values) - 1]
        self._rows += len(values) - 1
        yield from self._complete((self._rows - 1) // self._band * self._band)

    def finish(self) -> Iterator[Complete]:
        """Yield what is left when the last row was added."""
        yield from self.push(np.zeros_like(self._above))
        yield from self._complete(self._rows)

    def _complete(self, end: int) -> Iterator[Complete]:
        """Yield the clusters that end above row ``end``, band by band."""
        last = np.zeros(self.open.cluster.max(initial=-1) + 1, np.int64)
        np.maximum.at(last, self.open.cluster, self.open.last)
        band = last[self.open.cluster] // self._band
        ready = last[self.open.cluster] < end
        for number in np.unique(band[ready]):
            yield self._taken(ready & (band == number))
        if ready.any():
            rest = self._taken(~ready)
            renumbered = np.cumsum(~ready) - 1
            self.open = rest.table
            self._corners = np.stack([rest.part, rest.x, rest.y])
            self._of_above = renumbered[self._of_above]

    def _taken(self, which: NDArray[np.bool_]) -> Complete:
        """Return some of the parts, numbered anew."""
        mine = which[self._corners[0]]
        part, x, y = self._corners[:, mine]
        table = self.open[which]
        table = replace(
            table,
            object=np.unique(table.object, return_inverse=True)[1],
            cluster=np.unique(table.cluster, return_inverse=True)[1],
        )
        return Complete(table, (np.cumsum(which) - 1)[part], x, y)


def _components(count: int, pairs: Ints) -> Ints:
    """Number things from 0 such that those that pairs join have one number."""
    graph = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _grouped(group: Ints, pairs: Ints) -> Ints:
    """Join groups of parts whose members pairs join."""
    count = int(group.max(initial=-1)) + 1
    return _components(count, group[pairs])[group]


def _merged(table: Table, new: Table, part: Ints) -> Table:
    """Return the table of merged parts; ``part`` is the new number of each old and new one."""
    both = {f.name: np.concatenate([getattr(table, f.name), getattr(new, f.name)])
            for f in fields(Table)}  # fmt: skip
    count = int(part.max(initial=-1)) + 1

    def summed(name: str) -> Ints:
        return np.bincount(part, both[name], count).astype(np.int64)

    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, part, both["first"])
    last = np.zeros(count, np.int64)
    np.maximum.at(last, part, both["last"])
    value = np.zeros(count, np.int64)
    value[part] = both["value"]
    # Parts of several groups that have become one join these groups.
    objects, clusters = (_joined(both[name], part, count) for name in ("object", "cluster"))
    return Table(
        value, summed("pixels"), first, last, objects, clusters, summed("sure"), summed("rated")
    )


def _joined(group: Ints, part: Ints, count: int) -> Ints:
    """Return the group of each merged part, when groups that share a part are one."""
    top = int(group.max(initial=-1)) + 1
    pairs = np.stack([group, top + part], axis=1)
    found = np.unique(_components(top + count, pairs)[top:], return_inverse=True)[1]
    return found.astype(np.int64)


def _confidence(
    confidence: NDArray[np.uint8] | None, row: Ints, start: Ints, end: Ints
) -> dict[str, Ints]:
    """Return the sum of the confidence in each run, and in how many pixels there is one."""
    if confidence is None or not len(row):
        return {name: np.zeros(len(row), np.int64) for name in ("sure", "rated")}
    width = confidence.shape[1]
    edges = np.stack([row * width + start, row * width + end], axis=1).ravel()

    def summed(values: NDArray) -> Ints:
        flat = np.append(values.ravel(), 0).astype(np.int64)  # an edge may be the very end
        return np.add.reduceat(flat, edges)[::2]

    valid = confidence != 255
    return {"sure": summed(np.where(valid, confidence, 0)), "rated": summed(valid)}
