"""Checks a config for typos before anything is built."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from mmengine import registry as mmengine_registry
from mmengine.config import Config
from mmengine.registry import Registry
from mmengine.runner import Runner
from mmseg import registry as mmseg_registry
from torch.utils.data import DataLoader

from mmda import registry as mmda_registry
from mmda.engine.config_parts import check_keys, check_parts
from mmda.errors import ConfigError, did_you_mean
from mmda.models.grouping import Grouping

# Dicts that are not checked: their builders add or remove arguments before they pass them on.
OPAQUE = {"norm_cfg", "act_cfg", "conv_cfg", "upsample_cfg", "init_cfg", "backend_args", "env_cfg"}
DATALOADER_KEYS = {
    *inspect.signature(DataLoader.__init__).parameters,
    "num_batch_per_epoch",
    "worker_init_fn",
} - {"self"}

# Keys of the model that take one kind of component; errors list the names of that kind.
KINDS: dict[str, type] = {"grouping": Grouping}


def check_config(config: Config) -> None:
    """Check every component's type and arguments, and the names of the top-level keys.

    Raises:
        ConfigError: When a type, argument or key is unknown; the message says where it is and
            suggests the nearest known name.
    """
    _check_top_level(config)
    require_keys(config, ("model",))
    for key in _runner_keys() & set(config):
        _check(config[key], key)
    check_parts(config)
    alignments = config.get("model", {}).get("alignments") or {}
    for name, alignment in alignments.items():
        if "type" not in alignment:
            raise ConfigError(
                f"model.alignments.{name} has no `type`."
                + did_you_mean(name, [n for n in alignments if n != name])
            )


def require_keys(config: Config, keys: Sequence[str]) -> None:
    """Raise a :class:`ConfigError` when the config lacks one of these sections."""
    for key in keys:
        if not config.get(key):
            raise ConfigError(
                f"The config `{config.filename}` has no `{key}`. Is it one of the parts in "
                "`configs/_base_`? Give a config that joins them, or inherit from one."
            )


def _check_top_level(config: Config) -> None:
    for key in config:
        if _is_typo(key):
            raise ConfigError(f"Unknown config key `{key}`.{did_you_mean(key, _runner_keys())}")


@functools.cache
def _runner_keys() -> frozenset[str]:
    return frozenset(inspect.signature(Runner.__init__).parameters) - {"self", *OPAQUE}


@functools.cache
def _is_typo(key: str) -> bool:
    """Return whether a top-level key is unknown, but close to a known one."""
    known = _runner_keys()
    return key not in known and bool(difflib.get_close_matches(key, known, n=1, cutoff=0.8))


def _check(value: Any, path: str) -> None:
    if isinstance(value, dict):
        if "type" in value:
            _check_component(value, path)
        elif path.endswith("_dataloader"):
            check_keys(value, DATALOADER_KEYS | {"type"}, path, "a data loader")
        for key, child in value.items():
            if key not in OPAQUE:
                _check(child, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, child in enumerate(value):
            if path.endswith("pipeline") and isinstance(child, str):
                raise ConfigError(
                    f"{path}[{index}]: expected a transform, dict(type=...), but got `{child}`. "
                    "`*{{_base_.name}}` unpacks letters: write the list out."
                )
            _check(child, f"{path}[{index}]")


def _check_component(config: dict, path: str) -> None:
    kind = config["type"]
    component = find_component(kind) if isinstance(kind, str) else kind
    if not callable(component):
        choices = _choices(path)
        raise ConfigError(
            f"{path}.type: nothing is registered as `{kind}`."
            + did_you_mean(str(kind), choices or _all_names())
            + (f" Expected one of {', '.join(choices)}." if choices else "")
        )
    accepted = accepted_arguments(component)
    if accepted is not None:
        check_keys(config, accepted, path, f"`{kind}`")


def _choices(path: str) -> list[str]:
    """Return the names that a key of the model can take; empty if it takes any kind."""
    base = KINDS.get(path.rsplit(".", 1)[-1])
    if base is None or not path.startswith("model."):
        return []
    return sorted(name for name in _all_names() if _is_kind(find_component(name), base))


def _is_kind(component: object, base: type) -> bool:
    return isinstance(component, type) and issubclass(component, base)


@functools.cache
def _registries() -> tuple[Registry, ...]:
    """Return mmda's registries, then MMSegmentation's and MMEngine's."""
    modules = (mmda_registry, mmseg_registry, mmengine_registry)
    values = (value for module in modules for value in vars(module).values())
    return tuple(value for value in values if isinstance(value, Registry))


def find_component(name: str) -> Callable | None:
    """Return what is registered under ``name`` in any registry, or None."""
    short = name.split(".")[-1]
    for registry in _registries():
        registry.import_from_location()
        if short in registry.module_dict:
            return registry.module_dict[short]
    return None


def _all_names() -> set[str]:
    return {name for registry in _registries() for name in registry.module_dict}


@functools.cache
def accepted_arguments(component: Callable) -> set[str] | None:
    """Return the names of a component's arguments, or None where it takes any.

    ``**kwargs`` are followed up the class hierarchy.
    """
    if not inspect.isclass(component):
        signature = inspect.signature(component)
        return None if _takes_any(signature) else set(signature.parameters)
    names: set[str] = set()
    for base in component.__mro__:
        if "__init__" not in vars(base):
            continue
        signature = inspect.signature(vars(base)["__init__"])
        names |= set(signature.parameters) - {"self", "args", "kwargs"}
        if not _takes_any(signature):
            return names
    return None


def _takes_any(signature: inspect.Signature) -> bool:
    return any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
