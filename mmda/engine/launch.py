"""From a config file to a Runner, checked on the way."""

from __future__ import annotations

import copy
import itertools
from pathlib import Path
from typing import TypeAlias

import torch
import torch.distributed
from mmengine.config import Config
from mmengine.dist import get_world_size
from mmengine.registry import init_default_scope
from mmengine.runner import Runner

from mmda.engine.checkpoint import (
    check_fits,
    check_resumable,
    checkpoint_bytes,
    latest_checkpoint,
    read_checkpoint,
    remove_leftovers,
)
from mmda.engine.config_check import check_config, require_keys
from mmda.engine.config_parts import check_overrides
from mmda.engine.config_text import import_formatter
from mmda.engine.data_check import check_data
from mmda.engine.pretrained import check_pretrained
from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.utils.files import ensure_free_space
from mmda.utils.shipped_configs import config_file, default_work_dir

LAUNCHERS = ("none", "pytorch", "slurm", "mpi")
REQUIRED = {
    True: ("train_dataloader", "optim_wrapper", "train_cfg"),
    False: ("test_dataloader", "test_evaluator", "test_cfg"),
}
MMENGINE_HOOKS = {
    "runtime_info", "timer", "sampler_seed", "logger", "param_scheduler", "checkpoint",
}  # fmt: skip
"""Default hooks that MMEngine adds unless the config says None."""


ConfigSource: TypeAlias = str | Path | Config
"""A config file, or a config that is loaded already."""
_runs = itertools.count(1)


def load_config(source: ConfigSource, cfg_options: dict | None = None) -> Config:
    """Read a config, merge overrides and check it for typos.

    Args:
        source: Path of a config, the name of one of mmda's (``mmda::toy/adapted.py``), or
            a loaded one, of which a copy is returned.
        cfg_options: Values by dotted key.

    Raises:
        ConfigError: When the file is missing or faulty, or names something unknown.
    """
    config = copy.deepcopy(source) if isinstance(source, Config) else _read_file(source)
    check_overrides(config, cfg_options or {})
    try:
        config.merge_from_dict(cfg_options or {})
    except (KeyError, TypeError, AssertionError) as error:
        raise ConfigError(f"--cfg-options {cfg_options}: {error}.") from error
    check_config(config)
    return config


def _read_file(source: str | Path) -> Config:
    path = config_file(source)
    if not path.is_file():
        raise ConfigError(f"The config `{path}` does not exist. `mmda configs` lists mmda's own.")
    try:
        return Config.fromfile(str(path))
    except Exception as error:  # a config is a program: it can fail in any way
        kind = type(error).__name__
        raise ConfigError(f"The config `{path}` cannot be read: {kind}: {error}.") from error


def choose_work_dir(config: Config, work_dir: str | Path | None) -> Path:
    """Return where a run's logs and checkpoints go.

    Args:
        config: The run's config.
        work_dir: The user's choice. By default the config's own ``work_dir``, and else
            :func:`~mmda.utils.shipped_configs.default_work_dir`.

    Raises:
        ConfigError: When nothing names a folder, as the config was not read from a file.
    """
    if chosen := work_dir or config.get("work_dir"):
        return Path(chosen)
    if config.filename is None:
        raise ConfigError("This config was not read from a file: give a `work_dir`.")
    return default_work_dir(config.filename)


def prepare(
    config: Config,
    work_dir: str | Path,
    *,
    launcher: str = "none",
    precision: str | None = None,
    resume: bool | str | Path = False,
) -> Config:
    """Complete a config for a run.

    Args:
        config: A config from :func:`load_config`.
        work_dir: Where logs and checkpoints go.
        launcher: ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.
        precision: ``'bf16'`` or ``'fp16'`` for mixed precision.
        resume: True to go on from the newest checkpoint in ``work_dir`` (where there is none, from
            the start, and the config's ``load_from``), or a checkpoint's path.

    Raises:
        ConfigError: When the launcher is unknown or needs GPUs that are not there.
    """
    if launcher not in LAUNCHERS:
        raise ConfigError(f"Unknown launcher `{launcher}`; expected one of {', '.join(LAUNCHERS)}.")
    config.work_dir, config.launcher = str(work_dir), launcher
    _name_run(config)
    if precision is not None:
        require_keys(config, ("optim_wrapper",))
        config.optim_wrapper.precision = precision
    if resume:
        remove_leftovers(work_dir)
        newest = latest_checkpoint(work_dir) if resume is True else Path(str(resume))
        config.resume = newest is not None
        if newest is not None:  # else the config's own initial weights
            config.load_from = str(newest)
    if launcher != "none" and not torch.cuda.is_available():
        _use_gloo(config, launcher)
    return config


