"""What a table of results is: rows of trainings, columns of scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mmda.ablation.entries import Entry, Many, Named
from mmda.errors import ConfigError, did_you_mean
from mmda.tasks import TASKS
from mmda.toy.shift import make_shift

NAM = "NAM"
MAIN_SCORE = "mIoU"


class Toy(Entry):
    """Generated cities that a task trains on; each seed has cities of its own.

    Attributes:
        task: One of :data:`mmda.tasks.TASKS`.
        shift: The domain shift, one of :data:`mmda.toy.shift.PRESETS` or ``random:17``.
        values: Parameters of the shift that differ from the preset's.
    """

    task: str = "buildings"
    shift: str = "default"
    values: dict[str, float] = {}

    @model_validator(mode="after")
    def _check_values(self) -> Toy:
        if self.task not in TASKS:
            raise ValueError(
                f"unknown task `{self.task}`; expected one of {', '.join(TASKS)}."
                + did_you_mean(self.task, TASKS)
            )
        try:
            make_shift(self.shift, self.values)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return self


class Task(Entry):
    """A transfer that every row is trained on.

    Attributes:
        name: Name in paths and in ``{task}`` of the rows' configs; empty in a table of one task.
        title: Name for people.
        toy: The cities to generate, None for data that exist.
        overrides: Overrides of every config of this task.
    """

    name: str
    title: str = Field(default_factory=lambda task: task["name"])
    toy: Toy | None = None
    overrides: dict[str, Any] = {}


class Column(Entry):
    """One score of one task. A description may give the metric's name alone.

    Attributes:
        metric: Name of a score as ``mmda test`` writes it, or ``NAM``.
        title: Name for people.
        task: Name of the task; in a description, empty for a column of each task.
        of: The score that NAM is taken of.
        minus: Name of a row whose score, seed by seed, is subtracted; None for the score itself.
    """

    metric: str
    title: str = Field(default_factory=lambda column: plain_title(column.get("metric", "")))
    task: str = ""
    of: str = MAIN_SCORE
    minus: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_metric(cls, value: Any) -> Any:
        return {"metric": value} if isinstance(value, str) else value

    @property
    def score(self) -> str:
        """The score that the column is computed from."""
        return self.of if self.metric == NAM else self.metric


def plain_title(metric: str) -> str:
    """Return the title of a column that is given none: ``road`` for ``IoU/road``."""
    return metric.partition("/")[2] or metric


def _paths_by_task(config: Any) -> dict[str, Path]:
    paths = {"": config} if isinstance(config, str) else config
    if not isinstance(paths, Mapping) or not all(isinstance(p, str) for p in paths.values()):
        raise ValueError(
            f"expected a path in quotes, or dict(...) of such paths by task, but got `{config!r}`."
        )
    return {task: Path(path) for task, path in paths.items()}


class Row(Entry):
    """One method.

    Attributes:
        name: Name in paths.
        title: Name for people.
        configs: The config of each task; no entry where there are only published figures. A
            description may give one for all tasks, and gives paths relative to its own folder or
            to one above it.
        overrides: Overrides of the row's configs.
        task_overrides: Further overrides of the row's configs by task.
        start_from: Name of the row whose last checkpoint, of the same task and seed, the training
            starts from; None for the config's own initialisation.
        translated_by: Name of the row whose CycleGAN, of the same task and seed, has given the
            source the target's look; None for the config's own source.
        published: The published figure of each of the table's columns, None where there is none;
            a description leaves it out where there are none at all.
        bounds: Names of the source-only and the target-only row, for NAM. None takes the table's
            in a description, and stands for no NAM in a table.
        x: Place on the sweep's axis; None for a row outside the sweep.
        line: Name of the sweep's line that the row belongs to.
    """

    name: str
    title: str = Field(default_factory=lambda row: row["name"].replace("_", " "))
    configs: Annotated[dict[str, Path], BeforeValidator(_paths_by_task)] = Field({}, alias="config")
    overrides: dict[str, Any] = {}
    task_overrides: dict[str, dict[str, Any]] = {}
    start_from: str | None = None
    translated_by: str | None = None
    published: Many[float | None] = ()
    bounds: Annotated[tuple[str, str], Field(strict=False)] | None = None
    x: float | None = None
    line: str = ""

    @model_validator(mode="before")
    @classmethod
    def _check_bounds(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and "bounds" in values:
            names = values["bounds"]
            if not (
                isinstance(names, (list, tuple))
                and len(names) == 2
                and all(isinstance(name, str) for name in names)
            ):
                raise ValueError(
                    f"expected `bounds` as two names of rows, but got `{names!r}`. Leave it out "
                    "to take the table's `source_only` and `target_only`."
                )
        return values


class Sweep(Entry):
    """A figure: a score against a parameter.

    Attributes:
        title: Name of the axis.
        metric: The score.
        task: Its task; in a description, empty for the first column's.
        log: Whether the axis is logarithmic.
    """

    title: str = ""
    metric: str = MAIN_SCORE
    task: str = ""
    log: bool = False


def check_seeds(seeds: Sequence[int]) -> Sequence[int]:
    """Return the seeds.

    Raises:
        ValueError: When there are none, or one is negative or given twice.
    """
    if not seeds or min(seeds) < 0 or len(set(seeds)) < len(seeds):
        raise ValueError(f"expected different seeds from 0 on, but got {list(seeds)}.")
    return seeds


class Description(Entry):
    """A table as its file describes it.

    Attributes:
        title: Heading.
        paper: The table that it follows.
        notes: Paragraphs below the table.
        seeds: Seeds of the trainings.
        toy: The cities of the tasks that name none themselves.
        tasks: The tasks, by name; in a description, empty for a single one without a name.
        overrides: Overrides of every config.
        source_only: Name of the row that is the lower bound of NAM; None without one.
        target_only: Name of the row that is an upper bound and never the best; None without one.
        columns: The columns, from left to right.
        rows: The rows, by name, from top to bottom.
        sweep: The figure, None without one.
    """

    title: str = Field(min_length=1)
    paper: str = ""
    notes: Many[str] = ()
    seeds: Annotated[Many[int], AfterValidator(check_seeds)] = (0,)
    toy: Toy | None = None
    tasks: Named[Task] = {}
    overrides: dict[str, Any] = {}
    source_only: str | None = None
    target_only: str | None = None
    columns: Many[Column] = Field(min_length=1)
    rows: Named[Row]
    sweep: Sweep | None = None


class Table(Description):
    """A table whose rows, columns and tasks are complete: nothing is left to the description.

    Attributes:
        path: The description.
    """

    path: Path

    def column_of(self, sweep: Sweep) -> int:
        """Return the index of the column that a sweep draws."""
        drawn = (sweep.metric, sweep.task, None)
        return [(c.metric, c.task, c.minus) for c in self.columns].index(drawn)
