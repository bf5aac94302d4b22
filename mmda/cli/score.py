"""``mmda score MAPS TRUTH``: how good maps are."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.api.scoring import score
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.evaluation.options import ScoreOptions
from mmda.utils.files import atomic_write_text, check_writable
from mmda.utils.names import markdown_cell

if TYPE_CHECKING:
    from mmda.evaluation.score import MapScores

SHOWN = (
    "IoU", "F1", "precision", "recall", "boundary IoU", "relaxed F1", "object F1",
)  # fmt: skip


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda score``."""
    parser = argparse.ArgumentParser(
        prog="mmda score",
        description="Score maps against the truth, over all scenes together, city by city (scenes "
        "whose names differ in a number at the end) and scene by scene, with bootstrap intervals "
        "over scenes.",
    )
    parser.add_argument("maps", help="a mask, or a folder of masks (.tif)")
    parser.add_argument("truth", help="the true mask or layer, or a folder of them")
    parser.add_argument("--classes", nargs="+", help="names of the classes [those of the maps]")
    parser.add_argument("--out", type=Path, help="also write all scores to this JSON file")
    add_options(parser, ScoreOptions)
    return parser


def main(argv: Sequence[str]) -> int:
    """Score and print a table.

    Args:
        argv: The command line without ``mmda score``.

    Returns:
        0 when the maps are scored.
    """
    args = build_parser().parse_args(argv)
    if args.out:
        check_writable(args.out)
    options = ScoreOptions(**given_options(args, ScoreOptions))
    found = score(args.maps, args.truth, options, classes=args.classes)
    print(format_scores(found))
    if args.out:
        atomic_write_text(args.out, json.dumps(found.to_json(), indent=1))
    return 0


def format_scores(found: MapScores) -> str:
    """Return the scores as Markdown: a row per class, and the IoU of each scene below."""
    lines = [
        f"{len(found.scenes)} scenes, in percent"
        + ("" if len(found.scenes) < 2 else "; in brackets the interval over scenes drawn anew"),
        "",
        "| class | " + " | ".join(SHOWN) + " |",
        "|---" * (len(SHOWN) + 1) + "|",
    ]
    for index, name in enumerate(found.classes):
        cells = [
            _cell(found.pooled[kind][index], *found.intervals[kind][:, index]) for kind in SHOWN
        ]
        lines.append(f"| {markdown_cell(name)} | " + " | ".join(cells) + " |")
    if found.apls is not None:
        lines += ["", f"path length similarity (APLS): {_cell(*found.apls)}"]
    if found.cities:
        lines += _parts("city", found.cities, found.per_city["IoU"], found.classes)
    if len(found.scenes) > 1:
        lines += _parts("scene", found.scenes, found.per_scene["IoU"], found.classes)
    return "\n".join(lines)


def _parts(
    kind: str, names: Sequence[str], scores: Iterable[Iterable[float]], classes: Sequence[str]
) -> list[str]:
    """Return a table with the IoU of every class in each scene or city."""
    lines = ["", f"| {kind} | " + " | ".join(f"IoU, {name}" for name in classes) + " |"]
    lines.append("|---" * (len(classes) + 1) + "|")
    for name, values in zip(names, scores, strict=True):
        cells = [_cell(value, math.nan, math.nan) for value in values]
        lines.append(f"| {markdown_cell(name)} | " + " | ".join(cells) + " |")
    return lines


def _cell(value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:.1f}" + (f" ({low:.1f} to {high:.1f})" if math.isfinite(low) else "")