def _name_run(config: Config) -> None:
    """Name the second and later runs of a process, as runs of equal name share their logs."""
    number = next(_runs)
    if number == 1:
        return
    name = config.get("experiment_name") or Path(config.filename or "run").stem
    config.experiment_name = f"{name}-{number}"
    if config.get("visualizer"):
        config.visualizer.name = f"{config.visualizer.get('name', 'visualizer')}-{number}"


def _use_gloo(config: Config, launcher: str) -> None:
    """Distributed training without a GPU, which MMEngine's launcher does not do by itself."""
    if launcher != "pytorch":
        raise ConfigError(f"The launcher {launcher} needs GPUs; on CPUs use the launcher pytorch.")
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group("gloo")
    config.env_cfg.dist_cfg = dict(backend="gloo")
    config.model_wrapper_cfg = {
        "type": "MMDistributedDataParallel",
        "broadcast_buffers": False,
        "find_unused_parameters": config.get("find_unused_parameters", False),
        **(config.get("model_wrapper_cfg") or {}),
        "device_ids": None,
    }


def build_runner(config: Config, *, training: bool = True) -> Runner:
    """Check the data and the checkpoint, then build the Runner.

    Raises:
        DataError: When a dataset is missing, empty, damaged or does not fit the config, or the
            disk has no room for the checkpoints.
        ConfigError: When the checkpoint or a pretrained backbone's weights do not fit, or the
            checkpoints' interval does not fit gradient accumulation.
    """
    init_default_scope("mmda")
    require_keys(config, REQUIRED[training])
    _drop_hooks(config)
    _check_checkpoint_interval(config)
    warnings = check_data(config, training=training)
    checkpoint = read_checkpoint(config.load_from) if config.get("load_from") else None
    import_formatter()
    runner = Runner.from_cfg(config)
    for warning in warnings:
        runner.logger.warning(warning)
    if training:
        check_pretrained(unwrapped(runner.model))
    if checkpoint is not None:
        check_fits(unwrapped(runner.model), checkpoint, config.load_from)
        if training and config.get("resume"):
            size = config.train_dataloader.get("batch_size", 1)
            check_resumable(checkpoint, config.load_from, get_world_size(), size)
    saving = _checkpoint_hook(config)
    if training and saving is not None:
        keep = saving.get("max_keep_ckpts", 2)
        needed = checkpoint_bytes(runner.model) * (max(keep, 1) + 1)
        ensure_free_space(config.work_dir, needed)
    return runner


def _drop_hooks(config: Config) -> None:
    """Drop the hooks that are None, which MMEngine refuses for names other than its own."""
    hooks = config.get("default_hooks") or {}
    for name in [name for name, hook in hooks.items() if hook is None]:
        if name not in MMENGINE_HOOKS:
            del hooks[name]


def _checkpoint_hook(config: Config) -> dict | None:
    """Return the checkpoint hook's settings; None where it is left out."""
    return (config.get("default_hooks") or {}).get("checkpoint", {})


def _check_checkpoint_interval(config: Config) -> None:
    cycle = config.get("optim_wrapper", {}).get("accumulative_counts", 1)
    saving = _checkpoint_hook(config)
    interval = -1 if saving is None else saving.get("interval", 1)
    if interval > 0 and interval % cycle:
        raise ConfigError(
            f"default_hooks.checkpoint.interval is {interval}, optim_wrapper.accumulative_counts "
            f"{cycle}: a checkpoint inside an accumulation cycle would lose its gradients. Make "
            f"the interval a multiple of {cycle}."
        )
