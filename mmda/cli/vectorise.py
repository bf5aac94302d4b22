"""``mmda vectorise MASK... --out FILE_OR_FOLDER``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmda.api.vectorising import FailedVectorising, plan_layers, vectorise_each
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.errors import DataError
from mmda.raster.mapping.polygons.options import VectoriseOptions
from mmda.utils.signals import ends_on_sigterm


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda vectorise``."""
    parser = argparse.ArgumentParser(
        prog="mmda vectorise",
        description="Write the classes of georeferenced masks as polygons, or their roads as "
        "centre lines.",
    )
    parser.add_argument("masks", nargs="+", metavar="MASK", help="class masks, one uint8 band each")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="for one mask a file, .gpkg, .geojson, .fgb or .parquet (a GeoPackage keeps its other "
        "layers); else a folder for NAME_polygons.gpkg",
    )
    parser.add_argument(
        "--probabilities",
        nargs="+",
        metavar="RASTER",
        help="one NAME_probabilities.tif for each mask, for the mean confidence of each polygon",
    )
    add_options(parser, VectoriseOptions)
    return parser


def main(argv: Sequence[str]) -> int:
    """Vectorise every mask; go on after a bad one.

    Args:
        argv: The command line without ``mmda vectorise``.

    Returns:
        0 when all masks were vectorised, 2 when at least one was not.

    Raises:
        ConfigError: If the options or the output do not fit.
    """
    args = build_parser().parse_args(argv)
    options = VectoriseOptions(**given_options(args, VectoriseOptions))
    jobs = plan_layers(args.masks, args.out, options, args.probabilities)
    failed = 0
    with ends_on_sigterm():
        for job, done in zip(jobs, vectorise_each(jobs, options), strict=True):
            if isinstance(done, FailedVectorising):
                failed += 1
                print(f"error: {done.error}", file=sys.stderr)
                continue
            listed = ", ".join(f"{count} {name}" for name, count in done.counts.items())
            print(f"{job.mask} -> {done.path}: {listed or 'nothing'}")
    if failed and len(jobs) > 1:
        print(f"vectorised {len(jobs) - failed} of {len(jobs)} masks")
    return DataError.exit_code if failed else 0
