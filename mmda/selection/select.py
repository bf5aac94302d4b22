"""Choosing among the checkpoints of trainings, without target labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mmengine.config import Config
from tqdm import tqdm

from mmda.engine.launch import load_config
from mmda.errors import ConfigError, MMDAError
from mmda.models.segmentors import UDASegmentor
from mmda.registry import MODELS
from mmda.selection.cache import Measurer
from mmda.selection.candidates import Candidate, find_candidates
from mmda.selection.choice import choose
from mmda.selection.datasets import learns_from_target_labels
from mmda.selection.identity import Tiles, check_one_target, weights_digest
from mmda.selection.options import SelectOptions
from mmda.selection.outcome import ScoredModel, Selection

CHOICE = "selection.json"
"""File, in a folder of trainings, of the choice among its checkpoints."""
DEFAULT = SelectOptions()


def select_models(
    folders: Sequence[str | Path],
    data: str | Path | None = None,
    options: SelectOptions = DEFAULT,
    device: str | None = None,
) -> Selection:
    """Measure all checkpoints in folders and choose one; the arguments are those of ``select``.

    The choice among the checkpoints of a single folder is written to ``selection.json`` in it.
    """
    candidates = find_candidates(folders)
    measurer = Measurer(None if data is None else Path(data), options, device)
    left_out: dict[str, str] = {}
    configs = _configs(candidates, measurer, left_out)
    targets = _targets(configs, measurer)
    check_one_target(targets)
    models, files = [], []
    bar = tqdm(candidates, "checkpoints", disable=not options.progress or len(candidates) < 2)
    for one in bar:
        if one.name not in configs:
            continue
        try:
            files.append(measurer.measure(one.checkpoint, configs[one.name]))
            models.append(ScoredModel(one.name, one.checkpoint, one.config, {}))
        except MMDAError as error:
            left_out[one.name] = str(error)
    if not models:
        reasons = "; ".join(f"`{name}`: {reason}" for name, reason in left_out.items())
        raise ConfigError(f"None of the checkpoints can be compared. {reasons}")
    selection = replace(
        choose(models, files, options.rule, left_out),
        digests={one.name: weights_digest(one.checkpoint) for one in candidates},
        target=next(iter(targets.values())),
    )
    if len(folders) == 1 and Path(folders[0]).is_dir():
        selection.write(Path(folders[0]) / CHOICE)
    return selection


def _configs(
    candidates: Sequence[Candidate], measurer: Measurer, left_out: dict[str, str]
) -> dict[str, Config]:
    """Return the configs of the checkpoints that may be chosen, by name, and why others may not."""
    read: dict[Path, Config] = {}
    found = {}
    for one in candidates:
        try:
            config = _config(one, read)
            if learns_from_target_labels(config, measurer.data):
                raise ConfigError("it was trained on labels of the target.")
        except MMDAError as error:
            left_out[one.name] = str(error)
        else:
            found[one.name] = config
    return found


def _config(candidate: Candidate, read: dict[Path, Config]) -> Config:
    path = candidate.config
    if path is None:
        raise ConfigError(
            f"There is no config beside the checkpoint `{candidate.checkpoint}`. Put the config "
            "(.py) that it was trained with into its folder."
        )
    if path not in read:
        config = load_config(path)
        kind = MODELS.get(config.model.type)
        if not (isinstance(kind, type) and issubclass(kind, UDASegmentor)):
            raise ConfigError(f"its model is a {config.model.type}; only segmentors are compared.")
        read[path] = config
    return read[path]


def _targets(configs: Mapping[str, Config], measurer: Measurer) -> dict[str, Tiles]:
    """Return the target tiles of the checkpoints by name, without those that will be left out."""
    targets: dict[str, Tiles] = {}
    known: dict[int, Tiles] = {}
    for name, config in configs.items():
        with suppress(MMDAError):  # which is told where the checkpoint is measured
            known[id(config)] = known.get(id(config)) or measurer.target(config)
            targets[name] = known[id(config)]
    return targets
