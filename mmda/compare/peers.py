"""Rows of the methods that stand beside those of the three papers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmda.pairing.recipes import Recipe

LEARNING_RATES = "optim_wrapper.optimizers"
# Title and alignments by row name, and the overrides beside these.
Peer = tuple[str, str, dict[str, Any], dict[str, Any]]


def peers(classes: int, recipe: Recipe, start: dict[str, int]) -> Iterator[Peer]:
    """Yield name, title, alignments and further overrides of each row.

    Args:
        classes: Number of classes.
        recipe: The network.
        start: ``{"start": iteration}``, from which they are active.
    """
    certain = {"weights": {"decode": 0.05}, **start}
    yield "minent", "entropy minimisation (MinEnt)", {"certain": {"type": "MinEnt", **certain}}, {}
    yield "max_square", "MaxSquare", {"certain": {"type": "MaxSquare", **certain}}, {}
    features = {"in_channels": recipe.channels[-2], "index": -2, "weight": 0.01, **start}
    small = {"discriminator": {"type": "PixelDiscriminator", "num_layers": 2}}
    reversal = {"type": "DomainReversal", **features, **small}
    yield "dann", "gradient reversal (DANN)", {"reversal": reversal}, {}
    fada = {"type": "FADA", "num_classes": classes, **features, "discriminator": {"channels": 64}}
    yield "fada", "adversarial, class by class (FADA)", {"fada": fada}, {}
    yield (
        "patch",
        "patch level",
        {"patch": _patch(classes, start)},
        {
            f"{LEARNING_RATES}.categoriser": {
                "params": "alignments.*categoriser*",
                "optimizer": {"type": "Adam", "lr": 1e-3},
            },
            "custom_hooks": [{"type": "TeacherEMAHook"}, {"type": "PatchModesHook", "images": 100}],
        },
    )


def _patch(classes: int, start: dict[str, int]) -> dict[str, Any]:
    return {
        "type": "PatchAlignment",
        "num_classes": classes,
        "num_modes": 8 if classes == 2 else 20,
        "grid": (8, 8),
        "weights": {"d": 0.1, "adv": 0.01},
        "discriminator": {"channels": (64, 64)},
        **start,
    }
