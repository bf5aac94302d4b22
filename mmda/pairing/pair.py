"""Makes a transfer task from two tiled datasets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError
from mmda.pairing.classes import DOMAINS, SharedClasses, learnt_classes, share_classes
from mmda.pairing.config_files import DomainPart, PairPart, pair_texts
from mmda.pairing.options import PairOptions
from mmda.pairing.overlap import find_overlap
from mmda.pairing.presets import find_preset
from mmda.pairing.recipes import Recipe, find_recipe
from mmda.pairing.scale import scale_warnings
from mmda.pairing.splits import (
    EvaluationSplits,
    carve_val,
    evaluation_splits,
    is_labelled,
    require_train,
    write_split_table,
)
from mmda.pairing.statistics import DomainStatistics, check_same_bands, measure, white_level
from mmda.raster.dataset.domain import TiledDomain, count_splits, typical_gsd
from mmda.raster.dataset.measured_shift import measure_shift
from mmda.utils.files import atomic_write_text

RECORD = "pair.json"
SPLITS = "target_splits.csv"
FORMAT = 1
TextsOf = Callable[[PairPart, Recipe], Mapping[str, str]]

DEFAULT = PairOptions()


def make_pair(
    source: str | Path,
    target: str | Path,
    out: str | Path,
    options: PairOptions = DEFAULT,
    texts_of: TextsOf = pair_texts,
) -> dict[str, Any]:
    """Write the configs of a transfer task; no data are copied.

    The files in ``out`` are ``pair.json`` (a record of all results), ``dataset.py`` (a base for
    training configs), ``source_only.py``, ``adapted.py``, ``target_only.py`` if the target's
    training tiles have labels, and ``target_splits.csv`` if scenes of the target became ``val``.

    Args:
        source: Folder of the labelled tiled dataset.
        target: Folder of the other tiled dataset.
        out: Folder to write to.
        options: How to pair them.
        texts_of: Returns the text of each config, by file name.

    Returns:
        The content of ``pair.json``.

    Raises:
        DataError: When a dataset is missing or has nothing to train on, or the bands differ.
        ConfigError: When classes, preset, crop or fraction do not fit, or ``out`` has other
            configs.
    """
    folder = Path(out).absolute()
    shared, sides = _open(source, target, options)
    first, second = sides
    warnings = [*shared.warnings, *_check(sides, options)]
    carved = carve_val(second.rows, options.val_fraction)
    if carved is not None:
        second.place(carved, str(folder / SPLITS))
    splits = evaluation_splits(second.rows, carved)
    overlap = find_overlap(first.tiles, second.tiles, (first.rows, second.rows))
    warnings += scale_warnings(first.tiles, second.tiles, (first.gsd, second.gsd))
    warnings += overlap.warnings()
    for side in sides:
        side.measure(options)
    learnt, unlearnt = learnt_classes(shared.names, first.train_pixels())
    warnings += unlearnt
    pair = _pair_part(shared, learnt, sides, splits, options)
    if pair.white is None:
        warnings.append(
            "The images have values below 0, which cannot be a brightness: adapted.py does not use "
            "RadiometricJitter."
        )
    record = {
        "format": FORMAT,
        "preset": options.preset,
        "title": list(pair.title),
        "classes": pair.classes,
        "palette": pair.palette,
        "learnt": pair.learnt,
        "splits": asdict(splits),
        "crop": pair.crop,
        "white": pair.white,
        **{side.name: side.to_json() for side in sides},
        "overlap": overlap.to_json(),
        "shift": measure_shift(first.tiles, second.tiles).to_json(),
        "warnings": warnings,
    }
    texts = texts_of(pair, find_recipe(options.network, options.preset))
    _refuse_edited(folder, texts, options.overwrite)
    if carved is not None:
        write_split_table(folder / SPLITS, carved)
    for name, text in {**texts, RECORD: json.dumps(record, indent=1) + "\n"}.items():
        atomic_write_text(folder / name, text)
    return record


@dataclass
class _Side:
    """One domain of a pair that is being made."""

    name: str
    tiles: TiledDomain
    rows: list[dict[str, Any]]
    split_file: str | None = None
    statistics: DomainStatistics | None = None

    @property
    def gsd(self) -> float | None:
        return typical_gsd(self.rows)

    @property
    def labelled(self) -> bool:
        return is_labelled([row for row in self.rows if row["split"] == "train"])

    def place(self, table: Mapping[str, str], split_file: str) -> None:
        """Move scenes to other splits, which ``split_file`` lists."""
        self.split_file = split_file
        for row in self.rows:
            row["split"] = table.get(row["scene"], row["split"])

    def measure(self, options: PairOptions) -> None:
        """Measure the split ``train``, or take ``dataset.json``'s statistics if no scene moved."""
        self.statistics = measure(
            self.tiles,
            self.rows,
            reuse=self.split_file is None,
            workers=options.workers,
            progress=options.progress,
        )

    def train_pixels(self) -> list[int]:
        """Return the number of pixels of each shared class in the (labelled) split ``train``."""
        assert self.statistics is not None
        return self.statistics.class_pixels["train"]

    def part(self, contrast: float) -> DomainPart:
        """Return the domain's part of the configs.

        Args:
            contrast: Deviation of normalised images that the network expects.
        """
        assert self.statistics is not None
        return DomainPart(
            name=self.name,
            root=str(self.tiles.root),
            windows=any(row["image"] is None for row in self.rows),
            whole=self.tiles.info["tile"] is None,
            mean=self.statistics.mean,
            std=[std / contrast for std in self.statistics.std],
            class_map=self.tiles.class_map,
            split_file=self.split_file,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the domain's part of ``pair.json``."""
        assert self.statistics is not None
        return {
            "root": str(self.tiles.root),
            "domain": self.tiles.info["domain"],
            "gsd": self.gsd,
            "tiles": count_splits(self.rows),
            "scenes": len({row["scene"] for row in self.rows}),
            "class_map": self.tiles.class_map,
            "split_file": self.split_file,
            "statistics": self.statistics.to_json(),
        }


def _open(
    source: str | Path, target: str | Path, options: PairOptions
) -> tuple[SharedClasses, tuple[_Side, _Side]]:
    """Read both domains with their shared classes."""
    infos = [TiledDomain(root).info for root in (source, target)]
    shared = share_classes(infos[0], infos[1], options.classes, options.renames)
    sides = []
    for name, root in zip(DOMAINS, (source, target), strict=True):
        path = Path(root).absolute()
        tiles = TiledDomain(path, None, shared.maps[name], shared.names)
        rows = tiles.rows()
        require_train(name, rows, path)
        sides.append(_Side(name, tiles, rows))
    return shared, (sides[0], sides[1])


def _check(sides: tuple[_Side, _Side], options: PairOptions) -> list[str]:
    """Check bands, preset and crop; return warnings."""
    warnings = check_same_bands(sides[0].tiles, sides[1].tiles)
    if options.preset is not None:
        infos = {side.name: side.tiles.info for side in sides}
        warnings += find_preset(options.preset).check(options.preset, infos)
    smallest = _smallest_tile(sides)
    if options.crop is not None and not 1 <= options.crop <= smallest:
        raise ConfigError(
            f"--crop {options.crop}: the side of the training crops must be 1 to {smallest} "
            "pixels, as the smallest tile has no more."
        )
    return warnings


def _smallest_tile(sides: Sequence[_Side]) -> int:
    return min(min(row["height"], row["width"]) for side in sides for row in side.rows)


def _pair_part(
    shared: SharedClasses,
    learnt: list[str],
    sides: tuple[_Side, _Side],
    splits: EvaluationSplits,
    options: PairOptions,
) -> PairPart:
    source, target = sides
    crop = options.crop
    recipe = find_recipe(options.network, options.preset)
    if crop is None and recipe.crop is not None:
        crop = min(recipe.crop, _smallest_tile(sides))
    kinds = {side.tiles.info["dtype"] for side in sides}
    numbers = [side.statistics for side in sides if side.statistics is not None]
    # Two types have no common value of full brightness.
    white = white_level(kinds.pop(), numbers) if len(kinds) == 1 else None
    return PairPart(
        title=_title(sides, splits, options.preset),
        classes=shared.names,
        palette=shared.palette,
        learnt=learnt,
        source=source.part(recipe.contrast),
        target=target.part(recipe.contrast),
        val=splits.val,
        test=splits.test,
        bound=target.labelled,
        white=white,
        same_type=source.tiles.info["dtype"] == target.tiles.info["dtype"],
        crop=crop,
    )


def _title(sides: tuple[_Side, _Side], splits: EvaluationSplits, preset: str | None) -> list[str]:
    task = sides[0].tiles.info["task"]
    names = [f"{s.tiles.info['domain']} ({_metres(s.gsd)})" for s in sides]
    counts = [", ".join(f"{k} {n}" for k, n in count_splits(s.rows).items()) for s in sides]
    lines = [
        f"{task}: {names[0]} -> {names[1]}. Written by `mmda pair`; see pair.json.",
        f"Tiles: source {counts[0]}; target {counts[1]} (fixed grid, whole scenes per split).",
        f"Splits: {splits.rule}.",
    ]
    if preset is not None:
        found = find_preset(preset)
        lines.append(
            f"{preset}: published (Table I) on {found.train} training and {found.val} validation "
            "tiles of an unpublished random cut."
        )
    return lines


def _metres(gsd: float | None) -> str:
    return "unknown GSD" if gsd is None else f"{gsd:g} m"


def _refuse_edited(folder: Path, texts: Mapping[str, str], overwrite: bool) -> None:
    for name, text in texts.items():
        path = folder / name
        if not overwrite and path.exists() and path.read_text(encoding="utf-8") != text:
            raise ConfigError(
                f"`{path}` exists and differs from the file to be written: the data or the options "
                "have changed, or it was edited. Replace it with --overwrite, or choose another "
                "folder."
            )
