"""The HTML report: a single file that can be read offline and printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import mmda
from mmda.report.curves import Curves, charts, run_colour
from mmda.report.pictures import (
    TRUTH,
    Palette,
    Panel,
    Scene,
    background_ids,
    overlay,
    png_data_uri,
    shrink,
    tile_miou,
)
from mmda.report.reliability import BinnedPredictions, reliability_chart
from mmda.report.table import RunRow, class_names, figure, number, run_name, run_rows
from mmda.report.templates import template
from mmda.utils.files import atomic_write_text

PANEL_SIDE = 512


def write_report(
    out: Path | str,
    *,
    title: str,
    summary: Mapping[str, Any],
    curves: Mapping[str, Curves] | None = None,
    panels: Sequence[Panel] = (),
    classes: Sequence[str] = (),
    palette: Palette = (),
    scene: Scene | None = None,
    reliability: Mapping[str, BinnedPredictions] | None = None,
    parameters: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> Path:
    """Write one self-contained HTML file. Equal input gives equal bytes.

    Args:
        out: The file to write.
        title: Title of the page.
        summary: ``task``, ``seed``, ``runs.<run>.{miou, iou, f1, train_seconds}`` and ``nam``;
            IoU, F1 and NAM in percent. Runs may be missing.
        curves: Run -> loss name -> (iterations, values), see
            :func:`mmda.report.curves.read_scalars`.
        panels: Images with their masks.
        classes: Class names.
        palette: RGB 0..255 per class.
        scene: The map of a whole scene.
        reliability: Predictions of runs for labelled target tiles, in bins by confidence.
        parameters: Settings of the runs; dicts may be nested.
        notes: Paragraphs at the end of the page.

    Returns:
        ``out``.

    Raises:
        ConfigError: If matplotlib or jinja2 is missing, or the summary has no runs.
    """
    rows = run_rows(summary)
    hidden = background_ids(classes)
    page = template("report.html.j2").render(
        title=title,
        version=mmda.__version__,
        summary=summary,
        nam=number(summary.get("nam")),
        rows=rows,
        colours={row.key: run_colour(row.key, i) for i, row in enumerate(rows)},
        scale=_scale(rows),
        class_names=class_names(rows),
        charts=charts(curves or {}),
        lines=[(run_name(run), run_colour(run, i)) for i, run in enumerate(curves or {})],
        panels=[_panel(panel, palette, hidden) for panel in panels],
        legend=[
            (name, "#{:02x}{:02x}{:02x}".format(*colour))
            for index, (name, colour) in enumerate(zip(classes, palette, strict=True))
            if index not in hidden
        ],
        scene=scene
        and {
            "image": png_data_uri(scene.image),
            "overlay": png_data_uri(scene.overlay),
            "caption": scene.caption,
        },
        reliability=reliability_chart(reliability) if reliability else None,
        calibration=[
            (run_name(run), run_colour(run, i), 100 * one.ece)
            for i, (run, one) in enumerate((reliability or {}).items())
        ],
        parameters=list(_flat(parameters or {})),
        notes=notes,
    )
    atomic_write_text(out, page)
    return Path(out)


def _scale(rows: Sequence[RunRow]) -> dict[str, Any] | None:
    """Return the ends of the mIoU axis and each run's position on it, 0 to 100."""
    known = {row.key: row.miou for row in rows if row.miou is not None}
    if len(known) < 2:
        return None
    low = max(0.0, 10 * (min(known.values()) // 10))
    high = min(100.0, 10 * (max(known.values()) // 10 + 1))
    places = {key: 100 * (value - low) / (high - low) for key, value in known.items()}
    return {"low": low, "high": high, "places": places}


def _panel(panel: Panel, palette: Palette, hidden: Sequence[int]) -> dict[str, Any]:
    """Return the pictures of a panel with their captions."""
    pictures = [("image", png_data_uri(shrink(panel.image, PANEL_SIDE)), "")]
    for name, mask in panel.masks.items():
        painted = overlay(panel.image, mask, palette, transparent=hidden)
        score = ""
        if name != TRUTH and TRUTH in panel.masks:
            score = f"mIoU {figure(tile_miou(panel.masks[TRUTH], mask))}"
        pictures.append((name, png_data_uri(shrink(painted, PANEL_SIDE)), score))
    return {"title": panel.title, "pictures": pictures}


def _flat(parameters: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield ``(dotted name, value)``."""
    for key, value in parameters.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            several = isinstance(value, (list, tuple))
            yield f"{prefix}{key}", ", ".join(map(str, value)) if several else str(value)
