"""The text of the config that is written beside a converted checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.engine.config_text import import_formatter
from mmda.utils.shipped_configs import PREFIX

HEAD = """\
# The network of {source}, converted from `{name}`.
# The public code reads images as blue, green, red; the converted weights take red, green, blue, as
# mmda reads them. The mean is subtracted, and nothing is divided.
"""
HERE = "{{ fileDirname }}/"  # MMEngine's name for the config's folder


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
        head += f"_base_ = {base!r}\n"
        parts = {"model": {key: {"_delete_": True, **part} for key, part in model.items()}}
    import_formatter()
    load = f"load_from = {HERE + weights!r}  # what a training begins from\n"
    return f"{head}{Config(parts).pretty_text.strip()}\n{load}"
