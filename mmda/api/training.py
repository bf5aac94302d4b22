"""Training and testing in Python: what ``mmda train`` and ``mmda test`` call."""
# ruff: noqa: PT028  # the function `test` is no test of pytest

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mmda.errors import ConfigError
from mmda.evaluation.nam import nam
from mmda.utils.files import atomic_write_text

if TYPE_CHECKING:
    from mmengine.config import Config

Precision = Literal["bf16", "fp16"]
Launcher = Literal["none", "pytorch", "slurm", "mpi"]


@dataclass(frozen=True)
class TrainResult:
    """A finished training.

    Attributes:
        work_dir: Folder of its logs and checkpoints.
        checkpoint: The newest checkpoint; ``None`` where the config keeps none.
        iterations: Number of iterations that the model has been trained for, earlier runs that
            were resumed included.
        metrics: Scores of the last validation in percent, ``mIoU`` among them; empty where the
            config validates nothing.
    """

    work_dir: Path
    checkpoint: Path | None
    iterations: int
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class TestResult:
    """Scores of a checkpoint on a test set.

    Attributes:
        checkpoint: The checkpoint.
        metrics: Scores in percent: ``mIoU``, ``mF1``, ``aAcc``, ``IoU/<class>``, ``F1/<class>``,
            and ``NAM`` where it was asked for. A class that neither occurs nor is predicted has
            NaN.
    """

    __test__ = False  # pytest takes it for a test otherwise

    checkpoint: Path
    metrics: Mapping[str, float]

    def write(self, path: str | Path) -> None:
        """Write the scores to a JSON file, with ``null`` for NaN, which JSON does not have."""
        finite = {name: v if math.isfinite(v) else None for name, v in self.metrics.items()}
        atomic_write_text(path, json.dumps(finite, indent=2) + "\n")


Bound = TestResult | float | str | Path
"""A model's mIoU (percent), its test result, or a file that :meth:`TestResult.write` wrote."""


def train(
    config: str | Path | Config,
    *,
    work_dir: str | Path | None = None,
    seed: int | None = None,
    resume: bool | str | Path | None = None,
    amp: bool | Precision = False,
    launcher: Launcher = "none",
    trust: bool = False,
    log: Sequence[str] = (),
    pictures: int | None = None,
    cfg_options: Mapping[str, Any] | None = None,
) -> TrainResult:
    """Train a segmentor.

    Args:
        config: Config file, a name that ``mmda configs`` lists, or a loaded config.
        work_dir: Where logs and checkpoints go; by default the config's own ``work_dir``, or
            ``work_dirs/`` and the config's path below ``configs`` or ``work_dirs``.
        seed: Seed of weights, samples and augmentation; by default the config's.
        resume: True to go on from the newest checkpoint in ``work_dir``, if there is one; or the
            path of a checkpoint. By default what the config says.
        amp: Mixed precision: True for fp16 on GPUs and bf16 elsewhere, or one of these.
        launcher: How the processes of a distributed training were started.
        trust: Whether checkpoints may run code while they are read; else those that need it are
            refused.
        log: Where curves and pictures of predictions go besides the folder: ``tensorboard``,
            ``mlflow``, ``wandb``, ``clearml``, ``neptune``, ``dvclive`` or ``aim``.
        pictures: Number of iterations between two pictures; by default a twentieth of the training.
        cfg_options: Overrides of the config by dotted key, such as ``{"train_cfg.max_iters": 9}``.

    Returns:
        The training's folder, checkpoint and scores.

    Raises:
        ConfigError: When the config, an option or a checkpoint does not fit.
        DataError: When a dataset is missing, damaged or does not fit the config, or the disk is
            full.

    Example:
        >>> from mmda import train
        >>> options = {"train_cfg.max_iters": 3, "train_cfg.val_interval": 3}
        >>> result = train("config.py", work_dir="runs/first", seed=1, cfg_options=options)
        >>> result.iterations, result.checkpoint.name
        (3, 'iter_3.pth')
    """
    from mmda.engine.checkpoint import latest_checkpoint
    from mmda.engine.checkpoint_loader import trusted_checkpoints
    from mmda.engine.launch import build_runner, choose_work_dir, load_config, prepare
    from mmda.engine.loader_restart import stop_workers
    from mmda.engine.trackers import add_trackers

    loaded = load_config(config, {**(cfg_options or {}), **_seed_option(seed)})
    add_trackers(loaded, log, pictures)
    resume = loaded.get("resume", False) if resume is None else resume
    folder = choose_work_dir(loaded, work_dir)
    prepared = prepare(loaded, folder, launcher=launcher, precision=_precision(amp), resume=resume)
    with trusted_checkpoints(trust):
        runner = build_runner(prepared)
        try:
            runner.train()
        finally:
            stop_workers(runner)
    scores = {
        name.removeprefix("val/"): float(history.current())
        for name, history in runner.message_hub.log_scalars.items()
        if name.startswith("val/") and not name.endswith("time")
    }
    return TrainResult(folder, latest_checkpoint(folder), runner.iter, scores)


