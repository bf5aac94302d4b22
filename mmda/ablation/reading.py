"""Reads the description of a table, a config file of its own kind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from pydantic import ValidationError

import mmda.registry  # noqa: F401  (it makes `mmda::...` known to MMEngine)
from mmda.ablation.completing import complete
from mmda.ablation.entries import in_words
from mmda.ablation.table import Description, Table
from mmda.errors import ConfigError
from mmda.utils.shipped_configs import config_file


def read_table(path: str | Path) -> Table:
    """Read a table's description.

    Args:
        path: A Python config file, or the name of one that comes with mmda;
            ``docs/howto/reproduce-a-table.md`` lists what it may say.

    Raises:
        ConfigError: When it is missing or unreadable, holds something unknown, a value of the
            wrong kind or a name twice, or names a row, task, score or config that does not exist.
    """
    path = config_file(path)
    try:
        description = Description.model_validate(_load(path))
    except ValidationError as error:
        raise in_words(error, path) from error
    return complete(description, path)


def _load(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise ConfigError(
            f"The table `{path}` does not exist. `mmda configs ablation` lists mmda's own."
        )
    try:
        values = Config.fromfile(str(path)).to_dict()
    except Exception as error:  # a description is a program: it can fail in any way
        kind = type(error).__name__
        raise ConfigError(f"The table `{path}` cannot be read: {kind}: {error}.") from error
    return {key: value for key, value in values.items() if not key.startswith("_")}
