"""``mmda env``: the versions that a bug report needs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.utils.environment import describe_environment


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    return argparse.ArgumentParser(
        prog="mmda env",
        description="Print what a bug report needs: versions, GPUs and the variables MMDA_*. Keys "
        "and passwords are left out; read it all the same before you publish it.",
    )


def main(argv: Sequence[str]) -> int:
    """Print a line per version and return 0."""
    build_parser().parse_args(argv)
    lines = describe_environment()
    width = max(map(len, lines))
    for name, value in lines.items():
        print(f"{name:<{width}}  {value}")
    return 0
