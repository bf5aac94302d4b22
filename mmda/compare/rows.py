"""The rows of a comparison: what each method adds to the common network and data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mmda.compare.peers import BOTH, DISCRIMINATOR, FAST_DISCRIMINATOR, LEARNING_RATES, peers
from mmda.pairing.config_files import PairPart
from mmda.pairing.recipes import Recipe

Row = dict[str, Any]
SOURCE, BOUND = "strong", "target_only"
ALIGNMENTS = "model.alignments"


def rows(pair: PairPart, recipe: Recipe, iterations: int) -> list[Row]:
    """Return the rows of a table's description, the most telling ones first.

    Args:
        pair: The two domains.
        recipe: The network.
        iterations: Length of each training.
    """
    return [*_baselines(pair, recipe, iterations), *_alignments(pair, recipe, iterations)]


def _baselines(pair: PairPart, recipe: Recipe, iterations: int) -> Iterator[Row]:
    for start, title in (("plain", "plain"), (SOURCE, "strong augmentation")):
        yield _row(start, f"source only, {title}")
        if recipe.batch_norm:
            name = "adabn" if start == SOURCE else f"adabn_{start}"
            yield _batch_norm(name, "AdaBN of that", start, blend=0.0)
            yield _batch_norm(f"{name}_half", "AdaBN of that, half", start, blend=0.5)
    if pair.same_type:
        yield _row("restyled", "restyled by mean and deviation")
        yield _row("restyled_covariance", "restyled by covariance")
    begin = {f"{ALIGNMENTS}.self_training.start": iterations // 3}
    yield _row("recipe", "self-training recipe", begin)
    if pair.bound:
        yield _row(BOUND, "target only")
    if pair.same_type:
        yield _row("fourier", "FDA")
    labels = {"type": "SelfTraining", "threshold": 0.9, "mix": "class", "start": iterations // 3}
    teacher = {"model.teacher": {"momentum": 0.99}, "model.evaluate": "teacher"}
    yield _row(
        "self_training",
        "self-training with class mixing",
        {ALIGNMENTS: {"self_training": labels}, **teacher},
        config=BOTH,
    )


def _batch_norm(name: str, title: str, start: str, blend: float) -> Row:
    """Return AdaBN of a row's model: one iteration that trains nothing, and the hook."""
    hook = {"type": "AdaptBatchNormHook", "blend": blend}
    overrides = {
        "train_cfg.max_iters": 1,
        f"{LEARNING_RATES}.segmentor.optimizer.lr": 0.0,
        "custom_hooks": [{"type": "TeacherEMAHook"}, hook],
    }
    row = _row(name, title, overrides, config=BOTH)
    return {**row, "start_from": start}


def _alignments(pair: PairPart, recipe: Recipe, iterations: int) -> Iterator[Row]:
    classes, start = len(pair.classes), {"start": iterations // 4}
    index = 1  # of the feature map whose regions are instances: the second finest
    output = {
        "type": "OutputAdversarial",
        "num_classes": classes,
        "weights": {"decode": 0.1},
        "discriminator": DISCRIMINATOR,
        "input_scale": 0.25,
        **start,
    }
    weak = {**output, "weights": {"decode": 0.01}}  # beside ISIA and AIM
    isia = {"type": "ISIA", "mode": "pooled", "weight": 0.01, "index": index, **start}
    aim = {
        "type": "AIM",
        "num_classes": classes,
        "in_channels": recipe.channels[index],
        "mode": "pooled",
        "index": index,
        "min_area": 4,
        "weight": 0.01,
        **start,
    }
    methods: dict[str, tuple[str, dict[str, Any]]] = {
        "output_space": ("adversarial, output space", {"output": output}),
        "entropy": ("adversarial, entropy (AdvEnt)", {"output": {**output, "maps": "entropy"}}),
        "isia": ("ISIA", {"output": weak, "isia": isia}),
        "aim": ("AIM", {"output": weak, "aim": aim}),
        "isia_aim": ("ISIA and AIM", {"output": weak, "isia": isia, "aim": aim}),
    }
    for name, (title, alignments) in methods.items():
        yield _row(name, title, {ALIGNMENTS: alignments, **FAST_DISCRIMINATOR}, config=BOTH)
    for peer in peers(classes, recipe, iterations, start):
        overrides = {ALIGNMENTS: peer.alignments, **peer.overrides}
        yield _row(peer.name, peer.title, overrides, config=peer.config)
    yield _grouping(classes, start)
    yield _feature_level(recipe, start)
    if recipe.heads == ("decode_head",):
        yield _multi_level(classes, recipe, output)


def _grouping(classes: int, start: dict[str, int]) -> Row:
    alignment = {
        "type": "GroupAlignment",
        "num_classes": classes,
        "weights": {"cadv": 0.05, "co": 0.3, "orth": 0.03, "cl": 1e-4},
        "discriminator": {"channels": 32, "num_layers": 4, "normalise": True},
        "condition": "shared",
        "adversarial_grouping": False,
        "input_scale": 0.25,
        **start,
    }
    overrides = {
        ALIGNMENTS: {"cdga": alignment},
        f"{LEARNING_RATES}.grouping.optimizer": {"_delete_": True, "type": "Adam", "lr": 1e-3},
        **FAST_DISCRIMINATOR,
    }
    return _row("cdga", "CDGA", overrides, config=BOTH)


def _feature_level(recipe: Recipe, start: dict[str, int]) -> Row:
    alignment = {
        "type": "FeatureAdversarial",
        "in_channels": recipe.channels[-2],
        "index": -2,  # the last ones of small crops are too small to be judged
        "weight": 0.01,
        "discriminator": {"type": "PixelDiscriminator", "num_layers": 2},
        **start,
    }
    overrides = {ALIGNMENTS: {"feature": alignment}}
    return _row("feature_level", "adversarial, features", overrides, config=BOTH)


def _multi_level(classes: int, recipe: Recipe, output: dict[str, Any]) -> Row:
    head = {
        "type": "FCNHead",
        "in_channels": recipe.channels[2],
        "in_index": 2,
        "channels": 32,
        "num_convs": 1,
        "concat_input": False,
        "num_classes": classes,
        "norm_cfg": {"type": "GN", "num_groups": 8},
        "align_corners": False,
        "loss_decode": {
            "type": "CrossEntropyLoss",
            "avg_non_ignore": True,
            "loss_weight": 0.1,
        },
    }
    two = {**output, "weights": {"decode": 0.1, "aux": 0.02}}
    overrides = {"model.segmentor.auxiliary_head": head, ALIGNMENTS: {"output": two}}
    return _row("multi_level", "adversarial, two levels", {**overrides, **FAST_DISCRIMINATOR}, BOTH)


def _row(
    name: str, title: str, overrides: dict[str, Any] | None = None, config: str | None = None
) -> Row:
    row = {"name": name, "title": title, "config": config or f"{name}.py"}
    return {**row, "overrides": overrides} if overrides else row
