"""A table with where and over what it is run: its runs, planned, trained and rendered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmda.ablation.data import data_folders, make_data
from mmda.ablation.render import write_table
from mmda.ablation.run import Run
from mmda.ablation.runs import check_unchanged, plan, with_starts
from mmda.ablation.scheduler import run_all
from mmda.ablation.slots import Slot
from mmda.ablation.table import Table
from mmda.utils.locks import locked


@dataclass(frozen=True)
class Outcome:
    """What became of the runs of an experiment.

    Attributes:
        runs: The runs that were selected.
        failed: Those of them that failed.
        files: The rendered table.
    """

    runs: Sequence[Run]
    failed: Sequence[Run]
    files: Sequence[Path]


@dataclass(frozen=True)
class Experiment:
    """A table with where and over what it is run.

    Attributes:
        table: The table.
        work_dir: Folder of the runs and of the rendered table.
        data_dir: Folder of generated cities.
        seeds: Seeds of the runs.
        rows: Names of the rows to run, all where empty; the table shows all.
        tasks: Names of the tasks to run, all where empty; the table shows all.
        cfg_options: Overrides of every config.
    """

    table: Table
    work_dir: Path
    data_dir: Path
    seeds: Sequence[int]
    rows: Sequence[str] = ()
    tasks: Sequence[str] = ()
    cfg_options: Mapping[str, Any] = field(default_factory=dict)

    def plan(self) -> list[Run]:
        """Return all runs of the table, those of other rows too.

        Raises:
            ConfigError: When a config is faulty.
        """
        folders = data_folders(self.table, self.seeds, self.data_dir)
        return plan(self.table, self.work_dir, self.seeds, folders, self.cfg_options)

    def selected(self, runs: Sequence[Run]) -> list[Run]:
        """Return the runs of the rows and tasks to run, and those that they start from."""
        tasks, rows = self.tasks or self.table.tasks, self.rows or self.table.rows
        return with_starts([run for run in runs if run.key[1] in tasks], rows)

    def run(self, slots: Sequence[Slot], *, overwrite: bool = False) -> Outcome:
        """Run what is not finished and render the table after each run.

        Args:
            slots: Where the runs go.
            overwrite: Whether runs that were made with other settings are trained anew.

        Raises:
            ConfigError: When a config is faulty, or a run's folder holds one that was made with
                other settings.
            LockedError: When another process runs the table in the same folder.
        """
        with locked(self.work_dir / ".lock"):
            if not overwrite:
                check_unchanged(self.selected(self.plan()))
            make_data(self.table, self.seeds, self.data_dir)
            runs = self.plan()  # now that the data are there to be looked at
            selected = self.selected(runs)
            if not overwrite:
                check_unchanged(selected)
            self.render(runs)
            failed = run_all(selected, slots, lambda _: self.render(runs))
            return Outcome(selected, failed, self.render(runs))

    def render(self, runs: Sequence[Run]) -> list[Path]:
        """Write the table from what is finished and return its files.

        Args:
            runs: All runs of the table.
        """
        results = {run.key: run.result() for run in runs}
        scores = {key: scores for key, scores in results.items() if scores is not None}
        changed = [run for run in runs if run.differences()]
        remarks = []
        if len(scores) < len(runs):
            remarks.append(f"{len(scores)} of {len(runs)} runs are finished.")
        if changed:
            remarks.append(f"Left out, as made with other settings: {names(changed)}.")
        return write_table(self.table, scores, self.seeds, self.work_dir, remarks)


def names(runs: Sequence[Run]) -> str:
    """Return the names of runs, for people."""
    return ", ".join(run.name for run in runs)
