"""Builds one optimiser per part of the model from the config."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase

from mmengine.logging import print_log
from mmengine.optim import DefaultOptimWrapperConstructor, OptimWrapper
from torch import nn
from torch.optim import Optimizer

from mmda.engine import clipping_optim_wrapper  # noqa: F401  (registers it)
from mmda.engine.joint_optim_wrapper import JointOptimWrapper
from mmda.engine.unwrap import unwrapped
from mmda.errors import ConfigError
from mmda.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS
from mmda.utils.logs import only_errors


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class JointOptimWrapperConstructor:
    """Assigns each trainable parameter to the optimiser whose pattern matches its name.

    Config::

        optim_wrapper = dict(
            constructor='JointOptimWrapperConstructor',
            optimizers=dict(
                segmentor=dict(
                    params='segmentor.*',
                    optimizer=dict(type='SGD', lr=2.5e-4, momentum=0.9, weight_decay=5e-4),
                    paramwise_cfg=dict(custom_keys={'decode_head': dict(lr_mult=10)})),
                discriminator=dict(
                    params='alignments.*discriminator*',
                    optimizer=dict(type='Adam', lr=1e-4, betas=(0.9, 0.99)))))

    An optimiser without parameters is left out, so that a config may name optimisers for
    alignments that it does not have. A parameter without optimiser, or with two, is an error.

    Args:
        optim_wrapper_cfg: ``optimizers`` and the arguments of
            :class:`~mmda.engine.joint_optim_wrapper.JointOptimWrapper`.
        paramwise_cfg: Must be None; each optimiser's config has its own.

    Raises:
        ConfigError: When there are no ``optimizers``, or ``paramwise_cfg`` is given.
    """

    def __init__(self, optim_wrapper_cfg: dict, paramwise_cfg: dict | None = None) -> None:
        self.config = {k: v for k, v in optim_wrapper_cfg.items() if k != "type"}
        self.optimizers = self.config.pop("optimizers", None)
        if paramwise_cfg or not self.optimizers:
            raise ConfigError(
                "JointOptimWrapperConstructor: `optim_wrapper` must have `optimizers`, a dict of "
                "dict(params=..., optimizer=...), each with its own `paramwise_cfg`."
            )

    def __call__(self, model: nn.Module) -> JointOptimWrapper:
        """Return the joint wrapper for ``model``'s trainable parameters."""
        model = unwrapped(model)
        names = {name for name, p in model.named_parameters() if p.requires_grad}
        routes = self._route(names)
        wrappers = {
            name: self._build(name, model, owned) for name, owned in routes.items() if owned
        }
        return JointOptimWrapper(**self.config, **wrappers)

    def _route(self, names: set[str]) -> dict[str, set[str]]:
        routes: dict[str, set[str]] = {name: set() for name in self.optimizers}
        for parameter in sorted(names):
            owners = [
                name
                for name, config in self.optimizers.items()
                if any(fnmatchcase(parameter, pattern) for pattern in _patterns(config))
            ]
            if len(owners) != 1:
                found = f"matches several: {owners}" if owners else "matches none"
                patterns = {name: config.get("params") for name, config in self.optimizers.items()}
                raise ConfigError(
                    f"The parameter `{parameter}` must belong to exactly one optimiser, but it "
                    f"{found}. Correct `params` in `optim_wrapper.optimizers`: {patterns}."
                )
            routes[owners[0]].add(parameter)
        return routes

    def _build(self, name: str, model: nn.Module, owned: set[str]) -> OptimWrapper:
        config = {k: v for k, v in self.optimizers[name].items() if k != "params"}
        # An empty `paramwise_cfg` would give every optimiser all of the model's parameters.
        paramwise = config.pop("paramwise_cfg", None) or {"bypass_duplicate": False}
        config.setdefault("type", "ClippingOptimWrapper")
        constructor = DefaultOptimWrapperConstructor(config, paramwise)
        groups: list[dict] = []
        # MMEngine logs a line for each of these parameters, and warns about all others.
        with _only(model, owned), only_errors():
            constructor.add_params(groups, model)
        groups = _merged(groups)
        optimizer = OPTIMIZERS.build({**constructor.optimizer_cfg, "params": groups})
        print_log(_describe(name, optimizer), logger="current")
        return OPTIM_WRAPPERS.build({**constructor.optim_wrapper_cfg, "optimizer": optimizer})


def _merged(groups: list[dict]) -> list[dict]:
    """Join groups with equal settings, because optimisers are slow with a group per parameter.

    Args:
        groups: Parameter groups, each of one parameter.
    """
    merged: dict[tuple, dict] = {}
    for group in groups:
        settings = {key: value for key, value in group.items() if key != "params"}
        key = tuple(sorted((name, repr(value)) for name, value in settings.items()))
        merged.setdefault(key, {**settings, "params": []})["params"].extend(group["params"])
    return list(merged.values())


def _describe(name: str, optimizer: Optimizer) -> str:
    groups = ", ".join(f"{len(g['params'])} at lr {g['lr']:g}" for g in optimizer.param_groups)
    return f"optimizer {name}: {type(optimizer).__name__}, parameter tensors: {groups}"


@contextmanager
def _only(model: nn.Module, owned: set[str]) -> Iterator[None]:
    """Hide from an optimiser the parameters that it does not own."""
    hidden = [p for name, p in model.named_parameters() if p.requires_grad and name not in owned]
    for parameter in hidden:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in hidden:
            parameter.requires_grad_(True)


def _patterns(config: dict) -> Sequence[str]:
    params = config.get("params", ())
    return (params,) if isinstance(params, str) else params
