"""Checks the parts of a config that are not registered components, and overrides."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable

from mmengine.config import Config
from mmengine.hooks import CheckpointHook
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner

from mmda.engine.joint_optim_wrapper import JointOptimWrapper
from mmda.errors import ConfigError, did_you_mean
from mmda.models.segmentors import Teacher

INTERNAL = {"type", "_delete_", "_scope_"}
READ_LATER = {"compile", "model_wrapper_cfg", "find_unused_parameters", "sync_bn"}
"""Settings that MMEngine's Runner reads from the config and not from its arguments."""


def check_keys(config: dict, accepted: set[str], path: str, what: str) -> None:
    """Raise a :class:`ConfigError` if ``config`` has a key that is not accepted.

    Args:
        config: Part of a config.
        accepted: The keys that it may have.
        path: Where the part is in the config, for the message.
        what: Name of the part, for the message.
    """
    for key in config:
        if key not in accepted | INTERNAL:
            raise ConfigError(
                f"{path}: {what} has no argument `{key}`."
                + (did_you_mean(key, accepted) or f" It has {sorted(accepted)}.")
            )


def check_parts(config: Config) -> None:
    """Check the teacher, the random seed, the default hooks and the optimisers."""
    teacher = config.model.get("teacher")
    if teacher is not None:
        check_keys(teacher, _arguments(Teacher) - {"segmentor"}, "model.teacher", "the teacher")
    randomness = config.get("randomness") or {}
    check_keys(randomness, _arguments(Runner.set_randomness), "randomness", "`randomness`")
    _check_default_hooks(config.get("default_hooks") or {})
    optimisation = config.get("optim_wrapper") or {}
    if optimisation.get("constructor") == "JointOptimWrapperConstructor":
        _check_optimisers(optimisation)


def check_overrides(config: Config, options: Iterable[str]) -> None:
    """Raise a :class:`ConfigError` for an override of a section that does not exist.

    A new top-level name would have no effect, as the config's own variables were used when it was
    read.
    """
    known = {*config, *_arguments(Runner), *READ_LATER}
    for option in options:
        section = option.split(".")[0]
        if section not in known:
            raise ConfigError(
                f"--cfg-options {option}: the config has no `{section}`."
                + did_you_mean(section, known)
            )


def _check_default_hooks(hooks: dict) -> None:
    for name, hook in hooks.items():
        if isinstance(hook, dict) and "type" not in hook:
            raise _nameless(f"default_hooks.{name}", name, [n for n in hooks if n != name])
    checkpoint = hooks.get("checkpoint")
    if checkpoint and checkpoint["type"] == "ResumableCheckpointHook":
        accepted = _arguments(CheckpointHook)
        check_keys(checkpoint, accepted, "default_hooks.checkpoint", "the checkpoint hook")


def _check_optimisers(config: dict) -> None:
    own = _arguments(JointOptimWrapper) - {"optim_wrappers"}
    check_keys(config, own | {"constructor", "optimizers"}, "optim_wrapper", "the joint optimiser")
    optimizers = config.get("optimizers") or {}
    for name, optimizer in optimizers.items():
        path = f"optim_wrapper.optimizers.{name}"
        accepted = _arguments(OptimWrapper) | {"params", "paramwise_cfg"}
        check_keys(optimizer, accepted, path, f"the optimiser `{name}`")
        if "params" not in optimizer or "type" not in (optimizer.get("optimizer") or {}):
            others = [n for n in optimizers if n != name]
            raise ConfigError(
                f"{path} needs `params` and `optimizer.type`." + did_you_mean(name, others)
            )


def _nameless(path: str, name: str, others: list[str]) -> ConfigError:
    return ConfigError(f"{path} has no `type`." + did_you_mean(name, others))


def _arguments(function: Callable) -> set[str]:
    target = function.__init__ if inspect.isclass(function) else function  # type: ignore[misc]
    return set(inspect.signature(target).parameters) - {"self", "kwargs"}
