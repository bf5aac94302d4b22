"""``mmda pair``: make a transfer task from two tiled datasets."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError

DESCRIPTION = """Make a transfer task from two tiled datasets.

OUT gets dataset.py (the data of a training config), source_only.py, adapted.py and target_only.py
(ready to train, where they apply) and pair.json (classes, splits, statistics, ground overlap).
Nothing is copied: the configs refer to the tiled folders.

With --preset the folders may be left out; they are then those of $MMDA_DATA_ROOT (or `data`).
"""


def main(argv: Sequence[str]) -> int:
    """Pair two tiled datasets and print a summary."""
    args = _parser().parse_args(argv)

    from mmda.pairing import PairOptions, make_pair
    from mmda.pairing.classes import parse_renames

    source, target, out = _folders(args.folders, args.preset)
    if args.workers < 1:
        raise ConfigError(f"--workers must be at least 1, but got {args.workers}.")
    options = PairOptions(
        classes=args.classes,
        renames=parse_renames(args.map),
        val_fraction=args.val_fraction,
        crop=args.crop,
        preset=args.preset,
        overwrite=args.overwrite,
        workers=args.workers,
    )
    print_summary(out, make_pair(source, target, out, options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mmda pair",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="mmda pair [options] SOURCE TARGET OUT | --preset NAME [SOURCE TARGET] OUT",
    )
    parser.add_argument("folders", nargs="+", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--preset", metavar="NAME", help="a published transfer; see --help's end")
    parser.add_argument("--classes", nargs="+", help="shared classes, id 0 first [by name]")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="DOMAIN:NAME=SHARED",
        help="rename a class of source or target, e.g. source:tree=vegetation or "
        "target:clouds=ignore; may be given several times",
    )
    parser.add_argument(
        "--val-fraction",
        type=float,
        default=0.1,
        help="share of the target's train scenes that become val when it has none [0.1]",
    )
    parser.add_argument(
        "--crop", type=int, help="training crops, pixels [128; whole tiles with --preset]"
    )
    parser.add_argument("--workers", type=int, default=2, help="threads [2]")
    parser.add_argument("--overwrite", action="store_true", help="replace configs in OUT")

    from mmda.pairing.presets import PRESETS

    listed = "\n".join(f"  {name}: {p.source} -> {p.target}" for name, p in PRESETS.items())
    parser.epilog = f"presets:\n{listed}"
    return parser


def _folders(folders: Sequence[str], preset: str | None) -> tuple[Path, Path, Path]:
    paths = [Path(folder) for folder in folders]
    if len(paths) == 3:
        return paths[0], paths[1], paths[2]
    if len(paths) == 1 and preset is not None:
        from mmda.pairing.presets import find_preset

        found = find_preset(preset)
        root = Path(os.environ.get("MMDA_DATA_ROOT", "data"))
        return root / found.source, root / found.target, paths[0]
    raise ConfigError(
        f"mmda pair takes SOURCE TARGET OUT (or OUT alone with --preset), but got "
        f"{len(paths)} folder(s): {' '.join(folders)}. A list such as --classes ends at the next "
        "option: give the folders first."
    )


def print_summary(out: Path, record: dict[str, Any]) -> None:
    """Print what was paired, and what looks wrong about it."""
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
    for warning in record["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"Train: mmda train {out / 'source_only.py'}; mmda train {out / 'adapted.py'}")
