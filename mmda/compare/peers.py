"""Rows of the methods that stand beside those of the three papers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from mmda.pairing.recipes import Recipe

LEARNING_RATES = "optim_wrapper.optimizers"
# As in configs/toy, where runs of hundreds of iterations were tuned: larger weights than published.
DISCRIMINATOR = {"type": "PixelDiscriminator", "channels": 32, "num_layers": 4}
FAST_DISCRIMINATOR = {f"{LEARNING_RATES}.discriminator.optimizer.lr": 1e-3}
BOTH = "both.py"


class Peer(NamedTuple):
    """A row: its name, its title, its alignments, the overrides beside these, and its config."""

    name: str
    title: str
    alignments: dict[str, Any]
    overrides: dict[str, Any] = {}
    config: str = BOTH


def peers(classes: int, recipe: Recipe, iterations: int, start: dict[str, int]) -> Iterator[Peer]:
    """Yield the rows.

    Args:
        classes: Number of classes.
        recipe: The network.
        iterations: Length of each training.
        start: ``{"start": iteration}``, from which they are active.
    """
    certain = {"weights": {"decode": 0.05}, **start}
    yield Peer(
        "minent", "entropy minimisation (MinEnt)", {"certain": {"type": "MinEnt", **certain}}
    )
    yield Peer("max_square", "MaxSquare", {"certain": {"type": "MaxSquare", **certain}})
    features = {"in_channels": recipe.channels[-2], "index": -2, "weight": 0.01, **start}
    small = {"discriminator": {"type": "PixelDiscriminator", "num_layers": 2}}
    reversal = {"type": "DomainReversal", **features, **small}
    yield Peer("dann", "gradient reversal (DANN)", {"reversal": reversal})
    fada = {"type": "FADA", "num_classes": classes, **features, "discriminator": {"channels": 64}}
    yield Peer("fada", "adversarial, class by class (FADA)", {"fada": fada})
    clan = _clan(classes, iterations, start)
    title = "adversarial, where two classifiers differ (CLAN)"
    yield Peer("clan", title, {"clan": clan}, FAST_DISCRIMINATOR, "twin.py")
    categoriser = {
        "params": "alignments.*categoriser*",
        "optimizer": {"type": "Adam", "lr": 1e-3},
    }
    hooks = [{"type": "TeacherEMAHook"}, {"type": "PatchModesHook", "images": 100}]
    others = {f"{LEARNING_RATES}.categoriser": categoriser, "custom_hooks": hooks}
    yield Peer("patch", "patch level", {"patch": _patch(classes, start)}, others)


def _clan(classes: int, iterations: int, start: dict[str, int]) -> dict[str, Any]:
    return {
        "type": "CLAN",
        "num_classes": classes,
        "part": "conv_seg",
        "weights": {"adv": 0.1, "discrepancy": 0.01},
        "discriminator": DISCRIMINATOR,
        "input_scale": 0.25,
        "damping": iterations,
        **start,
    }


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
