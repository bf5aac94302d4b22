"""The text of a pair's dataset config and training configs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmda.pairing.code import From, Name, assignments
from mmda.pairing.recipes import Recipe
from mmda.raster.dataset.domain import ClassMap
from mmda.utils.names import comment

ADAPTED = "mmda::_base_/recipes/adapted.py"
LOAD, PACK = {"type": "LoadTile"}, {"type": "PackDomainInputs"}


@dataclass(frozen=True)
class DomainPart:
    """One domain as the configs name it.

    Attributes:
        name: ``source`` or ``target``.
        root: Absolute folder of the tiled dataset.
        windows: Whether it has no tiles, so that its rasters are read.
        whole: Whether its images are whole scenes, which may differ in size.
        mean: Per band.
        std: Per band.
        class_map: See :class:`mmda.raster.dataset.domain.TiledDomain`.
        split_file: Absolute path of a split table, or ``None``.
    """

    name: str
    root: str
    windows: bool
    whole: bool
    mean: list[float]
    std: list[float]
    class_map: ClassMap | None
    split_file: str | None

    def dataset(self, root: Name) -> dict[str, Any]:
        """Return the dataset's config without its pipeline; ``root`` stands for its folder."""
        return {
            "type": "RasterWindowDataset" if self.windows else "TiledDataset",
            "data_root": root,
            "domain": self.name,
            **self.changes(),
        }

    def changes(self) -> dict[str, Any]:
        """Return what the pair changes about the dataset."""
        found = {"split_file": self.split_file, "class_map": self.class_map}
        return {key: value for key, value in found.items() if value is not None}

    def statistics(self) -> dict[str, Any]:
        """Return mean and deviation, in six digits."""
        return {k: [float(f"{v:.6g}") for v in getattr(self, k)] for k in ("mean", "std")}


@dataclass(frozen=True)
class PairPart:
    """What both domains have in common.

    Attributes:
        title: What the pair is, in comment lines.
        classes: Shared class names.
        palette: One ``[r, g, b]`` per class.
        learnt: The classes that occur in the source's split ``train``, which scores are taken over.
        source: The labelled domain.
        target: The other.
        val: Split of the target to watch a run on, or ``None``.
        test: Split of the target that is scored, or ``None``.
        bound: Whether the target's split ``train`` has labels, for target-only training.
        white: Value of full brightness; ``None`` leaves the radiometric jitter out.
        same_type: Whether the domains have one data type.
        crop: Side of the training crops in pixels, or ``None`` for whole tiles.
    """

    title: Sequence[str]
    classes: list[str]
    palette: list[list[int]]
    learnt: list[str]
    source: DomainPart
    target: DomainPart
    val: str | None
    test: str | None
    bound: bool
    white: float | None
    same_type: bool
    crop: int | None

    def evaluator(self) -> dict[str, Any]:
        """Return the metric; classes that cannot be learnt are left out of its means."""
        metric = {"type": "SegmentationMetric"}
        if self.learnt in ([], self.classes):
            return metric
        name = str(len(self.learnt))
        return {**metric, "subsets": {name: self.learnt}, "main": name}

    def geometry(self) -> list[dict[str, Any]]:
        """Return the geometric transforms."""
        crop = {"type": "RandomCrop", "crop_size": (self.crop, self.crop)}
        flips: list[dict[str, Any]] = [
            {"type": "RandomFlip", "prob": 0.5},
            {"type": "RandomRotate90"},
        ]
        return flips if self.crop is None else [crop, *flips]


def pair_texts(pair: PairPart, recipe: Recipe) -> dict[str, str]:
    """Return the texts of ``dataset.py`` and the training configs, by file name."""
    return {"dataset.py": dataset_config(pair, recipe), **training_configs(pair, recipe)}


def dataset_config(pair: PairPart, recipe: Recipe) -> str:
    """Return the text of ``dataset.py``, a base for any training config.

    Besides the data loaders it defines ``source_root``, ``target_root``, ``classes``, ``bands``,
    ``num_classes`` and ``normalisation`` for the data preprocessor.
    """
    source, target = pair.source, pair.target
    metainfo = {"metainfo": {"classes": Name("classes"), "palette": Name("palette")}}
    steps = {"pipeline": [Name("load"), Name("*geometry"), Name("pack")]}
    own = {d.name: {**d.dataset(Name(f"{d.name}_root")), **metainfo} for d in (source, target)}
    loading: dict[str, Any] = {"num_workers": recipe.workers}
    if recipe.workers:
        loading["persistent_workers"] = True
    values = {
        **({} if recipe.published else {"_base_": ADAPTED}),
        "source_root": source.root,
        "target_root": target.root,
        "classes": pair.classes,
        "palette": pair.palette,
        "num_classes": len(pair.classes),
        "bands": len(source.mean),
        "normalisation": {
            **target.statistics(),
            "domains": {d.name: d.statistics() for d in (source, target)},
        },
        "target_data": own["target"],  # for models that are trained without it
        "load": LOAD,
        "geometry": pair.geometry(),
        "pack": PACK,
        "train_dataloader": {
            "batch_size": recipe.batch_size,
            **loading,
            "sampler": {"type": "PairedDomainSampler"},
            "dataset": {
                "type": "PairedDomainDataset",
                "source": {**own["source"], **steps},
                "target": {**own["target"], "labelled": False, **steps},
            },
        },
        **({} if recipe.published else _adapted_data(pair)),
    }
    for name, split in (("val", pair.val), ("test", pair.test)):
        if split is not None:
            values[f"{name}_dataloader"] = {
                "batch_size": 1 if target.whole else 4,
                **loading,
                "sampler": {"type": "DefaultSampler", "shuffle": False},
                "dataset": {
                    **own["target"],
                    "split": split,
                    "pipeline": [Name("load"), Name("pack")],
                },
            }
            values[f"{name}_evaluator"] = pair.evaluator()
    return _text(pair.title, values)


