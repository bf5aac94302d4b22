"""``mmda tile NAME ...``: run one of the converters of :mod:`mmda.converters`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from mmda.errors import ConfigError, did_you_mean

CONVERTERS = (
    "cityscapes",
    "deepglobe",
    "folder",
    "geotiff",
    "gta5",
    "inria",
    "loveda",
    "massachusetts",
    "robotcar",
    "synthia",
    "toy_cities",
)


def main(argv: Sequence[str]) -> int:
    """Run ``mmda.converters.NAME.main`` with the remaining arguments."""
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: mmda tile NAME ...\n\nNAME: " + ", ".join(CONVERTERS))
        print("\nmmda tile NAME --help tells more.")
        return 0 if argv else 2
    name, *rest = argv
    if name not in CONVERTERS:
        raise ConfigError(
            f"Unknown converter `{name}`; expected one of {', '.join(CONVERTERS)}."
            + did_you_mean(name, CONVERTERS)
        )
    return int(importlib.import_module(f"mmda.converters.{name}").main(rest) or 0)
