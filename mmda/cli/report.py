"""``mmda report WORK_DIR...``: what there is to show of trainings, in one HTML file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.options import add_device, add_trust
from mmda.reporting.options import ReportOptions
from mmda.utils.extras import require

DESCRIPTION = """Write one HTML file on trainings: scores with intervals, curves, maps to compare,
errors, calibration, features, data, settings. The models of three runs (source only, adapted,
target only) predict labelled target tiles. What is not there is left out, with a word on how to
get it.
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(prog="mmda report", description=DESCRIPTION)
    parser.add_argument(
        "work_dirs",
        nargs="+",
        type=Path,
        metavar="WORK_DIR",
        help="work dir of mmda train or test, or of a table of mmda ablation, compare or demo",
    )
    parser.add_argument("--out", type=Path, help="the file [report.html in the first WORK_DIR]")
    parser.add_argument("--title", help="heading [names the folders]")
    add_options(parser, ReportOptions)
    add_device(parser)
    add_trust(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Gather, run the models, write the file and say where it is."""
    args = build_parser().parse_args(argv)
    options = ReportOptions(**given_options(args, ReportOptions))
    require("matplotlib"), require("jinja2")

    from mmda.engine.checkpoint_loader import trusted_checkpoints
    from mmda.report import write_report
    from mmda.reporting import report_on

    with trusted_checkpoints(args.trust_checkpoint):
        report = report_on(args.work_dirs, options, title=args.title, device=args.device)
    out = write_report(args.out or args.work_dirs[0] / "report.html", report)
    for part, how in report.missing.items():
        print(f"not in the report: {part}. {how}")
    print(out)
    return 0
