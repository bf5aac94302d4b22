"""A model as MMSegmentation's own checkpoint and config."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmda.engine.config_text import import_formatter
from mmda.engine.inference import without_pretrained
from mmda.exporting.metadata import exported_meta
from mmda.models.segmentors import UDASegmentor
from mmda.registry import MODELS
from mmda.utils.files import atomic_path, atomic_write_text
from mmda.utils.names import comment

SUFFIX = ".pth"
FILES = {1: "grayscale", 3: "color"}
"""How MMSegmentation reads files, by their number of bands."""
HEAD = """\
# Exported by mmda for MMSegmentation: `mmseg.apis.init_model(this file, "{}")`.
"""


def write(network: UDASegmentor, config: Config, path: Path) -> list[str]:
    """Write a model's weights, and beside them the config that MMSegmentation needs.

    Args:
        network: The model.
        config: The config that it was built from.
        path: The checkpoint; the config has its name and ends in ``.py``.

    Returns:
        Names of the parts that are mmda's own, which has to be installed where there are any.
    """
    segmentor = copy.deepcopy(config.model.segmentor.to_dict())
    without_pretrained({"segmentor": segmentor})
    model = {**segmentor, "data_preprocessor": _preprocessor(network)}
    own = sorted(set(_name_own(model)))
    exported: dict[str, Any] = {"default_scope": "mmseg", "model": model}
    exported["test_pipeline"] = [_loader(network), dict(type="PackSegInputs")]
    if own:
        exported["custom_imports"] = dict(imports=["mmda.models"])
    import_formatter()
    notes = "".join(f"{comment(note)}\n" for note in limits(network))
    text = HEAD.format(path.name) + notes + Config(exported).pretty_text
    state = {name: value.detach().cpu() for name, value in network.predictor.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        torch.save({"meta": exported_meta(network), "state_dict": state}, temporary)
    atomic_write_text(path.with_suffix(".py"), text)
    return own


def limits(network: UDASegmentor) -> list[str]:
    """Return sentences on what MMSegmentation does not do as mmda does."""
    ours: Any = network.data_preprocessor
    notes = ["MMSegmentation reads files as 8 bit; give it arrays (H, W, B) of other images."]
    if ours.num_bands not in FILES:
        notes = [
            f"No loader of MMSegmentation fits files of {ours.num_bands} bands; give it arrays "
            "(H, W, B)."
        ]
    if network.temperature != 1:
        notes.append(
            f"MMSegmentation does not divide the logits by the temperature {network.temperature:g} "
            "of `mmda calibrate`; classes are the same, probabilities are not calibrated."
        )
    return notes


def _loader(network: UDASegmentor) -> dict[str, Any]:
    """Return the config of what reads images; where no files fit, of what takes arrays."""
    ours: Any = network.data_preprocessor
    if ours.num_bands not in FILES:
        return dict(type="LoadImageFromNDArray")
    return dict(type="LoadImageFromFile", color_type=FILES[ours.num_bands])


def _preprocessor(network: UDASegmentor) -> dict[str, Any]:
    """Return the config of a preprocessor that normalises as ours does at test time.

    MMSegmentation reads images as blue, green, red, and normalises one or three bands.
    """
    ours: Any = network.data_preprocessor
    mean, std = (values.flatten().tolist() for values in ours.statistics(ours.test_domain))
    common = dict(mean=mean, std=std, pad_val=ours.pad_val)
    if ours.num_bands not in FILES:
        return dict(type="DomainDataPreprocessor", size_divisor=ours.size_divisor, **common)
    test = None if ours.size_divisor is None else dict(size_divisor=ours.size_divisor)
    return dict(type="SegDataPreProcessor", bgr_to_rgb=ours.num_bands == 3, test_cfg=test, **common)


def _name_own(part: Any) -> Iterator[str]:
    """Put mmda's scope before the types of its own parts in a config, and yield their names."""
    if isinstance(part, dict):
        found = MODELS.get(part["type"]) if isinstance(part.get("type"), str) else None
        if found is not None and found.__module__.startswith("mmda."):
            yield found.__name__
            part["type"] = f"mmda.{found.__name__}"
    for child in part.values() if isinstance(part, dict) else part:
        if isinstance(child, (dict, list, tuple)):
            yield from _name_own(child)
