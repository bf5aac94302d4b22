"""Generate two toy cities: GeoTIFF scenes, vectors and masks of a source and a target domain."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

from mmda.toy.city import DOMAINS, RECORD, generate
from mmda.toy.shift import PRESETS, describe_parameters, make_shift, parse_overrides


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    parser = argparse.ArgumentParser(
        prog="mmda tile toy_cities",
        description=__doc__,
        epilog="shift parameters (range): value per preset\n" + describe_parameters(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="folder to write to")
    parser.add_argument(
        "--shift",
        "--preset",
        default="default",
        help=f"{', '.join(PRESETS)}, or a random one, such as random:17 (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0)
    for split, count in (("train", 4), ("val", 1), ("test", 2)):
        parser.add_argument(
            f"--scenes-{split}",
            type=int,
            default=count,
            metavar="N",
            help=f"{split} scenes per city (default: %(default)s)",
        )
    parser.add_argument(
        "--size", type=int, default=768, help="side of a scene in pixels (default: %(default)s)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override a shift parameter; may be given several times",
    )
    parser.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    return parser


def main(argv: Sequence[str]) -> int:
    """Generate the cities that ``argv`` describes and print a summary."""
    args = build_parser().parse_args(argv)
    shift = make_shift(args.shift, parse_overrides(args.set))
    scenes = {"train": args.scenes_train, "val": args.scenes_val, "test": args.scenes_test}
    generate(args.out, shift, args.seed, scenes, args.size, args.workers)
    for domain in DOMAINS:
        with (args.out / domain / "scenes.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        counts = {split: sum(row["split"] == split for row in rows) for split in scenes}
        print(f"{domain}: {', '.join(f'{n} {split}' for split, n in counts.items())} scenes")
    print(f"parameters: {args.out / RECORD}")
    return 0
