"""``mmda verify OUT``: check a tiled dataset against its manifest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mmda.errors import ConfigError
from mmda.raster.dataset.verify import verify_dataset

_NAMED = 10  # problems that are printed


def main(argv: Sequence[str]) -> int:
    """Check a dataset; return 0 when all is well, 1 when something is wrong."""
    args = build_parser().parse_args(argv)
    if args.workers < 1:
        raise ConfigError(f"--workers must be at least 1, but got {args.workers}.")
    found = verify_dataset(args.out, args.workers)
    size = f"{found.tiles} tiles, {found.files} files, {found.bytes / 2**20:.1f} MiB"
    if not found.problems:
        print(f"`{args.out}`: {size}: all as the manifest says")
        return 0
    for problem in found.problems[:_NAMED]:
        print(f"- {problem}", file=sys.stderr)
    if len(found.problems) > _NAMED:
        print(f"- and {len(found.problems) - _NAMED} more", file=sys.stderr)
    print(
        f"`{args.out}`: {size}: {len(found.problems)} problems. Run the tiling command again to "
        "mend missing and cut tiles, with --overwrite for all others."
    )
    return 1


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda verify",
        description="Read a tiled dataset again and compare it with its manifest: counts, sizes, "
        "checksums, data types, label values.",
    )
    parser.add_argument("out", metavar="OUT", help="folder of the tiled dataset")
    parser.add_argument("--workers", type=int, default=2, help="threads [2]")
    return parser
