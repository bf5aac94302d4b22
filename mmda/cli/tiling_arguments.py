"""What the converters' command lines have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from mmda.cli.tiling_summary import print_plan, print_summary
from mmda.errors import ConfigError
from mmda.raster.dataset.discovery import FoundFile, scene_names
from mmda.raster.dataset.splits import (
    Placement,
    match_group,
    place_by_table,
    read_split_table,
    split_by_hash,
)
from mmda.raster.io.handles import quiet_georeference
from mmda.raster.scene import SPLITS, RasterLabels, Scene, VectorLabels
from mmda.raster.tiling.encode import FORMATS, NO_TILES
from mmda.raster.tiling.folder import check_output
from mmda.raster.tiling.options import TileOptions
from mmda.raster.tiling.plan import plan_tiles
from mmda.raster.tiling.run import DamagedScenesError, check_shard, tile_dataset
from mmda.raster.windows import EDGES
from mmda.report.preview import write_preview
from mmda.utils.extras import require

Label = RasterLabels | VectorLabels | None


def add_dataset_arguments(parser: argparse.ArgumentParser, tile: int | None) -> None:
    """Add the options of a tiled dataset of any kind; ``tile`` is the default tile size."""
    group = parser.add_argument_group("dataset")
    group.add_argument("--classes", nargs="+", required=True, help="class names, id 0 first")
    group.add_argument("--task", required=True, help="name of the task, e.g. buildings")
    group.add_argument("--domain", required=True, help="name of the domain, e.g. source")
    group.add_argument("--nominal-gsd", type=float, help="GSD to assume where a file tells none")
    group.add_argument("--nodata", type=float, help="no-data value instead of the file's")
    add_tiling_arguments(parser, tile)


def add_tiling_arguments(parser: argparse.ArgumentParser, tile: int | None) -> None:
    """Add the options that every converter has; ``tile`` is the default tile size."""
    group = parser.add_argument_group("tiled dataset")
    whole = "whole images" if tile is None else f"{tile}"
    group.add_argument("--tile", type=int, default=tile, help=f"tile size, pixels [{whole}]")
    group.add_argument("--stride", type=int, help="step between tiles, pixels [tile size]")
    group.add_argument("--gsd", type=float, help="resample to this GSD, metres/pixel")
    group.add_argument(
        "--format",
        choices=FORMATS,
        default="tif",
        help="image format; none: no tiles, training reads the rasters [tif]",
    )
    group.add_argument(
        "--min-valid", type=float, default=0.5, help="smallest valid share of a tile, 0..1 [0.5]"
    )
    group.add_argument("--edge", choices=EDGES, default="shift", help="edge rule [shift]")
    group.add_argument("--workers", type=int, default=2, help="threads [2]")
    group.add_argument(
        "--shard", metavar="I/N", help="tile only the I-th of N shares of the scenes, I from 1 to N"
    )
    group.add_argument("--scheduler", metavar="ADDRESS", help="Dask scheduler that tiles instead")
    group.add_argument("--preview", action="store_true", help="draw a sample into OUT/preview.png")
    group.add_argument("--overwrite", action="store_true", help="replace what is in OUT")
    group.add_argument("--dry-run", action="store_true", help="show the plan, write nothing")


def add_split_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that place scenes in splits."""
    group = parser.add_argument_group("splits (per scene, never per tile)")
    choice = group.add_mutually_exclusive_group()
    choice.add_argument("--split", choices=SPLITS, help="one split for all scenes")
    choice.add_argument("--split-csv", help="table with the columns scene, split[, city]")
    choice.add_argument("--val-fraction", type=float, help="share of val, by a hash of the name")
    group.add_argument(
        "--group-regex", help="scenes with an equal first group stay in one split (--val-fraction)"
    )
    group.add_argument("--city-regex", help="its first group in the scene name is the city")


