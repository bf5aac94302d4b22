"""``mmda demo``: the main job, end to end, on two generated cities."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from mmda.errors import ConfigError, MMDAError
from mmda.tasks import TASKS
from mmda.toy.shift import make_shift, parse_overrides

SHORTEST = 60  # iterations: the warm-up alone takes 50


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda demo", description="The main job, end to end, on two generated cities."
    )
    parser.add_argument("--task", choices=sorted(TASKS), default="buildings")
    parser.add_argument("--seed", type=int, default=0, help="seed of cities and training (0)")
    parser.add_argument(
        "--shift",
        "--preset",
        default="default",
        help="domain shift: mild, default, hard, or a random one, such as random:17",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override a parameter of the shift; see mmda tile toy_cities --help",
    )
    parser.add_argument("--iterations", type=int, default=800, help="of each training (800)")
    parser.add_argument("--out", type=Path, default=Path("work_dirs/demo"))
    return parser


def main(argv: Sequence[str]) -> int:
    """Generate, tile, train three models, evaluate, map and report; go on where it stopped."""
    args = build_parser().parse_args(argv)
    if args.iterations < SHORTEST:
        raise ConfigError(
            f"--iterations {args.iterations}: the schedule needs at least {SHORTEST}."
        )
    values = parse_overrides(args.set)
    make_shift(args.shift, values)  # tells of a faulty one before work is spent
    start = time.time()

    from mmda.ablation.data import city_root, make_data
    from mmda.ablation.experiment import names
    from mmda.ablation.slots import make_slots
    from mmda.ablation.table import Toy
    from mmda.demo.experiment import make_experiment
    from mmda.demo.maps import map_scene
    from mmda.demo.summary import summarise, write_results
    from mmda.report import format_table
    from mmda.utils.extras import require

    require("matplotlib"), require("jinja2")
    toy = Toy(task=args.task, shift=args.shift, values=values)
    experiment = make_experiment(toy, args.seed, args.iterations, args.out)
    cities = city_root(toy, args.seed, args.out) / "cities"
    print(f"1/4 two toy cities: {cities}")
    make_data(experiment.table, experiment.seeds, experiment.data_dir)
    rows = ", ".join(experiment.table.rows)
    print(f"2/4 train {rows}; logs: {experiment.work_dir}/runs/*/*/log.txt")
    outcome = experiment.run(
        make_slots(jobs=len(experiment.table.rows), devices=None), overwrite=True
    )
    if outcome.failed:
        raise MMDAError(
            f"{names(outcome.failed)} failed; the end of the log is above. Start the demo again "
            "to go on."
        )
    print("3/4 map, summary and report")
    runs = {run.key[0]: run for run in outcome.runs}
    maps = map_scene(runs, cities, args.task)
    summary = summarise(runs, args.task, args.seed, experiment.work_dir)
    report = write_results(args.out, summary, experiment.work_dir)
    print(f"4/4 done in {time.time() - start:.0f} s\n\n{format_table(summary)}\n")
    print(f"report:  {report}\nsummary: {args.out / 'summary.json'}")
    print(f"map:     {maps['adapted']}")
    return 0
