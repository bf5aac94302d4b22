"""The options of ``mmda figures``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError
from mmda.utils.installation import install_extra
from mmda.utils.options import documented, option

PATCHES = "patches"
SUFFIXES = (".png", ".pdf", ".svg", ".jpg")


@documented
@dataclass(frozen=True, kw_only=True)
class FigureOptions:
    """What every figure takes.

    Attributes:
        device: Where the models run, as torch names it; the first GPU if there is one.
        cfg_options: Overrides of every config, by nested key.

    Raises:
        ConfigError: When a value is out of its range.
    """

    out: Path = option("figure (.png, .pdf, .svg, .jpg)")
    tensorboard: Path | None = option(
        "also write the picture there for TensorBoard, as `figures/KIND`, at the iteration of a "
        f"single checkpoint of group maps, else at 0; needs {install_extra('report')}",
        None,
        metavar="DIR",
    )
    split: str = option(
        "where target images come from; source images are training images",
        "val",
        choices=("train", "val", "test"),
    )
    images: int = option("images per domain for t-SNE, fits and patches", 16)
    seed: int = option("of sampled pixels and `init`", 0)
    device: str | None = None
    cfg_options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise for values out of range."""
        if self.out.suffix.lower() not in SUFFIXES:
            raise ConfigError(
                f"--out `{self.out}` ends in `{self.out.suffix}`; expected one of "
                f"{', '.join(SUFFIXES)}."
            )
        _check_positive("images", self.images)
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"--seed is {self.seed}; expected 0 to {2**32 - 1}.")


@documented
@dataclass(frozen=True, kw_only=True)
class GroupOptions(FigureOptions):
    """Group maps of a CDGA model.

    Attributes:
        config: Path of the model's config.
        checkpoints: Checkpoints of one run, in their order; ``init`` is the untrained model.
    """

    config: str
    checkpoints: Sequence[str]
    compare: Sequence[str] = option(
        "groupings to fit to the last checkpoint's features", (), choices=("kmeans", "nmf")
    )
    source_index: int = option("source image, from 0", 0)
    target_index: int = option("target image, from 0", 0)
    alignment: str | None = option("name of the alignment; the first", None)


@documented
@dataclass(frozen=True, kw_only=True)
class TsneOptions(FigureOptions):
    """t-SNE of what models put out.

    Attributes:
        models: Title, config and checkpoint of each model; a title stands for one model.
    """

    models: Sequence[Sequence[str]]
    of: str | None = option(
        "what is shown: softmax vectors, as published, or the last feature map, which is the "
        "default for two classes, whose probabilities are one number; or the vectors of patches "
        "in the space of the modes, of models with a PatchAlignment",
        None,
        choices=("probabilities", "features", PATCHES),
    )
    points: int = option("pixels, or patches, per domain", 1000)
    perplexity: float = option("of t-SNE", 30.0)

    def __post_init__(self) -> None:
        """Raise for values out of range."""
        super().__post_init__()
        _check_positive("points", self.points)
        if not self.perplexity > 0:  # not a number (nan) is refused too
            raise ConfigError(
                f"--perplexity is {self.perplexity:g}; expected more than 0, such as 5 to 50."
            )
        names = [name for name, *_ in self.models]
        if len(set(names)) < len(names):
            raise ConfigError(
                f"--model: the names {names} are not unique, but each is the title of a plot."
            )


@documented
@dataclass(frozen=True, kw_only=True)
class PatchOptions(FigureOptions):
    """Example patches of the modes of a model with a PatchAlignment.

    Attributes:
        config: Path of the model's config.
        checkpoint: Its weights.
    """

    config: str
    checkpoint: str
    modes: int = option("modes that are shown, the most frequent ones", 8)
    examples: int = option("patches per mode and domain", 4)

    def __post_init__(self) -> None:
        """Raise for values out of range."""
        super().__post_init__()
        _check_positive("modes", self.modes)
        _check_positive("examples", self.examples)


def _check_positive(name: str, value: int) -> None:
    if value < 1:
        raise ConfigError(f"--{name} is {value}; expected 1 or more.")
