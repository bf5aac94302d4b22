"""What ``mmda ablation`` does: show, run and render the runs of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmda.ablation.data import data_folders, make_data
from mmda.ablation.progress import last_iteration
from mmda.ablation.render import write_table
from mmda.ablation.runs import TRAIN, Run, check_unchanged, plan, with_starts
from mmda.ablation.scheduler import run_all
from mmda.ablation.slots import make_slots
from mmda.ablation.table import Table
from mmda.utils.locks import locked


@dataclass
class Command:
    """A table with where and over what it is run.

    Attributes:
        table: The table.
        work_dir: Folder of the runs and of the rendered table.
        seeds: Seeds of the runs.
        rows: Names of the rows to run; the table shows all.
        tasks: Names of the tasks to run; the table shows all.
        data_dir: Folder of generated cities.
        cfg_options: Overrides of every config.
    """

    table: Table
    work_dir: Path
    seeds: Sequence[int]
    rows: Sequence[str]
    tasks: Sequence[str]
    data_dir: Path
    cfg_options: Mapping[str, Any]

    def plan(self) -> list[Run]:
        """Return all runs of the table, those of other rows too."""
        folders = data_folders(self.table, self.seeds, self.data_dir)
        return plan(self.table, self.work_dir, self.seeds, folders, self.cfg_options)

    def selected(self, runs: Sequence[Run]) -> list[Run]:
        """Return the runs of the rows and tasks to run, and those that they start from."""
        return with_starts([run for run in runs if run.key[1] in self.tasks], self.rows)

    def show(self) -> None:
        """Print the selected runs and how far they are."""
        for run in self.selected(self.plan()):
            print(f"{run.name:40s} {state(run)}")

    def render(self) -> None:
        """Write the table from what is finished."""
        for path in self._write(self.plan()):
            print(path)

    def run(self, jobs: int | None, devices: int | None, *, overwrite: bool = False) -> int:
        """Run what is not finished and render the table after each run.

        Args:
            jobs: Runs at a time, see :func:`mmda.ablation.slots.make_slots`.
            devices: GPUs to use.
            overwrite: Whether runs that were made with other settings are trained anew.

        Returns:
            0 when no run failed, else 1.

        Raises:
            ConfigError: When a config is faulty, or a run's folder holds one that was made with
                other settings.
            LockedError: When another process runs the table in the same folder.
        """
        slots = make_slots(jobs, devices)
        with locked(self.work_dir / ".lock"):
            if not overwrite:
                check_unchanged(self.selected(self.plan()))
            make_data(self.table, self.seeds, self.data_dir)
            runs = self.plan()  # now that the data are there to be looked at
            selected = self.selected(runs)
            if not overwrite:
                check_unchanged(selected)
            self._write(runs)
            failed = run_all(selected, slots, lambda _: self._write(runs))
            files = self._write(runs)
        print(files[0].read_text(encoding="utf-8"))
        print("\n".join(map(str, files)))
        if failed:
            print(f"{len(failed)} of {len(selected)} runs failed: {_names(failed)}")
        return 1 if failed else 0

    def _write(self, runs: Sequence[Run]) -> list[Path]:
        results = {run.key: run.result() for run in runs}
        scores = {key: scores for key, scores in results.items() if scores is not None}
        changed = [run for run in runs if run.differences()]
        remarks = []
        if len(scores) < len(runs):
            remarks.append(f"{len(scores)} of {len(runs)} runs are finished.")
        if changed:
            remarks.append(f"Left out, as made with other settings: {_names(changed)}.")
        return write_table(self.table, scores, self.seeds, self.work_dir, remarks)


def state(run: Run) -> str:
    """Return how far a run is, for people."""
    if difference := run.differences():
        return f"made with other settings: {difference[0]}"
    if run.result() is not None:
        return "finished"
    if done := last_iteration(run.folder / TRAIN):
        return f"begun, iteration {done} of {run.iterations}"
    return f"to do, {run.iterations} iterations"


def _names(runs: Sequence[Run]) -> str:
    return ", ".join(run.name for run in runs)
