"""Checks a config's tiled datasets from their manifests, before hours of training."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.datasets import RasterWindowDataset, TiledDataset
from mmda.engine.config_check import find_component
from mmda.engine.learnable import absent_classes, foreign_values
from mmda.errors import ConfigError, DataError
from mmda.raster.dataset.domain import TiledDomain, count_splits
from mmda.raster.dataset.window_reader import scenes_of
from mmda.raster.scene import is_local

LOADERS = {True: ("train_dataloader", "val_dataloader"), False: ("test_dataloader",)}


def check_data(config: Config, *, training: bool) -> list[str]:
    """Check every tiled dataset that a run will read.

    The split must have tiles, every file of the manifest must exist with the size that it was
    written with, labels must exist where the config reads them, the band count must fit the data
    preprocessor, and the labels' class ids must fit the decode head. Warnings tell of classes
    without a training label, and of values of another scale than the preprocessor's. No pixel is
    decoded, so that this takes seconds for a dataset of any size.

    Args:
        config: A checked config.
        training: Whether to check the training (and validation) data, or the test data.

    Returns:
        The warnings, in sentences.

    Raises:
        DataError: When files are missing or do not agree with the manifest or the config.
        ConfigError: When bands or classes differ between data and config.
    """
    classes: dict[str, list[str]] = {}
    warnings: list[str] = []
    for loader in LOADERS[training]:
        for dataset, path in _datasets((config.get(loader) or {}).get("dataset"), loader):
            classes[dataset["data_root"]], found = _check_dataset(dataset, config.model, path)
            warnings += found
    _check_same_classes(classes)
    return list(dict.fromkeys(warnings))


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


def _check_same_classes(classes: dict[str, list[str]]) -> None:
    """Raise a :class:`ConfigError` when the domains of a run have different classes."""
    (first, names), *others = classes.items() or [("", [])]
    for root, found in others:
        if found != names:
            raise ConfigError(
                f"`{first}` has the classes {names}, `{root}` {found}; the domains of a run must "
                "agree in their classes and their order. Tile one of them again with `--classes` "
                "and `--decode` that fit the other."
            )


def _check_dataset(dataset: dict, model: dict, path: str) -> tuple[list[str], list[str]]:
    """Check one dataset; return its class names, and warnings."""
    classes = (dataset.get("metainfo") or {}).get("classes")
    domain = TiledDomain(
        dataset["data_root"], dataset.get("split_file"), dataset.get("class_map"), classes
    )
    root, split, info = domain.root, dataset.get("split", "train"), domain.info
    bands = len(model["data_preprocessor"]["mean"])
    if info["bands"] != bands:
        raise ConfigError(
            f"{path}: `{root}` has {info['bands']} bands, but the model's data preprocessor has "
            f"{bands} means. Set `mean`, `std` and the backbone's `in_channels` to the data."
        )
    found = domain.rows()
    rows = [row for row in found if row["split"] == split]
    if not rows:
        raise DataError(
            f"{path}: `{root}` has no tiles in split `{split}` (it has {count_splits(found)}). "
            "Choose one of its splits, or tile the scenes again."
        )
    labelled = dataset.get("labelled", True)
    if labelled:
        _check_labelled(root, rows)
    kind = find_component(dataset["type"])
    if isinstance(kind, type) and issubclass(kind, RasterWindowDataset):
        _check_rasters(root, rows, labelled)
    else:
        _check_files(root, rows, labelled)
    warnings = foreign_values(domain, dataset, model["data_preprocessor"])
    if labelled:
        _check_classes(domain, rows, model["segmentor"]["decode_head"]["num_classes"])
        _check_variety(domain, rows)
        if split == "train":
            warnings += absent_classes(domain, rows)
    return domain.classes, warnings


def _check_labelled(root: Path, rows: list[dict]) -> None:
    bare = [row["id"] for row in rows if row["class_pixels"] is None]
    if bare:
        raise DataError(
            f"`{root}`: {len(bare)} of {len(rows)} tiles of the split `{rows[0]['split']}` have no "
            f"label, the first is `{bare[0]}`. Tile the images with their labels (--masks or "
            "--labels), or set `labelled=False` for a target that is not evaluated."
        )


def _check_rasters(root: Path, rows: list[dict], labelled: bool) -> None:
    """Check that the source rasters of windows exist."""
    scenes = scenes_of(rows).values()
    labels = [scene.label.path for scene in scenes if labelled and scene.label is not None]
    paths = sorted({*(scene.image for scene in scenes), *labels})
    missing = [path for path in paths if is_local(path) and not Path(path).is_file()]
    if missing:
        raise DataError(
            f"The windows of `{root}` are read from {len(paths)} rasters and labels, but "
            f"{len(missing)} of these are missing: "
            f"{', '.join(f'`{path}`' for path in missing[:5])}. Put them back, or run the "
            "converter again with --overwrite."
        )


def _check_files(root: Path, rows: list[dict], labelled: bool) -> None:
    kinds = ("image", "label") if labelled else ("image",)
    if any(row["image"] is None for row in rows):
        raise ConfigError(
            f"`{root}` has no tiles, only a manifest of windows (--format none): set the dataset's "
            "type to `RasterWindowDataset`."
        )
    faults = []
    for row in rows:
        for kind in kinds:
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
            "Run the converter again with --overwrite."
        )


def _check_classes(domain: TiledDomain, rows: list[dict], num_classes: int) -> None:
    root = domain.root
    if len(domain.classes) != num_classes:
        raise ConfigError(
            f"`{root}` has {len(domain.classes)} classes {domain.classes}, but the decode "
            f"head has num_classes={num_classes}. Set `num_classes`, or use the data of this task."
        )
    for row in rows:
        above = [i for i, n in enumerate(row["class_pixels"]) if n and i >= num_classes]
        if above:
            label = root / (row["label"] or row["label_source"])
            raise DataError(
                f"`{label}` has the class id {above[0]}; expected 0..{num_classes - 1} or 255 = "
                "ignore. Correct the decoding of the masks (--decode) and tile again."
            )


def _check_variety(domain: TiledDomain, rows: list[dict]) -> None:
    """Raise a :class:`DataError` for training labels of one class and test labels of none."""
    counts = [sum(column) for column in zip(*(row["class_pixels"] for row in rows), strict=True)]
    present = [name for name, n in zip(domain.classes, counts, strict=True) if n]
    if len(present) < (2 if rows[0]["split"] == "train" else 1):
        raise DataError(
            f"`{domain.root}`: the labels of the split `{rows[0]['split']}` have "
            f"{f'no class but `{present[0]}`' if present else 'no value but 255 = ignore'}, so "
            "there is nothing to learn or to score. Masks of 0 and 255 need `--decode binary`; "
            "tile again with --overwrite."
        )
