"""``mmda weights CONFIG...``: the pretrained weights that trainings start from."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.cli.options import add_cfg_options


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda weights``."""
    parser = argparse.ArgumentParser(
        prog="mmda weights",
        description="List the pretrained weights that configs start from and where they are on "
        "this machine, or fetch them, for machines without internet.",
        epilog="They are looked for in the folder that the environment variable MMDA_WEIGHTS "
        "names, then in PyTorch's cache; --fetch puts them into the first of these.",
    )
    parser.add_argument("configs", nargs="+", metavar="CONFIG", help="configs")
    parser.add_argument("--fetch", action="store_true", help="download those that are missing")
    add_cfg_options(parser, "the configs")
    return parser


def main(argv: Sequence[str]) -> int:
    """List or fetch weights.

    Args:
        argv: The command line without ``mmda weights``.

    Returns:
        0 when all are on this machine, else 1.

    Raises:
        MMDAError: If a config does not fit, or weights cannot be downloaded.
    """
    args = build_parser().parse_args(argv)

    from mmda.engine.launch import load_config
    from mmda.engine.needed_weights import needed_weights
    from mmda.engine.weights_files import weights_file

    configs = [load_config(config, args.cfg_options) for config in args.configs]
    needed = {one.name: one for config in configs for one in needed_weights(config)}
    missing = 0
    for one in needed.values():
        path = one.path
        if path is None and args.fetch:
            path = weights_file(one.name)
            path = path if path.is_file() else None  # a file that the config names itself
        missing += path is None
        where = path or f"missing; {one.address}"
        print(f"{one.name} ({one.place}): {where}")
    if not needed:
        print("no pretrained weights")
    return 1 if missing else 0
