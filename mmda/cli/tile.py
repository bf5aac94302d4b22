"""``mmda tile NAME ...``: run one of the converters of :mod:`mmda.converters`."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Sequence

from mmda.api.tiling import TileJob, prepare
from mmda.cli import toy_cities
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.tiling_summary import print_plan, print_result
from mmda.converters import CONVERTERS, Converter, find_converter
from mmda.errors import ConfigError
from mmda.raster.io.handles import quiet_georeference
from mmda.raster.tiling.encode import NO_TILES
from mmda.raster.tiling.folder import check_output
from mmda.raster.tiling.options import RunOptions, TileOptions
from mmda.raster.tiling.plan import plan_tiles
from mmda.raster.tiling.result import DamagedScenesError
from mmda.raster.tiling.run import tile_dataset
from mmda.utils.extras import require

MORE = "mmda tile NAME --help tells the options of a name."


def main(argv: Sequence[str]) -> int:
    """Tile a dataset and print a summary.

    Args:
        argv: Name of the converter and its arguments.

    Returns:
        0; 1 when a dry run met damaged files.

    Raises:
        DamagedScenesError: After the summary, when some scenes were damaged.
    """
    if not argv or argv[0] in ("-h", "--help"):
        print(build_parser().format_help(), end="")
        return 0 if argv else 2
    name, *rest = argv
    if name == "toy_cities":
        return toy_cities.main(rest)
    kind = find_converter(name)
    args = converter_parser(name, kind).parse_args(rest)
    _check(args)
    given = [given_options(args, cls) for cls in (RunOptions, TileOptions, kind)]
    job = prepare(name, args.source, {key: value for one in given for key, value in one.items()})
    for note in job.notes:
        print(f"note: {note}")
    if args.dry_run:
        return _show_plan(job, args.out)
    decodes = hasattr(args, "decode")
    try:
        result = tile_dataset(job.scenes, args.out, job.options, job.run, job.conversion)
    except DamagedScenesError as error:
        print_result(error.result, job, decodes=decodes, preview=args.preview)
        raise
    print_result(result, job, decodes=decodes, preview=args.preview)
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda tile`` with a sub-parser for each name."""
    parser = argparse.ArgumentParser(
        prog="mmda tile", description="Tile rasters or convert a dataset.", epilog=MORE
    )
    names = parser.add_subparsers(required=True, metavar="NAME")
    parsers = {name: converter_parser(name, find_converter(name)) for name in CONVERTERS}
    for name, one in {**parsers, "toy_cities": toy_cities.build_parser()}.items():
        summary = (one.description or "").partition("\n")[0]
        names.add_parser(name, help=summary, parents=[one], add_help=False)
    return parser


def converter_parser(name: str, kind: type[Converter]) -> argparse.ArgumentParser:
    """Return the parser of ``mmda tile NAME``: the options of the converter and of tiling."""
    parser = argparse.ArgumentParser(
        prog=f"mmda tile {name}",
        description=inspect.getdoc(kind),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    metavar, text = kind.SOURCE
    parser.add_argument("source", metavar=metavar, nargs="+" if kind.SEVERAL else 1, help=text)
    parser.add_argument("out", metavar="OUT", help="folder of the tiled dataset")
    heading = "tiled dataset"
    add_options(parser, kind)
    add_options(parser, TileOptions, skip=kind.KNOWN, defaults={"tile": kind.TILE}, heading=heading)
    add_options(parser, RunOptions, heading=heading)
    group = parser.add_argument_group("output")
    group.add_argument("--preview", action="store_true", help="draw a sample into OUT/preview.png")
    group.add_argument("--dry-run", action="store_true", help="show the plan, write nothing")
    return parser


def _check(args: argparse.Namespace) -> None:
    """Raise a :class:`ConfigError` for what would come to light only after the work."""
    if args.preview and args.format == NO_TILES:
        raise ConfigError(
            f"--preview draws tiles, but --format {NO_TILES} writes none: leave one of them out."
        )
    if args.preview:
        require("matplotlib.figure")


def _show_plan(job: TileJob, out: str) -> int:
    check_output(out, job.scenes)
    with quiet_georeference():
        plan = plan_tiles(job.scenes, job.options, job.run.workers, job.run.share())
    print_plan(plan, job.options.format)
    return 1 if plan.damaged else 0
