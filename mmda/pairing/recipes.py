"""What the written training configs are made of: a network and a schedule."""

from __future__ import annotations

from dataclasses import dataclass

from mmda.errors import ConfigError, did_you_mean


@dataclass(frozen=True)
class Recipe:
    """A network, a schedule and the data loading that belongs to them.

    Attributes:
        bases: Files below ``configs/_base_`` beside the dataset.
        batch_size: Pairs per iteration.
        workers: Processes that read samples.
        crop: Side of the training crops in pixels, ``None`` for whole tiles.
        heads: The segmentor's heads.
        channels: Channels of the feature maps that the backbone returns, the finest first.
        contrast: Standard deviation per band that the network's weights expect of normalised
            images; 1 for most.
        batch_norm: Whether the network has batch norm.
        adapted: The model in ``configs/_base_/recipes/adapted.py`` that fits the schedule.
        published: Whether it is the network and schedule of the published runs, which have
            ImageNet's normalisation and an adaptation of their own.
    """

    bases: tuple[str, ...]
    batch_size: int = 4
    workers: int = 4
    crop: int | None = 512
    heads: tuple[str, ...] = ("decode_head",)
    channels: tuple[int, ...] = ()
    contrast: float = 1.0
    batch_norm: bool = False
    adapted: str = "adapted_model_20k"
    published: bool = False


def _on_gpu(model: str, channels: tuple[int, ...], *heads: str) -> Recipe:
    bases = ("custom_gpu_runtime.py", f"models/{model}.py", "schedules/custom_20k.py")
    return Recipe(
        bases, heads=("decode_head", *heads), channels=channels, batch_norm=model.endswith("r50")
    )


SMALL = Recipe(
    ("custom_runtime.py", "models/toy_r18.py", "schedules/toy.py"),
    workers=0,
    crop=128,
    channels=(32, 64, 128, 256),
    adapted="adapted_model",
)
FULL = Recipe(
    ("full_runtime.py", "models/deeplabv2_r101_multi.py", "schedules/adversarial_120k.py"),
    batch_size=1,
    crop=None,
    published=True,
)
LITE = Recipe(
    ("custom_runtime.py", "models/fcn_efficientnet-lite0.py", "schedules/finetune_300.py"),
    workers=0,
    crop=192,
    channels=(24, 40, 112, 320),
    contrast=0.45,
    batch_norm=True,
    adapted="adapted_model",
)
NETWORKS = {
    "small": SMALL,
    "efficientnet-lite0": LITE,
    "deeplabv3plus-r50": _on_gpu("deeplabv3plus_r50", (256, 512, 1024, 2048), "auxiliary_head"),
    "segformer-b2": _on_gpu("segformer_b2", (64, 128, 320, 512)),
}


def find_recipe(network: str | None, preset: str | None) -> Recipe:
    """Return the recipe of a network, or of the published transfers.

    Args:
        network: Key of :data:`NETWORKS`; the small one by default.
        preset: Name of a published transfer, which has a network of its own.

    Raises:
        ConfigError: When there is no such network, or both are given.
    """
    if preset is not None:
        if network is not None:
            raise ConfigError(
                f"--network {network}: the preset `{preset}` has the published network. Leave out "
                "one of the two options."
            )
        return FULL
    if network is not None and network not in NETWORKS:
        raise ConfigError(
            f"Unknown network `{network}`; expected one of {', '.join(NETWORKS)}."
            + did_you_mean(network, NETWORKS)
        )
    return NETWORKS[network or "small"]
