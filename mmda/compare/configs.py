"""The configs of a comparison: one network on a pair's data, in the ways that its rows need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmda.pairing.code import From, Name, assignments
from mmda.pairing.config_files import ADAPTED, PairPart, dataset_config, labelled_target, model
from mmda.pairing.recipes import Recipe
from mmda.utils.names import comment

BASELINES = "mmda::_base_/recipes/baselines.py"
STRONG = "The source under strong augmentation, normalised as in all rows."


def comparison_configs(pair: PairPart, recipe: Recipe) -> dict[str, str]:
    """Return the texts of ``dataset.py`` and of the configs that rows have, by file name.

    ``both.py`` is the root of all: the network, the source under strong augmentation and the
    unlabelled target under the same. All but the recipe normalise both domains with the source's
    statistics.
    """
    configs: dict[str, tuple[str, dict[str, Any]]] = {
        "both.py": _both(pair, recipe),
        "strong.py": (STRONG, {"_base_": "both.py", **_dataset(target=None)}),
        "plain.py": (
            "The source without augmentation but crops, flips and turns.",
            {"_base_": "strong.py", **_source("_base_.load", "*_base_.geometry", "_base_.pack")},
        ),
        "recipe.py": _recipe(pair),
        "twin.py": _twin(recipe),
    }
    if pair.same_type:
        configs |= _restyled(pair)
    if pair.bound:
        configs["target_only.py"] = _target_only(pair)
    texts = {
        name: comment(title) + "\n" + assignments(values)
        for name, (title, values) in configs.items()
    }
    return {"dataset.py": dataset_config(pair, recipe), **texts}


def _both(pair: PairPart, recipe: Recipe) -> tuple[str, dict[str, Any]]:
    steps: dict[str, Any] = {}
    if pair.crop is not None:
        size = {**_domains(pair), "min_size": pair.crop}
        steps["strong_scale"] = From("_base_.strong_scale", size)
    if pair.white is not None:
        white = {} if pair.white == 255 else {"white": pair.white}
        steps["strong_jitter"] = From("_base_.strong_jitter", white)
    scale, jitter = (
        [name for name in (f"strong_{kind}",) if name in steps] for kind in ("scale", "jitter")
    )
    load, geometry, pack = "_base_.load", "*_base_.geometry", "_base_.pack"
    steps["scaled"], steps["jittered"] = _names(*scale), _names(*jitter)
    source = [load, "*scaled", geometry, "*jittered", pack]
    target = [load, geometry, "_base_.weak_view", "*jittered", pack]
    pipelines = {"source": _pipeline(*source), "target": _pipeline(*target)}
    absent = {f"val_{key}": None for key in ("cfg", "dataloader", "evaluator")}
    return "The source under strong augmentation and the target, without labels.", {
        "_base_": [*(f"mmda::_base_/{base}" for base in recipe.bases), BASELINES, "dataset.py"],
        **steps,
        **_dataset(**pipelines),
        "model": model(recipe, pair.source.statistics()),
        **absent,
        **({"test_cfg": None} if pair.test is None else {}),
    }


def _target_only(pair: PairPart) -> tuple[str, dict[str, Any]]:
    steps: dict[str, Any] = {}
    if pair.crop is not None:  # the target's tiles have its scale already
        steps["own_scale"] = From("_base_.strong_scale", dict.fromkeys(("source", "target")))
    pipeline = _pipeline(
        *("_base_.load", *steps, "*_base_.geometry", "*_base_.jittered", "_base_.pack")
    )
    return "Trained on the target's labels: the bound that adaptation is measured against.", {
        "_base_": "strong.py",
        **steps,
        **_dataset(source={**labelled_target(pair), **pipeline}),
    }


def _twin(recipe: Recipe) -> tuple[str, dict[str, Any]]:
    replacing = {"_delete_": True} if "auxiliary_head" in recipe.heads else {}
    second = From("_base_.model.segmentor.decode_head", replacing)
    return "The network with a second classifier; both predict together.", {
        "_base_": "both.py",
        "model": {"segmentor": {"type": "TwinEncoderDecoder", "auxiliary_head": second}},
    }


def _recipe(pair: PairPart) -> tuple[str, dict[str, Any]]:
    return f"The self-training recipe, `{ADAPTED}`.", {
        "_base_": "both.py",
        "train_dataloader": {"dataset": Name("_base_.adapted_data")},
        "model": {
            **{key: Name(f"_base_.adapted_model[{key!r}]") for key in ("alignments", "teacher")},
            "evaluate": "teacher",
            # Source images that look like the target's are normalised as these are.
            "data_preprocessor": pair.target.statistics()
            if pair.same_type
            else Name("{{_base_.normalisation}}"),
        },
    }


def _restyled(pair: PairPart) -> dict[str, tuple[str, dict[str, Any]]]:
    tile = {"target": pair.target.root, "split_file": pair.target.split_file}
    steps = {
        "restyled.py": (
            "Source tiles with the target's mean and deviation per band.",
            From("_base_.mean_std", _domains(pair)),
        ),
        "restyled_covariance.py": (
            "Source tiles with the covariance of the target's bands.",
            From("_base_.covariance", _domains(pair)),
        ),
        "fourier.py": (
            "Source tiles with the low frequencies of random target tiles.",
            From("_base_.fda", tile),
        ),
    }
    pipeline = (
        *("_base_.load", "restyle", "*_base_.scaled"),
        *("*_base_.geometry", "*_base_.jittered", "_base_.pack"),
    )
    return {
        name: (title, {"_base_": "strong.py", "restyle": step, **_source(*pipeline)})
        for name, (title, step) in steps.items()
    }


def _domains(pair: PairPart) -> dict[str, Any]:
    files = [pair.source.split_file, pair.target.split_file]
    roots = {"source": pair.source.root, "target": pair.target.root}
    return {**roots, "split_files": files} if any(files) else roots


def _names(*names: str) -> list[Name]:
    return [Name(name) for name in names]


def _pipeline(*steps: str) -> dict[str, Any]:
    return {"pipeline": _names(*steps)}


def _source(*steps: str) -> dict[str, Any]:
    return _dataset(source=_pipeline(*steps))


def _dataset(**domains: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"train_dataloader": {"dataset": domains}}
