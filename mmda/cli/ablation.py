"""``mmda ablation``: train and test the rows of a table over seeds, and render it."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.cli.options import CfgOptions
from mmda.errors import ConfigError, did_you_mean
from mmda.utils.shipped_configs import default_work_dir

if TYPE_CHECKING:
    from mmda.ablation.experiment import Experiment, Outcome


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda ablation",
        description="Train and test the rows of a table over seeds, and render it.",
    )
    parser.add_argument("table", help="description of the table, see configs/ablation")
    parser.add_argument("--work-dir", type=Path, help="where all goes; work_dirs/ablation/...")
    parser.add_argument("--seeds", type=int, nargs="+", help="in place of the table's")
    parser.add_argument("--rows", nargs="+", metavar="ROW", help="run these rows only")
    parser.add_argument("--tasks", nargs="+", metavar="TASK", help="run these tasks only")
    parser.add_argument("--devices", type=int, help="GPUs to use (all); 0 for the CPU")
    parser.add_argument("--jobs", type=int, help="runs at a time (one per GPU, or one)")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=CfgOptions,
        default={},
        metavar="KEY=VALUE",
        help="overrides of every row's config",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path("work_dirs/toy_cities"),
        help="where generated cities go; tables share them (%(default)s)",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="train anew what was made with other settings"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="list the runs and their state")
    what.add_argument("--render-only", action="store_true", help="write the table, train nothing")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run a table. Exit code 0 when no run failed, 1 otherwise."""
    args = build_parser().parse_args(argv)

    from mmda.ablation import read_table
    from mmda.ablation.experiment import Experiment
    from mmda.ablation.slots import make_slots

    table = read_table(args.table)
    check_names("--rows", args.rows, table.rows)
    check_names("--tasks", args.tasks, table.tasks)
    experiment = Experiment(
        table,
        args.work_dir or default_work_dir(args.table),
        args.data_dir,
        different_seeds(args.seeds) if args.seeds else table.seeds,
        args.rows or (),
        args.tasks or (),
        args.cfg_options,
    )
    if args.dry_run:
        return show_plan(experiment)
    if args.render_only:
        print("\n".join(map(str, experiment.render(experiment.plan()))))
        return 0
    outcome = experiment.run(make_slots(args.jobs, args.devices), overwrite=args.overwrite)
    return report(outcome)


def show_plan(experiment: Experiment) -> int:
    """Print the runs and how far they are; return the exit code."""
    for run in experiment.selected(experiment.plan()):
        print(f"{run.name:40s} {run.state()}")
    return 0


def report(outcome: Outcome) -> int:
    """Print a table and what failed; return the exit code."""
    from mmda.ablation.experiment import names

    print(outcome.files[0].read_text(encoding="utf-8"))
    print("\n".join(map(str, outcome.files)))
    if not outcome.failed:
        return 0
    print(f"{len(outcome.failed)} of {len(outcome.runs)} runs failed: {names(outcome.failed)}")
    return 1


def different_seeds(seeds: Sequence[int]) -> Sequence[int]:
    """Return the seeds, or raise a :class:`ConfigError` for one that is negative or twice there."""
    from mmda.ablation.table import check_seeds

    try:
        return check_seeds(seeds)
    except ValueError as error:
        raise ConfigError(f"--seeds: {error}") from error


def check_names(option: str, names: Sequence[str] | None, known: Collection[str]) -> None:
    """Raise a :class:`ConfigError` for the first name that the table does not have."""
    for name in names or ():
        if name not in known:
            what = option.strip("-").rstrip("s")
            raise ConfigError(f"{option} {name}: no such {what}." + did_you_mean(name, known))
