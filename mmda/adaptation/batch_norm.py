"""A checkpoint with the target's batch-norm statistics, as ``mmda adapt-bn`` makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmda.adaptation.checkpoints import adapted_path, write_adapted
from mmda.adaptation.target import open_target
from mmda.engine.inference import load_trained
from mmda.engine.launch import ConfigSource, load_config
from mmda.models.batch_norm import AdaptedLayers, adapt_statistics, batch_norm_layers, check_options


def adapt_checkpoint(
    config: ConfigSource,
    checkpoint: str | Path,
    out: str | Path | None,
    *,
    blend: float,
    passes: int,
    device: str | None,
    cfg_options: dict[str, Any],
    **target: Any,
) -> tuple[Path, AdaptedLayers, list[str]]:
    """Write a checkpoint with the target's statistics.

    The network that predicts is adapted: the student, or the teacher where the config's
    ``evaluate`` names it.

    Args:
        config: As in :func:`~mmda.api.adaptation.adapt_bn`, and so are the other arguments.
        checkpoint: The trained model.
        out: The file to write.
        blend: Share of the source's statistics.
        passes: Number of passes over the target.
        device: Where the network runs.
        cfg_options: Overrides of the config.
        target: Arguments of :func:`~mmda.adaptation.target.open_target`.

    Returns:
        The file, what was done, and warnings of rasters.
    """
    path = adapted_path(checkpoint, out, "_adabn")
    check_options(blend, passes)
    loaded = load_config(config, cfg_options)
    model, meta = load_trained(loaded, checkpoint, device)
    batch_norm_layers(model.predictor)
    opened = open_target(model, loaded, **target)
    adapted = adapt_statistics(model.predictor, lambda: opened.batches, blend, passes)
    if opened.training_data is not None:
        model.dataset_meta = {**(model.dataset_meta or {}), "training_data": opened.training_data}
    record = {"target": opened.names, "blend": blend, "passes": passes, "tiles": adapted.images}
    write_adapted(model, meta, path, adapted_batch_norm=record)
    return path, adapted, list(dict.fromkeys(opened.warnings))
