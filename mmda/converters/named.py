"""Command lines of the converters of named datasets: classes and layout are known."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmda.cli.tiling_arguments import add_tiling_arguments, run_tiling
from mmda.errors import DataError
from mmda.raster.dataset.splits import split_by_hash
from mmda.raster.scene import SPLITS, Scene
from mmda.utils.files import atomic_write_text

CONVERSION = "conversion.json"


@dataclass(frozen=True)
class NamedDataset:
    """What is known of a dataset before its files are looked at.

    Attributes:
        name: Its name, and that of the domain unless ``--domain`` says otherwise.
        task: Name of the task, e.g. ``buildings``.
        classes: Names of the classes, id 0 first.
        palette: One ``(r, g, b)`` per class, 0..255.
    """

    name: str
    task: str
    classes: tuple[str, ...]
    palette: Sequence[Sequence[int]]


@dataclass(frozen=True)
class Conversion:
    """What a converter found.

    Attributes:
        scenes: What to tile.
        notes: One line each: the split rule, and files left out with the reason.
    """

    scenes: list[Scene]
    notes: list[str] = field(default_factory=list)


def named_parser(
    name: str, description: str | None, tile: int | None = None
) -> argparse.ArgumentParser:
    """Return the parser of ``mmda tile NAME SRC OUT`` with the options that all converters share.

    Args:
        name: Name of the converter.
        description: Text of ``--help``: layout, classes, split rule.
        tile: Default tile size in pixels; ``None`` keeps whole images.
    """
    parser = argparse.ArgumentParser(
        prog=f"mmda tile {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("src", metavar="SRC", help="folder of the dataset, as it was unpacked")
    parser.add_argument("out", metavar="OUT", help="folder of the tiled dataset")
    group = parser.add_argument_group("dataset")
    group.add_argument("--domain", help="name of the domain [the dataset's]")
    group.add_argument(
        "--splits", nargs="+", choices=SPLITS, default=list(SPLITS), help="only these splits [all]"
    )
    add_tiling_arguments(parser, tile)
    return parser


def add_draw_arguments(parser: argparse.ArgumentParser, val_fraction: float) -> None:
    """Add the options of a validation split that is drawn, see :func:`draw_val`."""
    group = parser.add_argument_group("split")
    group.add_argument(
        "--val-fraction",
        type=float,
        default=val_fraction,
        help="share of val, drawn by a hash; 0 for none [%(default)s]",
    )
    group.add_argument("--seed", type=int, default=0, help="another seed, another draw [0]")


def draw_val(args: argparse.Namespace, groups: Sequence[str]) -> list[str]:
    """Return ``train`` or ``val`` for every scene; ``val`` is drawn from the groups by a hash.

    Args:
        args: Holds ``val_fraction`` and ``seed``.
        groups: The group of every scene; a group is never torn apart, and one alone is ``train``.
    """
    if args.val_fraction == 0 or len(set(groups)) == 1:
        return ["train"] * len(groups)
    return split_by_hash(groups, args.val_fraction, args.seed)


def keep_splits(args: argparse.Namespace, scenes: Sequence[Scene]) -> list[Scene]:
    """Return the scenes of the splits that ``--splits`` names.

    Raises:
        DataError: When there is none.
    """
    kept = [scene for scene in scenes if scene.split in args.splits]
    if not kept:
        held = ", ".join(sorted({scene.split for scene in scenes})) or "none"
        raise DataError(
            f"`{args.src}` has no images in the splits {', '.join(args.splits)}; it has those of "
            f"{held}. Choose other --splits, or complete the dataset."
        )
    return kept


def run_named(args: argparse.Namespace, dataset: NamedDataset, found: Conversion) -> int:
    """Tile the scenes of a named dataset and print its notes; return the exit code.

    The notes are kept in ``OUT/conversion.json``, too.

    Raises:
        DataError: When no scene is left, or the tiling raises it.
        ConfigError: For impossible options.
    """
    scenes = keep_splits(args, found.scenes)
    args.task, args.classes = dataset.task, dataset.classes
    args.domain = args.domain or dataset.name
    for note in found.notes:
        print(f"note: {note}")
    record = {"dataset": dataset.name, "source": args.src, "notes": found.notes}

    def keep_notes() -> None:
        atomic_write_text(Path(args.out) / CONVERSION, json.dumps(record, indent=1) + "\n")

    return run_tiling(args, scenes, dataset.palette, keep_notes)


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return the first names, and how many there are beside them."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