def training_configs(pair: PairPart, recipe: Recipe) -> dict[str, str]:
    """Return the texts of the training configs beside ``dataset.py``, by file name."""
    bases = [*(f"mmda::_base_/{base}" for base in recipe.bases), "dataset.py"]
    configs: dict[str, tuple[str, dict[str, Any]]] = {
        "source_only.py": (
            "Trained on the source alone: what adaptation is measured against.",
            {"train_dataloader": {"dataset": {"target": None}}, "model": model(recipe)},
        ),
        "adapted.py": _adversarial(pair) if recipe.published else _adapted(pair, recipe),
    }
    if pair.bound:
        configs["target_only.py"] = (
            "Trained on the target's labels: the bound that adaptation is measured against.",
            {
                "train_dataloader": {"dataset": {"source": labelled_target(pair), "target": None}},
                "model": model(recipe),
            },
        )
    # MMEngine wants a loop exactly where there is data for it.
    loops = {"val_cfg": pair.val, "test_cfg": pair.test}
    absent = {name: None for name, split in loops.items() if split is None}
    return {
        name: _text([title], {"_base_": bases, **{k: v for k, v in values.items() if v}, **absent})
        for name, (title, values) in configs.items()
    }


def labelled_target(pair: PairPart) -> dict[str, Any]:
    """Return the target's dataset in the place of the source's, of which nothing is left."""
    target = {
        **dict.fromkeys(pair.source.changes()),
        **pair.target.dataset(Name("{{_base_.target_root}}")),
    }
    if isinstance(target.get("class_map"), Mapping):
        target["class_map"] = {"_delete_": True, **target["class_map"]}
    return target


def model(recipe: Recipe, statistics: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the model's classes, bands and normalisation, by default that of each domain."""
    if recipe.published:  # ImageNet's normalisation for both domains
        return {}
    classes = {"num_classes": Name("{{_base_.num_classes}}")}
    return {
        "data_preprocessor": statistics or Name("{{_base_.normalisation}}"),
        "segmentor": {
            "backbone": {"in_channels": Name("{{_base_.bands}}")},
            **dict.fromkeys(recipe.heads, classes),
        },
    }


def _adversarial(pair: PairPart) -> tuple[str, dict[str, Any]]:
    output = {
        "type": "OutputAdversarial",
        "num_classes": len(pair.classes),
        "weights": {"decode": 0.001, "aux": 0.0002},
    }
    title = "Output-space alignment of both heads (AdaptSegNet, multi-level), as published."
    return title, {"model": {"alignments": {"output": output}}}


def _adapted_data(pair: PairPart) -> dict[str, Any]:
    """Return ``adapted_data``, and the steps of it that differ from the recipe's own."""
    steps: dict[str, Any] = {}
    files = [pair.source.split_file, pair.target.split_file]
    domains = {
        **{name: Name(f"{name}_root") for name in ("source", "target")},
        **({"split_files": files} if any(files) else {}),
    }
    if pair.same_type:
        steps["match"] = From("_base_.match", domains)
    if pair.crop is not None:
        steps["scale"] = From("_base_.scale", {**domains, "min_size": pair.crop})
    if pair.white is not None:
        white = {} if pair.white == 255 else {"white": pair.white}
        steps["jitter"] = From("_base_.jitter", {**domains, **white})
    matched = [Name(step) for step in ("match", "scale") if step in steps]
    jittered = [Name("jitter")] if "jitter" in steps else []
    load, geometry, pack = Name("load"), Name("*geometry"), Name("pack")
    source = [load, *matched, geometry, *jittered, pack]
    target = [load, geometry, Name("_base_.weak_view"), *jittered, pack]
    data = {"source": {"pipeline": source}, "target": {"pipeline": target}}
    return {**steps, "adapted_data": data}


def _adapted(pair: PairPart, recipe: Recipe) -> tuple[str, dict[str, Any]]:
    """Return title and values of the config that joins the recipe with the pair's data."""
    # Source images that look like the target's are normalised as these are.
    values = model(recipe, pair.target.statistics() if pair.same_type else None)
    return f"The self-training recipe, `{ADAPTED}`, on the data of the pair.", {
        "train_dataloader": {"dataset": Name("{{_base_.adapted_data}}")},
        "model": From(f"_base_.{recipe.adapted}", values),
    }


def _text(title: Sequence[str], values: Mapping[str, Any]) -> str:
    return "".join(f"{comment(line)}\n" for line in title) + assignments(values)
