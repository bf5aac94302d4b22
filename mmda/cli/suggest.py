"""``mmda suggest CHECKPOINT --data TILED_TARGET --out NEXT.gpkg``: which tiles to label next."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.api.suggesting import suggest
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.options import add_cfg_options, add_config, add_device, add_trust
from mmda.suggestion import SuggestOptions

SHOWN = 10  # tiles that are printed


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda suggest``."""
    parser = argparse.ArgumentParser(
        prog="mmda suggest",
        description="Write the tiles of an unlabelled target that are best labelled next, as "
        "polygons: tiles that the model is unsure of and that differ from each other.",
    )
    parser.add_argument("checkpoint", help="the model (.pth)")
    parser.add_argument("--out", required=True, help="GeoPackage to write (.gpkg)")
    parser.add_argument(
        "--data", metavar="TILED_TARGET", help="the tiled target [that of the config]"
    )
    add_config(parser)
    add_options(parser, SuggestOptions)
    add_device(parser)
    add_trust(parser)
    add_cfg_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Write the suggestions and print the first of them.

    Args:
        argv: The command line without ``mmda suggest``.

    Returns:
        0 when the file is written.
    """
    args = build_parser().parse_args(argv)
    found = suggest(
        args.checkpoint,
        args.out,
        args.data,
        SuggestOptions(**given_options(args, SuggestOptions)),
        config=args.config,
        device=args.device,
        trust=args.trust_checkpoint,
        cfg_options=args.cfg_options,
    )
    print("rank  mean entropy  score  tile")
    for tile in found.tiles[:SHOWN]:
        print(f"{tile.rank:4}  {tile.mean_entropy:12.3f}  {tile.score:5.3f}  {tile.tile}")
    empty = f"; {found.empty} more hold no data" if found.empty else ""
    print(f"{found.path}: {len(found.tiles)} of {found.candidates} tiles to label next{empty}")
    return 0
