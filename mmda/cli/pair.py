"""``mmda pair``: make a transfer task from two tiled datasets."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence

from mmda.api.pairing import PairResult, pair
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.errors import ConfigError
from mmda.pairing.classes import parse_renames
from mmda.pairing.options import PairOptions
from mmda.pairing.presets import PRESETS
from mmda.raster.dataset.measured_shift import MeasuredShift

DESCRIPTION = """Make a transfer task from two tiled datasets.

OUT gets dataset.py (the data of a training config), source_only.py, adapted.py and target_only.py
(ready to train, where they apply) and pair.json (classes, splits, statistics, ground overlap).
Nothing is copied: the configs refer to the tiled folders.

With --preset the folders may be left out; they are then those of $MMDA_DATA_ROOT (or `data`).
"""


def main(argv: Sequence[str]) -> int:
    """Pair two tiled datasets and print a summary."""
    args = build_parser().parse_args(argv)
    source, target, out = _folders(args.folders, args.preset)
    options = PairOptions(**given_options(args, PairOptions), renames=parse_renames(args.map))
    print_summary(pair(source, target, out, options))
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda pair",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="mmda pair [options] SOURCE TARGET OUT | --preset NAME [SOURCE TARGET] OUT",
    )
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help=argparse.SUPPRESS)
    add_options(parser, PairOptions)
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="DOMAIN:NAME=SHARED",
        help="rename a class of source or target, e.g. source:tree=vegetation or "
        "target:clouds=ignore; may be given several times",
    )
    listed = "\n".join(f"  {name}: {p.source} -> {p.target}" for name, p in PRESETS.items())
    parser.epilog = f"presets:\n{listed}"
    return parser


def _folders(folders: Sequence[str], preset: str | None) -> tuple[str | None, str | None, str]:
    """Return source, target and output; the first two are left to the preset if not given."""
    if len(folders) == 3:
        return folders[0], folders[1], folders[2]
    if len(folders) == 1 and preset is not None:
        return None, None, folders[0]
    raise ConfigError(
        f"mmda pair takes SOURCE TARGET OUT (or OUT alone with --preset), but got "
        f"{len(folders)} folder(s): {' '.join(folders)}. A list such as --classes ends at the next "
        "option: give the folders first."
    )


def print_summary(made: PairResult) -> None:
    """Print what was paired, and what looks wrong about it."""
    record = made.record
    for line in record["title"]:
        print(line)
    for name in ("source", "target"):
        side = record[name]
        numbers = side["statistics"]
        means = ", ".join(f"{value:.4g}" for value in numbers["mean"])
        stds = ", ".join(f"{value:.4g}" for value in numbers["std"])
        print(f"{name}: `{side['root']}`, {side['scenes']} scenes; mean {means}; std {stds}")
        for split, pixels in numbers["class_pixels"].items():
            total = max(sum(pixels), 1)
            shares = zip(record["classes"], pixels, strict=True)
            print(f"  {split}: " + ", ".join(f"{label} {n / total:.1%}" for label, n in shares))
    print("shift: " + MeasuredShift(**record["shift"]).describe())
    for warning in made.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    ready = [made.configs[name] for name in ("source_only", "adapted") if name in made.configs]
    if ready:
        print("Train: " + "; ".join(f"mmda train {shlex.quote(str(path))}" for path in ready))
