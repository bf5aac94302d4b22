"""``mmda compare SOURCE TARGET``: every method of the toolkit on two tiled datasets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmda.cli.ablation import check_names, different_seeds, report, show_plan
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.pairing.classes import parse_renames
from mmda.pairing.options import PairOptions

DESCRIPTION = """Train every method of the toolkit on two tiled datasets, under one budget.

All rows have one network and one number of iterations; all but the plain one and the recommended
recipe, which has its own, have one augmentation and normalisation of the source. Labels of the
target, where there are any, score the rows and train the upper bound; no other row sees them.
Without labels, `mmda select` ranks the trained models. Started again, the command goes on where it
stopped. WORK_DIR gets compare.py, which `mmda ablation` takes, too, after you have edited it.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda compare",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SOURCE", help="folder of the labelled tiled dataset")
    parser.add_argument("target", metavar="TARGET", help="folder of the other tiled dataset")
    parser.add_argument(
        "--work-dir",
        type=Path,
        default=Path("work_dirs/compare"),
        help="where all goes (%(default)s)",
    )
    parser.add_argument("--iterations", type=int, default=300, help="of each training (300)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(0 1 2)")
    parser.add_argument("--rows", nargs="+", metavar="ROW", help="train these rows only")
    parser.add_argument("--devices", type=int, help="GPUs to use (all); 0 for the CPU")
    parser.add_argument("--jobs", type=int, help="runs at a time (one per GPU, or one)")
    parser.add_argument("--dry-run", action="store_true", help="list the runs and their state")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="DOMAIN:NAME=SHARED",
        help="rename a class of source or target, as in `mmda pair`",
    )
    add_options(parser, PairOptions, skip=("preset",), defaults={"network": "efficientnet-lite0"})
    return parser


def main(argv: Sequence[str]) -> int:
    """Pair the datasets, train and score what is missing, render the table."""
    args = build_parser().parse_args(argv)

    from mmda.ablation.experiment import Experiment
    from mmda.ablation.slots import make_slots
    from mmda.compare import prepare

    seeds = different_seeds(args.seeds)
    options = PairOptions(**given_options(args, PairOptions), renames=parse_renames(args.map))
    made = prepare(args.source, args.target, args.work_dir, options, args.iterations)
    for warning in made.record["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    check_names("--rows", args.rows, made.table.rows)
    experiment = Experiment(made.table, args.work_dir, args.work_dir, seeds, args.rows or ())
    if args.dry_run:
        return show_plan(experiment)
    made.check()
    code = report(experiment.run(make_slots(args.jobs, args.devices), overwrite=args.overwrite))
    if not made.scored:
        print(
            "The target has no labels to score by. Compare the models without labels: "
            f"mmda select {args.work_dir} --data {args.target}"
        )
    return code
