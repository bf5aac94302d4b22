"""``mmda tile NAME ...``: run one of the converters of ``data_converters``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from mmda.errors import ConfigError, did_you_mean


def main(argv: Sequence[str]) -> int:
    """Run ``data_converters.NAME.main`` with the remaining arguments."""
    import data_converters

    found = {module.name for module in pkgutil.iter_modules(data_converters.__path__)}
    names = sorted(found - {"pair"})  # a command of its own: it makes no tiles
    if not argv or argv[0] in ("-h", "--help"):
        print("usage: mmda tile NAME ...\n\nNAME: " + ", ".join(names))
        print("\nmmda tile NAME --help tells more.")
        return 0 if argv else 2
    name, *rest = argv
    if name not in names:
        raise ConfigError(
            f"Unknown converter `{name}`; expected one of {', '.join(names)}."
            + did_you_mean(name, names)
        )
    return int(importlib.import_module(f"data_converters.{name}").main(rest) or 0)
