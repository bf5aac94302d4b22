"""What a table of results is: rows of trainings, columns of scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAM = "NAM"
MAIN_SCORE = "mIoU"


@dataclass(frozen=True)
class Toy:
    """Generated cities that a task trains on; each seed has cities of its own.

    Attributes:
        task: One of :data:`mmda.tasks.TASKS`.
        preset: The domain shift, one of :data:`mmda.toy.shift.PRESETS`.
        values: Parameters of the shift that differ from the preset's.
    """

    task: str
    preset: str = "default"
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """A transfer that every row is trained on.

    Attributes:
        name: Name in paths and in ``{task}`` of the rows' configs; empty in a table of one task.
        title: Name for people.
        toy: The cities to generate, None for data that exist.
        overrides: Overrides of every config of this task.
    """

    name: str
    title: str
    toy: Toy | None
    overrides: Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """One score of one task.

    Attributes:
        metric: Name of a score as ``mmda test`` writes it, or ``NAM``.
        title: Name for people.
        task: Name of the task.
        of: The score that NAM is taken of.
        minus: Name of a row whose score, seed by seed, is subtracted; None for the score itself.
    """

    metric: str
    title: str
    task: str
    of: str = MAIN_SCORE
    minus: str | None = None

    @property
    def score(self) -> str:
        """The score that the column is computed from."""
        return self.of if self.metric == NAM else self.metric


@dataclass(frozen=True)
class Row:
    """One method.

    Attributes:
        name: Name in paths.
        title: Name for people.
        configs: The config of each task; no entry where there are only published figures.
        overrides: Overrides of the row's configs.
        published: The published figure of each of the table's columns, None where there is none.
        bounds: Names of the source-only and the target-only row, for NAM; None where NAM is not
            defined.
        x: Place on the sweep's axis; None for a row outside the sweep.
        line: Name of the sweep's line that the row belongs to.
        task_overrides: Further overrides of the row's configs by task.
        start_from: Name of the row whose last checkpoint, of the same task and seed, the training
            starts from; None for the config's own initialisation.
    """

    name: str
    title: str
    configs: Mapping[str, Path]
    overrides: Mapping[str, Any]
    published: tuple[float | None, ...]
    bounds: tuple[str, str] | None
    x: float | None
    line: str
    task_overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    start_from: str | None = None


@dataclass(frozen=True)
class Sweep:
    """A figure: a score against a parameter.

    Attributes:
        title: Name of the axis.
        column: Index of the column that is drawn.
        log: Whether the axis is logarithmic.
    """

    title: str
    column: int
    log: bool


@dataclass(frozen=True)
class Table:
    """A table as its description gives it.

    Attributes:
        path: The description.
        title: Heading.
        paper: The table that it follows.
        notes: Paragraphs below the table.
        seeds: Seeds of the trainings.
        tasks: The tasks, by name.
        overrides: Overrides of every config.
        columns: The columns, from left to right.
        rows: The rows, by name, from top to bottom.
        target_only: Name of the row that is an upper bound and never the best; None without one.
        sweep: The figure, None without one.
    """

    path: Path
    title: str
    paper: str
    notes: tuple[str, ...]
    seeds: tuple[int, ...]
    tasks: Mapping[str, Task]
    overrides: Mapping[str, Any]
    columns: tuple[Column, ...]
    rows: Mapping[str, Row]
    target_only: str | None
    sweep: Sweep | None
