"""``mmda configs``: list the configs that come with mmda, or copy one to edit."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Sequence

from mmda.utils.shipped_configs import PREFIX, copy_config, find_configs, summary


def main(argv: Sequence[str]) -> int:
    """List configs by name, or copy one."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.copy:
        if args.pattern:
            parser.error(f"--copy takes PATTERN and DIR, so `{args.pattern}` is one too many")
        print(copy_config(*args.copy))
        return 0
    names = find_configs(args.pattern)
    width = max(map(len, names))
    for name in names:
        what = textwrap.shorten(summary(name), 100, placeholder=" ...")
        print(f"{PREFIX}{name:<{width}}  {what}".rstrip())
    return 0


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda configs",
        description="List the configs that come with mmda. Every command takes their names, and "
        'so does `_base_ = "mmda::..."` in a config of your own.',
    )
    parser.add_argument(
        "pattern",
        nargs="?",
        default="",
        metavar="PATTERN",
        help="a part of the names, or a pattern such as 'uda/*cdga-k*'",
    )
    parser.add_argument(
        "--copy",
        nargs=2,
        metavar=("PATTERN", "DIR"),
        help="copy the config that fits PATTERN to DIR; the copy may lie anywhere",
    )
    return parser
