"""Weights that a part of a model starts from, refused when they are of another network.

MMEngine loads what fits and only warns of the rest, which stays random.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.model import BaseModule, PretrainedInit
from torch import Tensor, nn

from mmda.engine.checkpoint import read_checkpoint
from mmda.errors import ConfigError

LEAST = 0.9  # share of a part's parameters that must fit
SHOWN = 10  # parameters that the message names


def check_pretrained(model: nn.Module) -> None:
    """Compare the weights that parts of a model will start from with these parts.

    Args:
        model: The model, before its ``init_weights``.

    Raises:
        ConfigError: When a file is missing or unreadable, or fewer than 90 % of the parameters of
            a part are in it with their shapes.
    """
    for name, part, config in _pretrained_parts(model):
        path = config["checkpoint"]
        _check_part(name, part, _state(part, config), path)


def _pretrained_parts(model: nn.Module) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield name, module and ``init_cfg`` of the parts that start from a file."""
    for name, part in model.named_modules():
        configs = getattr(part, "init_cfg", None) or []
        for config in [configs] if isinstance(configs, Mapping) else configs:
            if config["type"] in ("Pretrained", PretrainedInit):
                yield name, part, config


def _state(part: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the weights of a file by the part's own names, as its loading will find them."""
    content = read_checkpoint(config["checkpoint"])
    state = content.get("state_dict", content)
    prefixes = [config["prefix"]] if config.get("prefix") else ["", "module."]
    if type(part).init_weights is not BaseModule.init_weights:  # such as Swin's, which does more
        state = content.get("state_dict", content.get("model", content))
        prefixes += ["backbone."]
    found: dict[str, Any] = {}
    own = getattr(part, "weights_prefix", "")  # of wrappers, whose files know nothing of them
    for prefix in prefixes:
        start = prefix.rstrip(".") + "." if prefix else ""
        found |= {
            own + key.removeprefix(start): v for key, v in state.items() if key.startswith(start)
        }
    return found


def _check_part(name: str, part: nn.Module, state: Mapping[str, Any], path: str) -> None:
    faults = [
        f"`{key}` {fault}"
        for key, value in part.named_parameters()
        if (fault := _fault(value, state.get(key)))
    ]
    total = sum(1 for _ in part.parameters())
    if total - len(faults) >= LEAST * total:
        return
    more = f" and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    raise ConfigError(
        f"The weights `{path}` fit {total - len(faults)} of the {total} parameters of `{name}` "
        f"({type(part).__name__}), expected are 90 % or more; the others would stay random: "
        f"{', '.join(faults[:SHOWN])}{more}. Give weights of this architecture as "
        "`init_cfg.checkpoint`, with `prefix` where its names begin with one, or leave `init_cfg` "
        "out to start from random weights."
    )


def _fault(own: Tensor, other: Any) -> str:
    """Return why a parameter does not get the file's values; empty where it does."""
    if not isinstance(other, Tensor):
        return "is missing"
    if other.shape != own.shape:
        return f"has the shape {tuple(other.shape)}, not {tuple(own.shape)}"
    return ""
