"""Evaluation of a checkpoint on the config's test set."""

from __future__ import annotations

from pathlib import Path

from mmengine.config import Config

from mmda.engine.inference import without_pretrained
from mmda.engine.launch import build_runner, prepare
from mmda.engine.loader_restart import stop_workers


def evaluate(
    config: Config,
    checkpoint: str | Path,
    work_dir: str | Path,
    *,
    launcher: str = "none",
    show_dir: str | Path | None = None,
) -> dict[str, float]:
    """Return the scores of ``checkpoint`` on the config's test set.

    Args:
        config: A config from :func:`~mmda.engine.launch.load_config`.
        checkpoint: Path of the checkpoint.
        work_dir: Where the log goes.
        launcher: As in :func:`~mmda.engine.launch.prepare`.
        show_dir: Folder for a picture (image, truth, prediction) of each test sample.
    """
    config = prepare(config, work_dir, launcher=launcher)
    config.load_from, config.resume = str(checkpoint), False
    without_pretrained(config.model)
    if show_dir is not None:
        hook = dict(type="ShowPredictionsHook", show_dir=str(show_dir))
        config.custom_hooks = [*config.get("custom_hooks", []), hook]
    runner = build_runner(config, training=False)
    try:
        return {name: float(value) for name, value in runner.test().items()}
    finally:
        stop_workers(runner)
