"""What the converters' command lines have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from mmda.errors import ConfigError
from mmda.raster.discovery import FoundFile, scene_names
from mmda.raster.encode import FORMATS
from mmda.raster.engine import tile_dataset
from mmda.raster.handles import quiet_georeference
from mmda.raster.manifest import read_manifest
from mmda.raster.options import TileOptions
from mmda.raster.plan import plan_tiles
from mmda.raster.preview import write_preview
from mmda.raster.scene import SPLITS, RasterLabels, Scene, VectorLabels
from mmda.raster.splits import (
    Placement,
    match_group,
    place_by_table,
    read_split_table,
    split_by_hash,
)
from mmda.raster.windows import EDGES

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
) -> int:
    """Tile the scenes (or show the plan) and print a summary; return the exit code."""
    if args.workers < 1:
        raise ConfigError(f"--workers must be at least 1, but got {args.workers}.")
    common = {
        key: getattr(args, key)
        for key in ("task", "domain", "tile", "stride", "gsd", "format", "min_valid", "edge")
    }
    if args.dry_run:
        with quiet_georeference():
            plan = plan_tiles(scenes, TileOptions(classes=tuple(args.classes), **common))
        counts = ", ".join(f"{split} {n}" for split, n in plan.tiles_per_split().items())
        size = sum(scene.tile_bytes(args.format) for scene in plan.scenes) / 2**20
        print(f"Would cut {len(plan.scenes)} scenes into {counts} tiles, at most {size:.0f} MiB.")
        for _, message in plan.damaged:
            print(f"warning: {message}", file=sys.stderr)
        return 1 if plan.damaged else 0
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
    if "pending_scenes" in info:
        print(f"`{args.out}`: shard {args.shard} is done; {info['pending_scenes']} scenes of other")
        print("  shards are not. The shard that is ready last completes the dataset.")
        return 0
    print_summary(args.out, info)
    if args.preview:
        print(f"  `{write_preview(args.out)}` shows a sample of its tiles")
    return 0


def print_summary(out: str, info: dict[str, Any]) -> None:
    """Print what a tiled dataset holds, and what looks wrong about it."""
    counts = ", ".join(f"{split} {n}" for split, n in info["splits"].items())
    size = "whole images" if info["tile"] is None else f"tiles of {info['tile']} pixels"
    rows = read_manifest(out)
    nominal = any(row["nominal_gsd"] for row in rows)
    known = sorted({row["gsd"] for row in rows if row["gsd"] is not None})
    gsd = (
        " to ".join(f"{value:g}" for value in dict.fromkeys((known[0], known[-1]))) if known else ""
    )
    gsd = f"{gsd} m/pixel" if gsd else "unknown GSD"
    print(f"`{out}`: {info['task']}, domain {info['domain']}")
    print(
        f"  {info['scenes']} scenes, {size}: {counts}; {info['dropped_tiles']} dropped as invalid"
    )
    print(
        f"  {info['bands']} bands of {info['dtype']}, {gsd}"
        f"{' (nominal: the files do not tell)' if nominal else ''}"
    )
    for split, pixels in (info["class_pixels"] or {}).items():
        total = max(sum(pixels), 1)
        shares = zip(info["classes"], pixels, strict=True)
        print(f"  {split}: " + ", ".join(f"{name} {n / total:.1%}" for name, n in shares))
        absent = [name for name, n in zip(info["classes"], pixels, strict=True) if n == 0]
        if absent:
            print(
                f"warning: {', '.join(absent)}: no pixel in the split `{split}`. Check the labels "
                "and their decoding rule (--decode binary for masks of 0 and 255).",
                file=sys.stderr,
            )


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
