"""The final config of a run, and what identifies it."""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

from mmda.engine.config_check import find_component
from mmda.engine.launch import load_config
from mmda.errors import ConfigError, did_you_mean
from mmda.evaluation.segmentation_metric import SegmentationMetric
from mmda.models.cyclegan import CycleGAN
from mmda.raster.dataset.manifest import DATASET_INFO

TOY_ROOT = "MMDA_TOY_ROOT"
PASSING = (
    "work_dir.", "launcher.", "resume.", "experiment_name.", "env_cfg.", "log_level.",
    "log_processor.", "visualizer.", "default_hooks.logger.", "default_hooks.checkpoint.",
    "default_hooks.timer.", "default_hooks.finite_loss.", "default_hooks.step.",
    "default_hooks.learning.", "default_hooks.pictures.", "default_hooks.preemption.",
)  # fmt: skip
"""Keys that say where to run and what to log, not what to compute."""
SECTIONS = set(inspect.signature(Runner.__init__).parameters)
"""The config's sections that a run reads; its own variables are spent when it is loaded."""


@contextmanager
def toy_root(folder: Path | None) -> Iterator[None]:
    """Set the folder that the toy configs read, for a while; None leaves it as it is."""
    before = os.environ.get(TOY_ROOT)
    try:
        if folder is not None:
            os.environ[TOY_ROOT] = str(folder)
        yield
    finally:
        if before is not None:
            os.environ[TOY_ROOT] = before
        else:
            os.environ.pop(TOY_ROOT, None)


def read_config(path: Path, data: Path | None) -> Config:
    """Return a config as its file gives it.

    Args:
        path: The config.
        data: What the toy configs read, None for others.

    Raises:
        ConfigError: When the config is faulty.
    """
    logging.disable(logging.INFO)  # MMEngine tells of each variable that it replaces
    try:
        with toy_root(data):
            return load_config(path)
    finally:
        logging.disable(logging.NOTSET)


def final_config(config: Config, overrides: Mapping[str, Any]) -> Config:
    """Return a copy of a config with overrides.

    Args:
        config: The config.
        overrides: Values by dotted key, the later the stronger. A key with ``*`` (any characters)
            or ``?`` stands for all keys of the config that it matches: ``model.*.num_classes``;
            where it matches no single value, for all lists and dicts: ``*.crop_size``.

    Raises:
        ConfigError: When an override names nothing.
    """
    return load_config(config, _expand(config, overrides))


def _expand(config: Config, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the overrides with patterns replaced by the keys of the config that they match."""
    if not any(set(key) & set("*?") for key in overrides):
        return dict(overrides)
    known = [key for key, _ in flat(config.to_dict())]
    # Keys of lists and dicts, which an override replaces as a whole.
    wholes = list(dict.fromkeys(key.rpartition(".")[0] for key in known))
    expanded: dict[str, Any] = {}
    for key, value in overrides.items():
        keys = [key]
        if set(key) & set("*?"):
            keys = _matching(known, key) or _matching(wholes, key)
        if not keys:
            raise ConfigError(f"The override `{key}` matches nothing in the config.")
        expanded.update(dict.fromkeys(keys, value))
    return expanded


def _matching(names: Iterable[str], pattern: str) -> list[str]:
    return [name for name in names if fnmatchcase(name, pattern)]


def flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested dicts and lists with their dotted keys."""
    if isinstance(value, dict) and value:
        items: Any = value.items()
    elif isinstance(value, (list, tuple)) and value:
        items = enumerate(value)
    else:
        yield prefix, value
        return
    for key, child in items:
        yield from flat(child, f"{prefix}.{key}" if prefix else str(key))


def settings(config: Config, data: Path | None) -> dict[str, str]:
    """Return all that a run's result depends on, as text by dotted key.

    Folders of data stand there as numbers, so that data may move, and the data's content as a
    digest, empty where the folder is missing.

    Args:
        config: A final config.
        data: What the toy configs read, None for others.
    """
    roots = _data_roots(config)
    names = {root: f"<data {number}>" for number, root in enumerate(roots)}
    if data is not None:
        names[str(data)] = "<toy>"
    leaves = {
        key: _portable(value, names)
        for key, value in flat(config.to_dict())
        if key.partition(".")[0] in SECTIONS and not f"{key}.".startswith(PASSING)
    }
    digests = {f"data.{number}": _digest(root) for number, root in enumerate(roots)}
    return {**leaves, **digests}


def fingerprint(values: Mapping[str, str]) -> str:
    """Return a digest of :func:`settings`."""
    return hashlib.sha1(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


def _data_roots(config: Config) -> list[str]:
    """Return the folders of the datasets, in the order in which the config names them."""
    loaders = [config.get(f"{part}_dataloader") for part in ("train", "val", "test")]
    leaves = flat([loader for loader in loaders if loader])
    return list(dict.fromkeys(str(v) for key, v in leaves if key.endswith(".data_root") and v))


def _portable(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, str):
        for root, name in names.items():
            if value == root or value.startswith(f"{root}/"):
                return name + value[len(root) :]
    return value if isinstance(value, str) else repr(value)


def _digest(root: str) -> str:
    info = Path(root) / DATASET_INFO
    return hashlib.sha1(info.read_bytes()).hexdigest()[:12] if info.is_file() else ""


def translates(config: Config) -> bool:
    """Return whether a run trains a CycleGAN, which then translates its source."""
    return find_component(str(config.model.get("type"))) is CycleGAN


def known_scores(config: Config, classes: tuple[str, ...] | None) -> set[str] | None:
    """Return the names of the scores that a test of ``config`` writes.

    Args:
        config: A final config.
        classes: The data's class names where the config does not tell them.

    Returns:
        The names, or None where they cannot be known before the test.
    """
    evaluators = config.get("test_evaluator") or []
    evaluators = [evaluators] if isinstance(evaluators, dict) else evaluators
    classes = _class_names(config) or classes
    if classes is None or any(
        find_component(str(e.get("type"))) is not SegmentationMetric for e in evaluators
    ):
        return None
    subsets = [name for evaluator in evaluators for name in evaluator.get("subsets") or {}]
    return {
        *("mIoU", "mF1", "aAcc"),
        *(f"mIoU/{name}" for name in subsets),
        *(f"{score}/{name}" for score in ("IoU", "F1") for name in classes),
    }


def _class_names(config: Config) -> tuple[str, ...] | None:
    dataset = (config.get("test_dataloader") or {}).get("dataset") or {}
    component = find_component(str(dataset.get("type")))
    own = getattr(component, "METAINFO", {}).get("classes")
    info = Path(str(dataset.get("data_root"))) / DATASET_INFO
    if own is None and info.is_file():
        own = json.loads(info.read_text(encoding="utf-8")).get("classes")
    return None if own is None else tuple(own)


def check_score(score: str, known: set[str] | None, where: str) -> None:
    """Raise a :class:`ConfigError` for a score that no test writes."""
    if known is not None and score not in known:
        raise ConfigError(
            f"{where}: the test gives no score `{score}`."
            + (did_you_mean(score, known) or f" It gives {', '.join(sorted(known))}.")
        )
