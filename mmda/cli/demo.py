"""``mmda demo``: the main job, end to end, on two generated cities."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from mmda.errors import ConfigError
from mmda.tasks import TASKS
from mmda.toy.shift import DomainShift, make_shift, parse_overrides
from mmda.utils.shipped_configs import config_file, configs_root

SHORTEST = 60  # iterations: the warm-up alone takes 50


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda demo", description="The main job, end to end, on two generated cities."
    )
    parser.add_argument("--task", choices=sorted(TASKS), default="buildings")
    parser.add_argument("--seed", type=int, default=0, help="seed of cities and training (0)")
    parser.add_argument("--preset", default="default", help="domain shift: mild, default, hard")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="override a parameter of the shift; see data_converters/toy_cities.py --help",
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
    shift = make_shift(args.preset, parse_overrides(args.set))
    start = time.time()

    from mmda.demo.data import city_folder, city_scenes, prepare_data
    from mmda.demo.runs import RUNS, Run, run_all
    from mmda.demo.summary import summarise, write_results
    from mmda.raster import RasterLabels
    from mmda.report import format_table
    from mmda.utils.extras import require

    require("matplotlib"), require("jinja2")
    root = (args.out / city_folder(args.seed, shift)).absolute()
    print(f"1/4 two toy cities: {root / 'cities'}")
    prepare_data(root, args.task, shift, args.seed)
    target = city_scenes(root / "cities" / "target", args.task)
    scene = next(s for s in target if s.split == "test")
    truth = cast(RasterLabels, scene.label)
    runs = [
        Run(
            name,
            config_file(f"mmda::toy/{name}.py"),
            root / "runs" / f"{args.task}-{args.iterations}-{_recipe()}" / name,
            Path(scene.image),
        )
        for name in RUNS
    ]
    print(f"2/4 train {', '.join(RUNS)}; logs: {runs[0].work_dir.parent}/*/log.txt")
    run_all(runs, root / args.task, args.iterations, args.seed, len(TASKS[args.task].classes))
    print("3/4 summary and report")
    summary = summarise(runs, args.task, args.seed)
    parameters = {"preset": args.preset, "iterations": args.iterations, "shift": _values(shift)}
    write_results(args.out, summary, runs, Path(truth.path), parameters)
    print(f"4/4 done in {time.time() - start:.0f} s\n\n{format_table(summary)}\n")
    print(f"report:  {args.out / 'report.html'}\nsummary: {args.out / 'summary.json'}")
    print(f"map:     {runs[0].map_file}")
    return 0


def _recipe() -> str:
    """Return a digest of the configs, so that an edited recipe is trained anew."""
    root = configs_root()
    files = [*root.glob("toy/*.py"), *root.glob("_base_/**/*.py")]
    text = b"".join(path.read_bytes() for path in sorted(files))
    return hashlib.sha1(text).hexdigest()[:8]


def _values(shift: DomainShift) -> dict[str, float]:
    return dataclasses.asdict(shift)
