"""The text of the config that is written beside a converted checkpoint."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.engine.config_text import import_formatter
from mmda.errors import ConfigError
from mmda.utils.names import literal, printable
from mmda.utils.shipped_configs import PREFIX

HEAD = """\
# The network of {source}, converted from `{name}`.
# The public code reads images as blue, green, red; the converted weights take red, green, blue, as
# mmda reads them. The mean is subtracted, and nothing is divided.
"""
HERE = "{{ fileDirname }}/"  # MMEngine's name for the config's folder
CODE = "'\"\\{}"  # what would end the text that the folder is pasted into, or be replaced in it


def check_folder(folder: Path) -> None:
    """Raise a :class:`ConfigError` for a folder whose path could be read as code in a config.

    MMEngine pastes the path into the config's text before Python reads it.

    Args:
        folder: The folder that a config is to be written to.
    """
    path = Path(os.path.abspath(folder)).as_posix()
    if path.isprintable() and not set(path) & set(CODE):
        return
    raise ConfigError(
        f"The folder {printable(repr(path))} is refused, as its path becomes a part of the config: "
        "expected are no quotes, backslashes, braces or control characters. Write to another "
        "folder."
    )


def config_text(
    model: dict[str, Any], name: str, source: str, weights: str, like: str | Path | None
) -> str:
    """Return a config.

    Args:
        model: The parts of the model's config that come from the checkpoint.
        name: File name of the public checkpoint.
        source: The public code that it is of.
        weights: File name of the converted weights, in the config's folder.
        like: The config that gives all else: data, alignments and schedule; None for a model alone.
    """
    head = HEAD.format(source=source, name=name)
    if like is None:
        parts = {"default_scope": "mmda", "model": {"type": "UDASegmentor", **model}}
    else:
        base = str(like) if str(like).startswith(PREFIX) else Path(like).resolve().as_posix()
        head += f"_base_ = {literal(base)}\n"
        parts = {"model": {key: {"_delete_": True, **part} for key, part in model.items()}}
    import_formatter()
    load = f"load_from = {HERE + weights!r}  # what a training begins from\n"
    return f"{head}{Config(parts).pretty_text.strip()}\n{load}"
