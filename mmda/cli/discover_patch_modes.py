"""``mmda discover-patch-modes CONFIG --out MODES.npz``: the modes of patch-level alignment."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.api.patch_modes import discover_patch_modes
from mmda.cli.options import add_cfg_options


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda discover-patch-modes``."""
    parser = argparse.ArgumentParser(
        prog="mmda discover-patch-modes",
        description="Find the modes of patch-level alignment in the source's labels. A training "
        "does it by itself; the file serves several of them.",
    )
    parser.add_argument("config", help="a config with a PatchAlignment")
    parser.add_argument("--out", required=True, help="the file to write (.npz)")
    parser.add_argument("--images", type=int, default=500, help="source images to read [500]")
    parser.add_argument("--seed", type=int, default=0, help="seed of images and k-means [0]")
    parser.add_argument("--picture", help="draw example patches of each mode (.png)")
    add_cfg_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Find the modes, write them and say in how many patches.

    Args:
        argv: The command line without ``mmda discover-patch-modes``.

    Returns:
        0 when the file is written.
    """
    args = build_parser().parse_args(argv)
    patches = discover_patch_modes(
        args.config,
        args.out,
        images=args.images,
        seed=args.seed,
        picture=args.picture,
        cfg_options=args.cfg_options,
    )
    print(f"{args.out}: modes of {patches} patches in {args.images} source images")
    return 0
