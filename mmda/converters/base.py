"""What a converter is: the options of a dataset, and how its scenes are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from mmda.errors import DataError
from mmda.raster.dataset.splits import split_by_hash
from mmda.raster.scene import SPLITS, Scene
from mmda.utils.options import check_choices, option


@dataclass(frozen=True)
class Found:
    """What a converter found.

    Attributes:
        scenes: What to tile.
        notes: One line each: the split rule, and files left out with the reason.
    """

    scenes: list[Scene]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Converter:
    """One dataset: its fields are its options, see :mod:`mmda.utils.options`.

    The docstring of a converter is what ``mmda tile NAME --help`` prints: layout, classes, splits.

    Attributes:
        TILE: Default tile size in pixels; ``None`` keeps whole images.
        SOURCE: Name and help of what the user gives on the command line.
        SEVERAL: Whether the user may give several sources.
        KNOWN: Options of the tiling that the dataset itself decides.
    """

    TILE: ClassVar[int | None] = None
    SOURCE: ClassVar[tuple[str, str]] = ("SRC", "folder of the dataset, as it was unpacked")
    SEVERAL: ClassVar[bool] = False
    KNOWN: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        check_choices(self)

    def known(self) -> dict[str, Any]:
        """Return the values of the options in ``KNOWN``."""
        return {}

    def describe(self, source: str, found: Found) -> dict[str, Any] | None:
        """Return what is kept in ``conversion.json``; ``None`` keeps nothing."""
        return None

    def find_scenes(self, *sources: Any, **unused: Any) -> Found:
        """Find the scenes in the folder of the dataset, or in several sources if it takes them.

        Raises:
            DataError: When folders or labels are missing or do not fit.
        """
        raise NotImplementedError

    def chosen(self, scenes: Sequence[Scene], source: str) -> Sequence[Scene]:
        """Return the scenes that the options leave.

        Args:
            scenes: What :meth:`find_scenes` found.
            source: Where, for errors.

        Raises:
            DataError: When there is none.
        """
        return scenes


@dataclass(frozen=True, kw_only=True)
class NamedDataset(Converter):
    """A dataset whose layout, classes and splits are known.

    Attributes:
        NAME: Its name, and that of the domain unless the user says otherwise.
        TASK: Name of the task, e.g. ``buildings``.
        CLASSES: Names of the classes, id 0 first.
        PALETTE: One ``(r, g, b)`` per class, 0..255.
    """

    NAME: ClassVar[str]
    TASK: ClassVar[str]
    CLASSES: ClassVar[Sequence[str]]
    PALETTE: ClassVar[Sequence[Sequence[int]]]
    KNOWN = frozenset({"task", "domain", "classes", "palette"})

    domain: str | None = option("name of the domain", None, shown="the dataset's", group="dataset")
    splits: Sequence[str] = option(
        "only these splits", SPLITS, shown="all", choices=SPLITS, group="dataset"
    )

    @property
    def name(self) -> str:
        """Name of the dataset; of a part of it, where the options choose one."""
        return self.NAME

    def known(self) -> dict[str, Any]:
        """Return task, domain, classes and palette."""
        return {
            "task": self.TASK,
            "domain": self.domain or self.name,
            "classes": self.CLASSES,
            "palette": self.PALETTE,
        }

    def describe(self, source: str, found: Found) -> dict[str, Any]:
        """Return name, source and notes."""
        return {"dataset": self.name, "source": source, "notes": found.notes}

    def chosen(self, scenes: Sequence[Scene], source: str) -> Sequence[Scene]:
        """Return the scenes of the splits that the user wants."""
        kept = [scene for scene in scenes if scene.split in self.splits]
        if not kept:
            held = ", ".join(sorted({scene.split for scene in scenes})) or "none"
            raise DataError(
                f"`{source}` has no images in the splits {', '.join(self.splits)}; it has those of "
                f"{held}. Choose other --splits, or complete the dataset."
            )
        return kept


def val_fraction_option(default: float) -> Any:
    """Declare the option ``val_fraction``, see :meth:`DrawnVal.draw_val`."""
    return option("share of val, drawn by a hash; 0 for none", default, group="split")


@dataclass(frozen=True, kw_only=True)
class DrawnVal(NamedDataset):
    """A dataset without an official validation split, which is drawn."""

    val_fraction: float = val_fraction_option(0.02)
    seed: int = option("another seed, another draw", 0, group="split")

    def draw_val(self, groups: Sequence[str]) -> list[str]:
        """Return ``train`` or ``val`` for every scene; ``val`` is drawn from the groups by a hash.

        Args:
            groups: The group of every scene; a group is never torn apart, and one alone is
                ``train``.
        """
        if self.val_fraction == 0 or len(set(groups)) == 1:
            return ["train"] * len(groups)
        return split_by_hash(groups, self.val_fraction, self.seed)


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return the first names, and how many there are beside them."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
