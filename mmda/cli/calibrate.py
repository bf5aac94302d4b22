"""``mmda calibrate CHECKPOINT --data TILED_TARGET``: the temperature of a model's probabilities."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mmda.api.calibrating import calibrate
from mmda.calibration import CalibrateOptions, Calibration
from mmda.calibration.calibrate import TARGET
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.options import add_cfg_options, add_config, add_device, add_trust


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda calibrate``."""
    parser = argparse.ArgumentParser(
        prog="mmda calibrate",
        description="Fit one number by which a model's logits are divided, so that its "
        "probabilities are true frequencies, on the source's labelled validation tiles, each "
        "weighted by its likeness to the unlabelled target. It is stored in the checkpoint, and "
        "`mmda predict` uses it; weights and classes stay.",
    )
    parser.add_argument("checkpoint", help="the model (.pth), which gets the temperature")
    parser.add_argument(
        "--data", metavar="TILED_TARGET", help="the tiled target [that of the config]"
    )
    add_config(parser)
    add_options(parser, CalibrateOptions)
    parser.add_argument(
        "--figure", help="also write a reliability diagram there (.png, .pdf, .svg, .jpg)"
    )
    add_device(parser)
    add_trust(parser)
    add_cfg_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Calibrate a checkpoint and print what it has changed.

    Args:
        argv: The command line without ``mmda calibrate``.

    Returns:
        0 when the temperature is stored.
    """
    args = build_parser().parse_args(argv)
    found = calibrate(
        args.checkpoint,
        args.data,
        CalibrateOptions(**given_options(args, CalibrateOptions)),
        figure=args.figure,
        config=args.config,
        device=args.device,
        trust=args.trust_checkpoint,
        cfg_options=args.cfg_options,
    )
    for warning in found.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(format_calibration(found))
    return 0


def format_calibration(found: Calibration) -> str:
    """Return the temperature and the calibration errors before and after."""
    lines = [
        f"{found.checkpoint}: temperature {found.temperature:.3f}, from {found.pixels} pixels of "
        f"{found.tiles} source validation tiles (weighted, they tell as much as "
        f"{found.effective_tiles:.1f})",
        "expected calibration error, before -> after:",
    ]
    for name, (before, after) in found.reliability.items():
        lines.append(f"  {name}: {100 * before.ece:.2f} % -> {100 * after.ece:.2f} %")
    if TARGET not in found.reliability:
        lines.append(f"  {TARGET}: no labels")
    return "\n".join(lines)
