"""Grids of pictures and figures as arrays and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmda.report.pictures import Palette, Picture
from mmda.utils import atomic_path
from mmda.utils.extras import require
from mmda.utils.names import plot_label

CELL = 1.8  # width of a picture in inches
DPI = 120


def group_colours(count: int) -> np.ndarray:
    """Return ``count`` colours that are easy to distinguish, (count, 3) in [0, 1]."""
    maps = require("matplotlib").colormaps
    if count <= 10:
        return np.array(maps["tab10"].colors[:count])
    if count <= 20:
        return np.array(maps["tab20"].colors[:count])
    return maps["hsv"](np.linspace(0, 1, count, endpoint=False))[:, :3]


def paint(mask: np.ndarray, palette: Palette) -> Picture:
    """Return class ids (H, W) as colours (H, W, 3); ids beyond the palette (255) are black."""
    table = np.zeros((256, 3), np.uint8)
    table[: len(palette)] = palette
    return table[mask]


def picture_grid(
    rows: Mapping[str, Mapping[str, Picture | None]], legend: Mapping[str, Sequence[int]]
) -> Any:
    """Return a matplotlib figure: a row per domain, a column per picture.

    Args:
        rows: Row title -> column title -> picture (H, W, 3) uint8, None for an empty cell. All
            rows have the same columns.
        legend: Name -> RGB 0..255 of the legend's entries; empty for no legend.
    """
    columns = list(next(iter(rows.values())))
    aspect = max(
        p.shape[0] / p.shape[1] for row in rows.values() for p in row.values() if p is not None
    )
    size = (
        CELL * len(columns) + 0.3,
        (CELL * aspect + 0.05) * len(rows) + 0.3 + 0.3 * bool(legend),
    )
    figure = require("matplotlib.figure").Figure(figsize=size, dpi=DPI, layout="constrained")
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for line, (title, pictures) in zip(grid, rows.items(), strict=True):
        for axes, picture in zip(line, pictures.values(), strict=True):
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
            if picture is not None:
                axes.imshow(picture)
        line[0].set_ylabel(title, fontsize=10)
    for axes, name in zip(grid[0], columns, strict=True):
        axes.set_title(name, fontsize=10)
    add_legend(figure, legend)
    return figure


def class_legend(meta: dict[str, Any], present: Iterable[int]) -> dict[str, Sequence[int]]:
    """Return the names and colours (RGB 0..255) of the classes that are present.

    Args:
        meta: ``classes`` and ``palette``.
        present: Class ids; 255 is ignored.
    """
    ids = sorted({int(one) for one in present if one < len(meta["classes"])})
    return {meta["classes"][one]: meta["palette"][one] for one in ids}


def add_legend(
    figure: Any, legend: Mapping[str, Sequence[int]], markers: Mapping[str, str] | None = None
) -> None:
    """Add a line of coloured names, and of grey markers, below a figure.

    Args:
        figure: A matplotlib figure.
        legend: Name -> RGB 0..255.
        markers: Name -> matplotlib's marker; the second and later ones are hollow.
    """
    patch = require("matplotlib.patches").Patch
    line = require("matplotlib.lines").Line2D
    chips = [
        patch(color=np.array(colour) / 255, label=plot_label(name))
        for name, colour in legend.items()
    ]
    for index, (name, marker) in enumerate((markers or {}).items()):
        fill = "none" if index else "0.4"
        chips.append(
            line([], [], ls="", marker=marker, color="0.4", markerfacecolor=fill, label=name)
        )
    if chips:
        columns = max(1, min(len(chips), int(figure.get_figwidth() / 1.2)))
        place = dict(loc="outside lower center", ncols=columns, frameon=False, fontsize=9)
        figure.legend(handles=chips, **place)


def figure_picture(figure: Any) -> Picture:
    """Return a matplotlib figure as (H, W, 3) uint8."""
    canvas = require("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def save_figure(figure: Any, path: Path) -> None:
    """Write a matplotlib figure in the format of the suffix (``.png``, ``.pdf``, ``.svg``)."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary)


def log_figure(figure: Any, folder: Path, tag: str, step: int) -> None:
    """Write a matplotlib figure to an event file for TensorBoard.

    Args:
        figure: A figure that was saved before, by which its layout was computed.
        folder: Folder of the event file; it may have other event files.
        tag: Name of the figure in TensorBoard.
        step: Iteration that the figure shows.
    """
    require("tensorboard", "TensorBoard's event file")
    figure.set_layout_engine("none")  # a second layout would differ from the saved one
    with require("torch.utils.tensorboard").SummaryWriter(str(folder)) as writer:
        writer.add_image(tag, figure_picture(figure), step, dataformats="HWC")
