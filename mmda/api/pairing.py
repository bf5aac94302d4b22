"""Transfer tasks in Python: what ``mmda pair`` calls."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError
from mmda.pairing import PairOptions, make_pair
from mmda.pairing.presets import find_preset

DEFAULT = PairOptions()


@dataclass(frozen=True)
class PairResult:
    """A transfer task.

    Attributes:
        folder: Folder of its configs.
        configs: The configs that are ready to train, by name: ``source_only``, ``adapted`` and,
            where the target has labels, ``target_only``.
        classes: Shared class names, id 0 first.
        warnings: What looks wrong about the pair, in sentences.
        record: The content of ``pair.json``: all that was found.
    """

    folder: Path
    configs: Mapping[str, Path]
    classes: Sequence[str]
    warnings: Sequence[str]
    record: Mapping[str, Any]


def pair(
    source: str | Path | None,
    target: str | Path | None,
    out: str | Path,
    options: PairOptions = DEFAULT,
) -> PairResult:
    """Make a transfer task from two tiled datasets; nothing is copied.

    Args:
        source: Folder of the labelled tiled dataset. With a preset ``None`` stands for the
            preset's folder in ``$MMDA_DATA_ROOT`` (or in ``data``).
        target: Folder of the other tiled dataset, or ``None``.
        out: Folder to write to: ``dataset.py`` (the data of a training config), configs that are
            ready to train, and ``pair.json``.
        options: How to pair them.

    Returns:
        The configs, and what was found.

    Raises:
        DataError: When a dataset is missing or has nothing to train on, or the bands differ.
        ConfigError: When classes, preset, crop or fraction do not fit, or ``out`` holds edited
            configs.

    Example:
        >>> from mmda import PairOptions, pair
        >>> result = pair("tiles/source", "tiles/target", "task", PairOptions(crop=32))
        >>> result.classes, sorted(result.configs)
        (['background', 'building'], ['adapted', 'source_only', 'target_only'])
    """
    if source is None or target is None:
        if options.preset is None:
            raise ConfigError("Give both folders, source and target, or the name of a preset.")
        preset = find_preset(options.preset)
        root = Path(os.environ.get("MMDA_DATA_ROOT", "data"))
        source = source or root / preset.source
        target = target or root / preset.target
    record = make_pair(source, target, out, options)
    names = ("source_only", "adapted", "target_only")
    paths = {name: Path(out) / f"{name}.py" for name in names}
    configs = {name: path for name, path in paths.items() if path.exists()}
    return PairResult(Path(out), configs, record["classes"], record["warnings"], record)
