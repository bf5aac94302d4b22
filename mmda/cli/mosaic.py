"""``mmda mosaic FOLDER...``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.api.banding import mosaic
from mmda.utils.signals import ends_on_sigterm


def main(argv: Sequence[str]) -> int:
    """Join the bands of maps.

    Args:
        argv: The command line without ``mmda mosaic``.

    Raises:
        MMDAError: When bands are missing or damaged, or a map is there already.
    """
    args = build_parser().parse_args(argv)
    with ends_on_sigterm():
        for joined in mosaic(args.folders, overwrite=args.overwrite, keep_bands=args.keep_bands):
            shares = ", ".join(
                f"{name} {100 * share:.1f} %" for name, share in joined.shares.items()
            )
            print(f"{joined.mask}: {shares}")
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda mosaic``."""
    parser = argparse.ArgumentParser(
        prog="mmda mosaic",
        description="Join the bands that `mmda predict --shard I/N` has made to maps.",
    )
    parser.add_argument(
        "folders", nargs="+", metavar="FOLDER", help="the folder of the maps, or one of bands in it"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace maps that are there")
    parser.add_argument("--keep-bands", action="store_true", help="leave the bands afterwards")
    return parser
