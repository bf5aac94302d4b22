"""Labelling a target dataset with a trained model, as ``mmda pseudo_label`` does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.engine.inference import load_model
from mmda.engine.launch import load_config
from mmda.engine.unlabelled_data import (
    evaluation_pipeline,
    target_dataset,
    true_labels,
    unlabelled,
)
from mmda.errors import ConfigError
from mmda.pseudo.easy import check_share, rank_tiles
from mmda.pseudo.sweep import Sweep, SweepSummary
from mmda.pseudo.thresholds import ThresholdRule


def label_target(
    config: str | Path,
    checkpoint: str | Path,
    out: str | Path,
    rule: ThresholdRule,
    *,
    data: str | None = None,
    split: str | None = None,
    softmax: str | None = None,
    batch_size: int = 4,
    workers: int = 0,
    device: str | None = None,
    easy: float | None = None,
    overwrite: bool = False,
    cfg_options: Mapping[str, Any] | None = None,
) -> SweepSummary:
    """Write a model's confident predictions as labels of a tiled dataset.

    Args:
        config: Config of the model.
        checkpoint: Its checkpoint.
        out: Folder for the labels.
        rule: How thresholds are chosen.
        data: Folder of the tiled dataset to label; by default the config's target.
        split: Its split; by default that of the config, or ``train``.
        softmax: ``'after'`` or ``'before'`` the maps are resized, see
            :class:`~mmda.pseudo.network.NetworkPredictor`; by default as in the config's
            ``PseudoLabelHook``, or ``'after'``.
        batch_size: Number of tiles per batch.
        workers: Number of processes that load tiles.
        device: ``cpu``, ``cuda``, ...; by default the GPU if there is one.
        easy: Share of the tiles to label: those on which the model is most certain. The others are
            listed in ``out/hard.txt``, see :func:`~mmda.pseudo.easy.rank_tiles`. None for all.
        overwrite: Whether labels of another model in ``out`` may be replaced.
        cfg_options: Overrides of the config by dotted key.

    Raises:
        ConfigError: When the config has no target, the checkpoint or an option does not fit, the
            dataset is of another task, or the model's ``test_time`` keeps what it learns.
        DataError: When the dataset is missing, or ``out`` has other content.
    """
    if easy is not None:
        check_share(easy)
    options = dict(cfg_options or {})
    loaded = load_config(config, options)
    described = target_dataset(loaded, data, split)
    model = load_model(config, checkpoint, device, options)
    dataset = unlabelled(described, evaluation_pipeline(loaded))
    classes = len(dataset.metainfo["classes"])
    if classes != model.num_classes:
        raise ConfigError(
            f"`{dataset.data_root}` has {classes} classes, but the model has {model.num_classes}. "
            "Use a dataset of the model's task."
        )
    truth, ranked = true_labels(described, dataset), None
    if easy is not None:
        ranked = rank_tiles(model, dataset, easy, batch_size, workers)
        kept = ranked.easy_of(dataset)
        dataset = dataset.get_subset(kept)
        truth = None if truth is None else truth.get_subset(kept)
    summary = Sweep(
        model,
        dataset,
        str(out),
        rule,
        truth,
        softmax=softmax or _softmax(loaded),
        batch_size=batch_size,
        num_workers=workers,
        overwrite=overwrite,
    ).run()
    if ranked is not None:
        ranked.write(Path(out))
    return summary


def _softmax(config: Config) -> str:
    """Return when the config's ``PseudoLabelHook`` turns logits into probabilities."""
    hooks = config.get("custom_hooks") or []
    found = [hook for hook in hooks if hook["type"] == "PseudoLabelHook"]
    return found[0].get("softmax", "after") if found else "after"
