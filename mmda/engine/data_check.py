"""Checks a config's tiled datasets from their manifests, before hours of training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.datasets import TiledDataset
from mmda.engine.config_check import find_component
from mmda.errors import ConfigError, DataError
from mmda.raster.manifest import read_dataset_info, read_manifest

LOADERS = {True: ("train_dataloader", "val_dataloader"), False: ("test_dataloader",)}


def check_data(config: Config, *, training: bool) -> None:
    """Check every tiled dataset that a run will read.

    From the manifest: the split has tiles, every file is there with the size it was written with,
    labels exist where they are asked for, the band count fits the data preprocessor, and the
    labels' class ids fit the decode head. No pixel is decoded, so it takes seconds for any size.

    Args:
        config: A checked config.
        training: Whether to check the training (and validation) data, or the test data.

    Raises:
        DataError: Naming the first offending files and the remedy.
        ConfigError: When bands or classes differ between data and config.
    """
    for loader in LOADERS[training]:
        for dataset, path in _datasets((config.get(loader) or {}).get("dataset"), loader):
            _check_dataset(dataset, config.model, path)


def _datasets(node: Any, path: str) -> Iterator[tuple[dict, str]]:
    """Yield the configs of tiled datasets below ``node``."""
    if isinstance(node, dict):
        kind = find_component(node["type"]) if isinstance(node.get("type"), str) else None
        if isinstance(kind, type) and issubclass(kind, TiledDataset):
            yield node, path
            return
        for key, child in node.items():
            yield from _datasets(child, f"{path}.{key}")
    elif isinstance(node, (list, tuple)):
        for index, child in enumerate(node):
            yield from _datasets(child, f"{path}[{index}]")


def _check_dataset(dataset: dict, model: dict, path: str) -> None:
    root, split = Path(dataset["data_root"]), dataset.get("split", "train")
    info = read_dataset_info(root)
    bands = len(model["data_preprocessor"]["mean"])
    if info["bands"] != bands:
        raise ConfigError(
            f"{path}: `{root}` has {info['bands']} bands, but the model's data preprocessor has "
            f"{bands} means. Set `mean`, `std` and the backbone's `in_channels` to the data."
        )
    rows = [row for row in read_manifest(root) if row["split"] == split]
    if not rows:
        raise DataError(
            f"{path}: `{root}` has no tiles in split `{split}` (it has {info.get('splits')}). "
            "Choose one of these, or tile the scenes again."
        )
    labelled = dataset.get("labelled", True)
    _check_files(root, rows, labelled)
    if labelled:
        _check_classes(root, rows, info, model["segmentor"]["decode_head"]["num_classes"])


def _check_files(root: Path, rows: list[dict], labelled: bool) -> None:
    kinds = ("image", "label") if labelled else ("image",)
    faults = []
    for row in rows:
        for kind in kinds:
            if row[kind] is None:
                faults.append(f"tile `{row['id']}` has no {kind}")
                continue
            file = root / row[kind]
            size = file.stat().st_size if file.is_file() else None
            if size is None:
                faults.append(f"`{file}` is missing")
            elif size != row[f"{kind}_bytes"]:
                faults.append(f"`{file}` has {size} bytes, not {row[f'{kind}_bytes']}")
    if faults:
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise DataError(
            f"`{root}` does not agree with its manifest: {'; '.join(faults[:5])}{more}. "
            "Run its converter again with --overwrite."
        )


def _check_classes(root: Path, rows: list[dict], info: dict, num_classes: int) -> None:
    if len(info["classes"]) != num_classes:
        raise ConfigError(
            f"`{root}` has {len(info['classes'])} classes {list(info['classes'])}, but the decode "
            f"head has num_classes={num_classes}. Set `num_classes`, or use the data of this task."
        )
    for row in rows:
        above = [i for i, n in enumerate(row["class_pixels"]) if n and i >= num_classes]
        if above:
            raise DataError(
                f"`{root / row['label']}` holds the class id {above[0]}, expected 0.."
                f"{num_classes - 1} or 255 = ignore. Correct the masks' decoding and tile again."
            )
    if not any(sum(row["class_pixels"]) for row in rows):
        raise DataError(f"`{root}`: every pixel of every label is 255 = ignore; nothing to learn.")
