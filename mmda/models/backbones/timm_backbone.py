"""The networks of ``timm`` as backbones: one wrapper for all that return intermediate features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.model import BaseModule
from torch import Tensor

from mmda.errors import ConfigError, did_you_mean
from mmda.registry import MODELS
from mmda.utils.extras import require


@MODELS.register_module()
class TimmBackbone(BaseModule):
    """A network of ``timm`` that returns the features of its stages.

    It starts from random weights, or from a file with ``timm``'s own names, such as the
    ``model.safetensors`` of its models:
    ``init_cfg=dict(type="Pretrained", checkpoint="resnet18.safetensors")``.

    Args:
        name: Name of the network, one of ``timm.list_models()``.
        in_channels: Bands of the images.
        out_indices: Stages whose features are returned; negative ones count from the last.
        output_stride: Pixels of the image per feature of the last stage, where dilation takes the
            place of strides; None for the network's own. Convolutional networks mostly have it.
        init_cfg: Initialisation, as in MMEngine.
        options: Further arguments of ``timm.create_model``, such as ``drop_path_rate``.

    Attributes:
        channels: Channels of each returned feature map.
        reductions: Pixels of the image per feature of each map, along a side.

    Raises:
        ConfigError: When ``timm`` is not installed, has no such network, or the network lacks an
            option, a stage or intermediate features.
    """

    weights_prefix = "net."
    """What this module's names begin with, and those in files of weights do not."""

    def __init__(
        self,
        name: str,
        in_channels: int = 3,
        out_indices: Sequence[int] = (1, 2, 3, 4),
        output_stride: int | None = None,
        init_cfg: dict | list | None = None,
        **options: Any,
    ) -> None:
        super().__init__(init_cfg)
        if "checkpoint_path" in options:  # timm's own reading runs what a file asks for
            raise ConfigError(
                "TimmBackbone: `checkpoint_path` is refused; give the weights as init_cfg=dict("
                f'type="Pretrained", checkpoint="{options["checkpoint_path"]}").'
            )
        if output_stride is not None:
            options["output_stride"] = output_stride
        self.net = _network(name, in_chans=in_channels, num_classes=0, **options)
        if not hasattr(self.net, "forward_intermediates"):
            raise ConfigError(
                f"TimmBackbone: `{name}` does not return intermediate features. Take another "
                "network, such as `resnet18`."
            )
        stages = list(self.net.feature_info)
        if not out_indices or not all(-len(stages) <= i < len(stages) for i in out_indices):
            raise ConfigError(
                f"TimmBackbone: `out_indices` is {tuple(out_indices)}, but expected are stages of "
                f"`{name}`, from 0 to {len(stages) - 1}."
            )
        self.out_indices = sorted({index % len(stages) for index in out_indices})
        self.channels = [stages[index]["num_chs"] for index in self.out_indices]
        self.reductions = [stages[index]["reduction"] for index in self.out_indices]
        self.net.prune_intermediate_layers(self.out_indices, prune_norm=True)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the features (N, C, h, w) of ``out_indices`` for images (N, B, H, W)."""
        return tuple(
            self.net.forward_intermediates(
                images,
                indices=self.out_indices,
                stop_early=True,
                output_fmt="NCHW",
                intermediates_only=True,
            )
        )

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any) -> None:
        """Accept weights by ``timm``'s own names."""
        own = prefix + self.weights_prefix
        if not any(key.startswith(own) for key in state_dict):
            for key in [key for key in state_dict if key.startswith(prefix)]:
                state_dict[own + key.removeprefix(prefix)] = state_dict.pop(key)
        super()._load_from_state_dict(state_dict, prefix, *args)


def timm_normalisation(name: str) -> dict[str, list[float]]:
    """Return the mean and the deviation per band that a network's weights were trained with.

    They are the ``mean`` and ``std`` of a config's data preprocessor.

    Args:
        name: Name of the network.

    Returns:
        ``mean`` and ``std`` in the units of 8-bit images, from 0 to 255.

    Raises:
        ConfigError: When ``timm`` is not installed or has no such network.
    """
    timm = _timm()
    if (config := timm.models.get_pretrained_cfg(name)) is None:
        raise _unknown(name)
    return {key: [255.0 * value for value in getattr(config, key)] for key in ("mean", "std")}


def _network(name: str, **options: Any) -> Any:
    timm = _timm()
    if not timm.models.is_model(name):
        raise _unknown(name)
    try:
        return timm.create_model(name, pretrained=False, **options)
    except (TypeError, NotImplementedError, AssertionError) as error:
        raise ConfigError(
            f"TimmBackbone: `{name}` cannot be made with {options}: {error!r}. Leave out what it "
            "does not have."
        ) from error


def _unknown(name: str) -> ConfigError:
    return ConfigError(
        f"TimmBackbone: timm has no network `{name}`."
        + (did_you_mean(name, _timm().list_models()) or " `timm.list_models()` names all.")
    )


def _timm() -> Any:
    return require("timm", "TimmBackbone", "timm")
