"""``mmda select WORK_DIR... --data TILED_TARGET``: choose a checkpoint without target labels."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Sequence

from mmda.api.selecting import select
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.options import add_device, add_trust
from mmda.selection import Selection, SelectOptions

SHOWN = (
    "nuclear_norm", "rank", "ensemble", "information", "consistency", "density", "entropy",
    "class_shares", "source_validation",
)  # fmt: skip


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda select",
        description="Compare checkpoints on unlabelled target tiles, and choose one.",
    )
    parser.add_argument(
        "work_dirs",
        nargs="+",
        metavar="WORK_DIR",
        help="folder of trainings or of a table, or a single checkpoint",
    )
    parser.add_argument(
        "--data", metavar="TILED_TARGET", help="the tiled target; by default that of the configs"
    )
    add_options(parser, SelectOptions)
    parser.add_argument("--out", help="JSON file for the models, their scores and the choice")
    add_device(parser)
    add_trust(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Compare the checkpoints, print a table and the choice."""
    args = build_parser().parse_args(argv)
    options = SelectOptions(**given_options(args, SelectOptions))
    selection = select(
        args.work_dirs, args.data, options, device=args.device, trust=args.trust_checkpoint
    )
    for warning in selection.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(format_selection(selection))
    if args.out:
        selection.write(args.out)
    return 0


def format_selection(selection: Selection) -> str:
    """Return the table of models, which is chosen and why, and which criteria disagree."""
    names = list(dict.fromkeys([selection.rule, *SHOWN]))
    width = max(len(model.name) for model in selection.models)
    lines = ["  ".join(["model".ljust(width), *names])]
    for model in selection.models:
        cells = [_number(model.scores[name]).rjust(len(name)) for name in names]
        lines.append("  ".join([model.name.ljust(width), *cells]).rstrip())
    lines += ["", selection.why]
    lines += [f"refused: `{m.name}`: {m.refused}" for m in selection.models if m.refused]
    if others := selection.disagreements:
        listed = ", ".join(f"{name} (`{model}`)" for name, model in others.items())
        lines.append(f"These criteria would choose another: {listed}.")
    lines += [f"checkpoint: {selection.checkpoint}", f"config:     {selection.config}"]
    return "\n".join(lines)


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
