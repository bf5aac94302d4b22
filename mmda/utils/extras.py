"""The libraries of optional parts, imported when they are needed."""

from __future__ import annotations

import importlib
from types import ModuleType

from mmda.errors import ConfigError
from mmda.utils.installation import install_extra


def require(module: str, needed_by: str = "The report", extra: str = "report") -> ModuleType:
    """Import a library of an extra.

    Args:
        module: The library, or a module of it.
        needed_by: What cannot do without it, for the message.
        extra: The extra that installs it.

    Raises:
        ConfigError: If it is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = module.partition(".")[0]
        raise ConfigError(
            f"{needed_by} needs `{library}`, which cannot be imported ({error}). Install it with "
            f"{install_extra(extra)}."
        ) from error
