"""A checkpoint with the target's batch-norm statistics, as ``mmda adapt-bn`` makes it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mmda.adaptation.checkpoints import adapted_path, write_adapted
from mmda.adaptation.target import open_target
from mmda.engine.inference import load_trained
from mmda.engine.launch import ConfigSource, load_config
from mmda.errors import ConfigError, DataError
from mmda.models.batch_norm import (
    AdaptedLayers,
    TargetBatch,
    Tent,
    adapt_statistics,
    batch_norm_layers,
    check_options,
)


def adapt_checkpoint(
    config: ConfigSource,
    checkpoint: str | Path,
    out: str | Path | None,
    *,
    blend: float,
    passes: int,
    tent: int,
    lr: float,
    device: str | None,
    cfg_options: dict[str, Any],
    **target: Any,
) -> tuple[Path, AdaptedLayers, list[float], list[str]]:
    """Write a checkpoint with the target's statistics.

    The network that predicts is adapted: the student, or the teacher where the config's
    ``evaluate`` names it.

    Args:
        config: As in :func:`~mmda.api.adaptation.adapt_bn`, and so are the other arguments.
        checkpoint: The trained model.
        out: The file to write.
        blend: Share of the source's statistics.
        passes: Number of passes over the target.
        tent: Number of steps of entropy minimisation before.
        lr: Their learning rate.
        device: Where the network runs.
        cfg_options: Overrides of the config.
        target: Arguments of :func:`~mmda.adaptation.target.open_target`.

    Returns:
        The file, what was done, the entropy before each step, and warnings of rasters.
    """
    if tent < 0:
        raise ConfigError(f"Tent: expected 0 or more steps, got {tent}.")
    path = adapted_path(checkpoint, out, "_tent" if tent else "_adabn")
    minimiser = Tent(lr) if tent else None
    check_options(blend, passes)
    loaded = load_config(config, cfg_options)
    model, meta = load_trained(loaded, checkpoint, device)
    batch_norm_layers(model.predictor)
    opened = open_target(model, loaded, **target)
    if minimiser is not None:
        minimise_entropy(minimiser, model.predictor, opened.batches, tent)
    adapted = adapt_statistics(model.predictor, lambda: opened.batches, blend, passes)
    if opened.training_data is not None:
        model.dataset_meta = {**(model.dataset_meta or {}), "training_data": opened.training_data}
    record = {"target": opened.names, "blend": blend, "passes": passes, "tiles": adapted.images}
    if minimiser is not None:
        record.update(tent=tent, lr=lr)
    write_adapted(model, meta, path, adapted_batch_norm=record)
    entropy = [] if minimiser is None else minimiser.entropy
    return path, adapted, entropy, list(dict.fromkeys(opened.warnings))


def minimise_entropy(tent: Tent, network: Any, batches: Iterable[TargetBatch], steps: int) -> None:
    """Take steps of entropy minimisation on the target's batches, over and over.

    Args:
        tent: The minimiser, of one step per batch.
        network: The network in evaluation mode; the scales and shifts of its batch norm change.
        batches: The target.
        steps: Number of steps, 1 or more.

    Raises:
        DataError: When no pixel of the target counts.
    """
    while len(tent.entropy) < steps:
        before = len(tent.entropy)
        for batch in batches:
            if batch.pixels():
                with tent.adapted(network, batch.images, batch.counted):
                    pass  # the step is all
            if len(tent.entropy) == steps:
                return
        if len(tent.entropy) == before:
            raise DataError("Tent: no pixel of the target counts. Give tiles that hold data.")