def make_scenes(
    args: argparse.Namespace, images: Sequence[FoundFile], labels: Sequence[Label]
) -> list[Scene]:
    """Name the scenes and place them in splits, as the command line says.

    Without an option, images in the folders ``train``, ``val`` and ``test`` belong to that split
    and all others to ``train``.
    """
    names = scene_names(images)
    return [
        Scene(
            name,
            image.path,
            place.split,
            label,
            place.city,
            nodata=args.nodata,
            nominal_gsd=args.nominal_gsd,
        )
        for name, image, label, place in zip(
            names, images, labels, _placements(args, names, images), strict=True
        )
    ]


def run_tiling(
    args: argparse.Namespace,
    scenes: Sequence[Scene],
    palette: Sequence[Sequence[int]] | None = None,
    on_tiled: Callable[[], None] | None = None,
) -> int:
    """Tile the scenes (or show the plan) and print a summary; return the exit code.

    Args:
        args: The options of :func:`add_tiling_arguments`, and those of the dataset.
        scenes: What to tile.
        palette: See :func:`mmda.raster.tiling.run.tile_dataset`.
        on_tiled: Called when the tiles are written, also when some scenes were damaged.

    Raises:
        DamagedScenesError: After summary and preview, when some scenes were damaged.
    """
    _check_run(args)
    common = {
        key: getattr(args, key)
        for key in ("task", "domain", "tile", "stride", "gsd", "format", "min_valid", "edge")
    }
    if args.dry_run:
        check_output(args.out, scenes)
        options = TileOptions(classes=tuple(args.classes), **common)
        with quiet_georeference():
            plan = plan_tiles(
                scenes, options, args.workers, check_shard(args.shard, args.overwrite)
            )
        print_plan(plan, args.format)
        return 1 if plan.damaged else 0
    damaged: DamagedScenesError | None = None
    try:
        info = tile_dataset(
            scenes,
            args.out,
            classes=args.classes,
            palette=palette,
            workers=args.workers,
            overwrite=args.overwrite,
            shard=args.shard,
            scheduler=args.scheduler,
            **common,
        )
    except DamagedScenesError as error:
        damaged, info = error, error.info
    if on_tiled is not None:
        on_tiled()
    _report(args, info)
    if damaged is not None:
        raise damaged
    return 0


def _check_run(args: argparse.Namespace) -> None:
    """Raise a :class:`ConfigError` for what would come to light only after the work."""
    if args.workers < 1:
        raise ConfigError(f"--workers must be at least 1, but got {args.workers}.")
    if args.preview and args.format == NO_TILES:
        raise ConfigError(
            f"--preview draws tiles, but --format {NO_TILES} writes none: leave one of them out."
        )
    if args.preview:
        require("matplotlib.figure")


def _report(args: argparse.Namespace, info: dict[str, Any]) -> None:
    """Print what was made; ``info`` is empty when it is no dataset yet."""
    if "pending_scenes" in info:
        print(f"`{args.out}`: shard {args.shard} is done; {info['pending_scenes']} scenes of other")
        print("  shards are not. The shard that is ready last completes the dataset.")
    elif info:
        print_summary(args.out, info, decodes=hasattr(args, "decode"))
        if args.preview:
            print(f"  `{write_preview(args.out)}` shows a sample of its tiles")


def _placements(
    args: argparse.Namespace, names: Sequence[str], images: Sequence[FoundFile]
) -> list[Placement]:
    if args.group_regex and args.val_fraction is None:
        raise ConfigError("--group-regex keeps groups together under --val-fraction: give both.")
    if args.split_csv:
        files = [image.name for image in images]
        places = place_by_table(names, files, read_split_table(args.split_csv), args.split_csv)
    elif args.val_fraction is not None:
        groups = match_group(args.group_regex, names) if args.group_regex else names
        places = [Placement(split, None) for split in split_by_hash(groups, args.val_fraction)]
    else:
        places = [Placement(args.split or image.split or "train", None) for image in images]
    if args.city_regex:
        cities = match_group(args.city_regex, names)
        places = [Placement(p.split, city) for p, city in zip(places, cities, strict=True)]
    return places
