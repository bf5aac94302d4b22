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
from mmda.selection.cache import Measurer
from mmda.selection.candidates import Candidate, find_candidates
from mmda.selection.choice import choose
from mmda.selection.datasets import learns_from_target_labels
from mmda.selection.identity import Tiles, check_one_target, file_digest
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
    models, files, left_out = [], [], {}
    configs = {path: load_config(path) for path in {one.config for one in candidates}}
    targets = _targets(candidates, configs, measurer)
    check_one_target(targets)
    bar = tqdm(candidates, "checkpoints", disable=not options.progress or len(candidates) < 2)
    for candidate in bar:
        try:
            files.append(_measured(candidate, configs[candidate.config], measurer))
            models.append(ScoredModel(candidate.name, candidate.checkpoint, candidate.config, {}))
        except MMDAError as error:
            left_out[candidate.name] = str(error)
    if not models:
        reasons = "; ".join(f"`{name}`: {reason}" for name, reason in left_out.items())
        raise ConfigError(f"None of the checkpoints can be compared. {reasons}")
    digests = {one.name: file_digest(one.checkpoint) for one in candidates}
    selection = replace(
        choose(models, files, options.rule, left_out),
        digests=digests,
        target=next(iter(targets.values())),
    )
    if len(folders) == 1 and Path(folders[0]).is_dir():
        selection.write(Path(folders[0]) / CHOICE)
    return selection


def _targets(
    candidates: Sequence[Candidate], configs: Mapping[Path, Config], measurer: Measurer
) -> dict[str, Tiles]:
    """Return the target tiles of the checkpoints by name, without those that will be left out."""
    targets: dict[str, Tiles] = {}
    for path, name in {one.config: one.name for one in candidates}.items():
        if not learns_from_target_labels(configs[path], measurer.data):
            with suppress(MMDAError):  # which is told where the checkpoint is measured
                targets[name] = measurer.target(configs[path])
    return targets


def _measured(candidate: Candidate, config: Config, measurer: Measurer) -> Path:
    if learns_from_target_labels(config, measurer.data):
        raise ConfigError("it was trained on labels of the target.")
    return measurer.measure(candidate.checkpoint, config)
