"""The libraries of the ``report`` extra, imported when a report is written."""

from __future__ import annotations

import importlib
from types import ModuleType

from mmda.errors import ConfigError
from mmda.utils.installation import install_extra


def require(module: str, needed_by: str = "The report") -> ModuleType:
    """Import a library of the ``report`` extra.

    Args:
        module: The library, or a module of it.
        needed_by: What cannot do without it, for the message.

    Raises:
        ConfigError: If it is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise ConfigError(
            f"{needed_by} needs `{library}`, which cannot be imported ({error}). Install it with "
            f"{install_extra('report')}."
        ) from error
