"""The grid of tile windows over a raster."""

from __future__ import annotations

from typing import NamedTuple

from rasterio.windows import Window as RasterioWindow

from mmda.errors import ConfigError, check_choice

EDGES = ("shift", "pad", "drop")


class Window(NamedTuple):
    """A rectangle of pixels: ``row`` and ``col`` of its top-left pixel, then its size."""

    row: int
    col: int
    height: int
    width: int

    def clip(self, height: int, width: int) -> Window:
        """Return the part that lies inside a raster of ``height`` x ``width`` pixels."""
        return Window(
            self.row,
            self.col,
            min(self.height, height - self.row),
            min(self.width, width - self.col),
        )

    def as_rasterio(self) -> RasterioWindow:
        """Return the window as rasterio has it."""
        return RasterioWindow(self.col, self.row, self.width, self.height)

    @property
    def slices(self) -> tuple[slice, slice]:
        """The rows and columns, to index an array with."""
        return slice(self.row, self.row + self.height), slice(self.col, self.col + self.width)


def axis_starts(length: int, tile: int, stride: int, edge: str) -> list[int]:
    """Return the first pixel of every tile along one axis.

    Tiles start at 0, ``stride``, 2 ``stride``, ... What happens at the far edge:

    - ``shift``: the last tile is moved back so that it ends with the raster. Every pixel is
      covered, and only the moved tile overlaps its neighbour by more than ``tile - stride``.
    - ``pad``: the last tile reaches over the edge and is padded. Every pixel is covered, and no
      overlap exceeds ``tile - stride``.
    - ``drop``: tiles that would reach over the edge are left out, and so are their pixels.

    A raster smaller than one tile gives one padded tile (``shift``, ``pad``) or none (``drop``).

    Args:
        length: Size of the raster in pixels, at least 1.
        tile: Size of a tile in pixels.
        stride: Step between tiles in pixels, 1..``tile``.
        edge: ``shift``, ``pad`` or ``drop``.
    """
    check_tiling(tile, stride, edge)
    whole = list(range(0, length - tile + 1, stride))
    if edge == "drop":
        return whole
    if whole and whole[-1] + tile == length:
        return whole
    if edge == "pad" or not whole:
        return [*whole, len(whole) * stride]
    return [*whole, length - tile]


def tile_windows(
    height: int, width: int, tile: int | None, stride: int | None = None, edge: str = "shift"
) -> list[Window]:
    """Return the tile windows of a raster, row by row.

    Args:
        height: Height of the raster in pixels.
        width: Width of the raster in pixels.
        tile: Height and width of a tile in pixels; ``None`` gives one window, the whole raster.
        stride: Step between tiles in pixels, 1..``tile``; ``tile`` by default.
        edge: See :func:`axis_starts`.

    Returns:
        Windows of exactly ``tile`` x ``tile`` pixels; with padding they reach over the edge.

    Raises:
        ConfigError: When the tile size, stride or edge rule is impossible.
    """
    if tile is None:
        return [Window(0, 0, height, width)]
    stride = tile if stride is None else stride
    columns = axis_starts(width, tile, stride, edge)
    return [
        Window(row, col, tile, tile)
        for row in axis_starts(height, tile, stride, edge)
        for col in columns
    ]


def check_tiling(tile: int | None, stride: int | None, edge: str) -> None:
    """Raise a :class:`ConfigError` for a tiling that cannot be."""
    check_choice("edge rule", edge, EDGES)
    if tile is None:
        return
    if tile < 1:
        raise ConfigError(f"The tile size must be at least 1 pixel, but got {tile}.")
    if stride is not None and not 1 <= stride <= tile:
        raise ConfigError(
            f"The stride must lie in 1..{tile} (the tile size), but got {stride}: "
            "a larger stride would leave gaps between tiles."
        )
