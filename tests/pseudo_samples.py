"""A tiny model and target for the tests of pseudo-labels."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope

from mmda.engine.launch import load_config
from mmda.engine.unlabelled_data import evaluation_pipeline, true_labels, unlabelled
from mmda.pseudo.sweep import Sweep, SweepSummary
from mmda.pseudo.thresholds import ThresholdRule
from mmda.registry import MODELS


def model_and_target(config_path: str, **target: Any) -> tuple[Any, Any, dict]:
    """Return an initialised model, the unlabelled target and the target's config."""
    init_default_scope("mmda")
    config = load_config(config_path)
    MMLogger.get_current_instance().setLevel("ERROR")
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    described = {**config.train_dataloader.dataset.target, **target}
    return model, unlabelled(described, evaluation_pipeline(config)), described


def sweep(
    model: Any, target: Any, out: Path, rule: str = "median", truth: Any = None, **kwargs: Any
) -> SweepSummary:
    """Run a sweep without progress bars."""
    kwargs.setdefault("batch_size", 3)
    parsed = ThresholdRule.parse(rule)
    return Sweep(model, target, str(out), parsed, truth, progress=False, **kwargs).run()


def digests(folder: Path) -> dict[str, str]:
    """Return a digest of every file in ``folder``; paths of images depend on where it is."""
    return {
        str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".parquet"
    }


__all__ = ["digests", "model_and_target", "sweep", "true_labels"]
