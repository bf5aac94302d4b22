"""From a public code's checkpoint to a checkpoint and a config of mmda."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmda.conversion.config_text import check_folder, config_text
from mmda.conversion.layouts import LAYOUTS, choose_layout
from mmda.conversion.names import common_names
from mmda.conversion.network import model_config
from mmda.conversion.weights import converted_weights
from mmda.datasets.street import StreetDataset
from mmda.engine.checkpoint import read_checkpoint
from mmda.engine.launch import load_config
from mmda.errors import ConfigError
from mmda.registry import MODELS
from mmda.utils.files import atomic_path, atomic_write_text, check_new_file
from mmda.utils.names import check_name

STREET: Mapping[str, Any] = StreetDataset.METAINFO
STREET_CONFIG = "mmda::source_only/source-only_deeplabv2-r101_120k_gta52cityscapes.py"


@dataclass(frozen=True)
class Conversion:
    """A converted checkpoint.

    Attributes:
        checkpoint: The weights.
        config: The config to use with them.
        layout: Name of the layout that the checkpoint had.
        source: The public code of that layout.
        num_classes: Number of its classes.
        classes: Their names; empty where nobody knows them.
    """

    checkpoint: Path
    config: Path
    layout: str
    source: str
    num_classes: int
    classes: Sequence[str]


def convert_checkpoint(
    checkpoint: str | Path,
    out: str | Path,
    *,
    layout: str | None = None,
    classes: Sequence[str] | None = None,
    like: str | Path | None = None,
) -> Conversion:
    """Convert a checkpoint; see :func:`mmda.convert`, which has the same arguments.

    Raises:
        ConfigError: When the checkpoint, the classes or the config ``like`` do not fit each other,
            or a file would be replaced.
    """
    path, config_path = _files(checkpoint, out)
    content = read_checkpoint(checkpoint)
    state = common_names(content.get("state_dict", content))
    name = choose_layout(state, layout, checkpoint)
    model = model_config(state, LAYOUTS[name], checkpoint)
    init_default_scope("mmda")
    network = MODELS.build(model["segmentor"])
    weights = converted_weights(network, state, LAYOUTS[name], checkpoint)
    count = model["segmentor"]["decode_head"]["num_classes"]
    meta = _dataset_meta(classes, count, checkpoint)
    if like is None and count == len(STREET["classes"]):
        like = STREET_CONFIG
    if like is not None:
        _check_like(load_config(like), like, count, checkpoint)
    path.parent.mkdir(parents=True, exist_ok=True)
    state_dict = {f"segmentor.{key}": value for key, value in weights.items()}
    with atomic_path(path) as temporary:
        torch.save({"meta": {"dataset_meta": meta}, "state_dict": state_dict}, temporary)
    text = config_text(model, Path(checkpoint).name, LAYOUTS[name].source, path.name, like)
    atomic_write_text(config_path, text)
    names = meta.get("classes", ())
    return Conversion(path, config_path, name, LAYOUTS[name].source, count, names)


def _files(checkpoint: str | Path, out: str | Path) -> tuple[Path, Path]:
    """Return the checkpoint and the config that are to be written."""
    path = Path(out)
    if path.suffix != ".pth":
        raise ConfigError(f"The checkpoint to write, `{path}`, must end in .pth.")
    for file in (Path(checkpoint), path):
        check_name("checkpoint's file", file.name)
    check_folder(path.parent)
    config = path.with_suffix(".py")
    for file in (path, config):
        check_new_file(file)
    return path, config


def _dataset_meta(classes: Sequence[str] | None, count: int, path: object) -> dict[str, Any]:
    """Return the classes' names and colours; the 19 of street scenes where none are given."""
    if classes is None and count == len(STREET["classes"]):
        return {key: list(value) for key, value in STREET.items()}
    if classes is None:
        return {}
    for name in classes:
        check_name("class", name)
    if twice := [name for name in dict.fromkeys(classes) if classes.count(name) > 1]:
        raise ConfigError(
            f"The classes have the name `{twice[0]}` more than once: {', '.join(classes)}. Give "
            "each class a name of its own."
        )
    if len(classes) != count:
        raise ConfigError(
            f"The checkpoint `{path}` has {count} classes, but {len(classes)} names are given: "
            f"{', '.join(classes)}. Name each of its classes, in its order."
        )
    return {"classes": list(classes)}


def _check_like(config: Config, like: object, count: int, path: object) -> None:
    """Refuse a config that is of no segmentor or of another number of classes."""
    segmentor = config.get("model", {}).get("segmentor")
    if segmentor is None:
        raise ConfigError(f"The config `{like}` has no `model.segmentor`; give that of a training.")
    head = segmentor.get("decode_head")
    if not isinstance(head, Mapping) or "num_classes" not in head:
        found = f"a list of {len(head)}" if isinstance(head, (list, tuple)) else repr(head)
        raise ConfigError(
            f"`model.segmentor.decode_head` of the config `{like}` is {found}; expected is one "
            "head with `num_classes`. Give the config of a network with one head."
        )
    wanted = head["num_classes"]
    if wanted != count:
        raise ConfigError(
            f"The checkpoint `{path}` has {count} classes, the config `{like}` {wanted}. Give a "
            "config of the checkpoint's task, or none."
        )