def test(
    config: str | Path | Config,
    checkpoint: str | Path,
    *,
    work_dir: str | Path | None = None,
    source_only: Bound | None = None,
    target_only: Bound | None = None,
    show_dir: str | Path | None = None,
    launcher: Launcher = "none",
    trust: bool = False,
    cfg_options: Mapping[str, Any] | None = None,
) -> TestResult:
    """Evaluate a checkpoint on the config's test set.

    Args:
        config: As in :func:`train`.
        checkpoint: Path of the checkpoint.
        work_dir: Where the log goes, as in :func:`train`.
        source_only: The model trained on the source alone, for the normalised adaptation measure
            (``NAM``), see :func:`~mmda.evaluation.nam.nam`.
        target_only: The model trained on target labels; NAM needs both.
        show_dir: Folder for a picture (image, truth, prediction) of each test sample.
        launcher: As in :func:`train`.
        trust: As in :func:`train`.
        cfg_options: Overrides of the config by dotted key.

    Returns:
        The scores.

    Raises:
        ConfigError: When the config, an option, the checkpoint or one of the bounds does not fit.
        DataError: When the dataset is missing, damaged or does not fit the config.

    Example:
        >>> from mmda import test
        >>> result = test("config.py", "iter_60.pth", source_only=40.0, target_only=80.0)
        >>> sorted(result.metrics)[:3]
        ['F1/background', 'F1/building', 'IoU/background']
        >>> 0 < result.metrics["mIoU"] <= 100
        True
    """
    if (source_only is None) != (target_only is None):
        raise ConfigError("NAM needs both `source_only` and `target_only`: give both, or none.")
    bounds = [_miou(bound) for bound in (source_only, target_only) if bound is not None]

    from mmda.engine.checkpoint_loader import trusted_checkpoints
    from mmda.engine.evaluate import evaluate
    from mmda.engine.launch import choose_work_dir, load_config

    loaded = load_config(config, dict(cfg_options or {}))
    folder = choose_work_dir(loaded, work_dir)
    with trusted_checkpoints(trust):
        metrics = evaluate(loaded, checkpoint, folder, launcher=launcher, show_dir=show_dir)
    if bounds:
        metrics["NAM"] = nam(bounds[0], metrics["mIoU"], bounds[1])
    return TestResult(Path(checkpoint), metrics)


def _seed_option(seed: int | None) -> dict[str, int]:
    if seed is None:
        return {}
    if not 0 <= seed < 2**32:
        raise ConfigError(f"The seed must lie in 0..{2**32 - 1}, but got {seed}.")
    return {"randomness.seed": seed}


def _precision(amp: bool | str) -> str | None:
    if amp is True:
        import torch

        return "fp16" if torch.cuda.is_available() else "bf16"
    if amp not in (False, "bf16", "fp16"):
        raise ConfigError(f"`amp` must be True, False, bf16 or fp16, but got `{amp}`.")
    return amp or None


def _miou(bound: Bound) -> float:
    """Return the mIoU in percent that ``bound`` stands for."""
    if isinstance(bound, TestResult):
        return bound.metrics["mIoU"]
    if not isinstance(bound, (str, Path)):
        return float(bound)
    try:
        return float(json.loads(Path(bound).read_text(encoding="utf-8"))["mIoU"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"`{bound}` holds no `mIoU` ({error!r}). Give the file that `mmda test --out` wrote."
        ) from error
