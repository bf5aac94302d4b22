"""``mmda predict CONFIG CHECKPOINT IMAGES... --out DIR_OR_FILE``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmda.api.prediction import Prediction, load_model, plan_outputs, predict_each
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.options import add_cfg_options, add_device, add_trust
from mmda.errors import DataError
from mmda.raster.mapping.options import PredictOptions


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda predict``."""
    parser = argparse.ArgumentParser(
        prog="mmda predict", description="Map whole rasters to georeferenced class masks."
    )
    parser.add_argument("config", help="config of the model")
    parser.add_argument("checkpoint", help="its checkpoint (.pth)")
    parser.add_argument("images", nargs="+", help="rasters (GeoTIFF, VRT, /vsi path, ...)")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for IMAGE_mask.tif; or, for one image, a file ending in .tif or .tiff",
    )
    add_options(parser, PredictOptions)
    add_device(parser)
    add_trust(parser)
    add_cfg_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Map every image; go on after a bad one.

    Args:
        argv: The command line without ``mmda predict``.

    Returns:
        0 when every image was mapped, 2 when at least one was not.

    Raises:
        MMDAError: If the options, config or checkpoint do not fit.
    """
    args = build_parser().parse_args(argv)
    options = PredictOptions(**given_options(args, PredictOptions))
    jobs = plan_outputs(args.images, args.out, options)
    model = load_model(
        args.config,
        args.checkpoint,
        device=args.device,
        trust=args.trust_checkpoint,
        cfg_options=args.cfg_options,
    )
    failed = 0
    for outcome in predict_each(model, jobs, options):
        if isinstance(outcome, Prediction):
            _print(outcome)
        else:
            failed += 1
            print(f"error: {outcome.error}", file=sys.stderr)
    if len(jobs) > 1 or failed:
        print(f"mapped {len(jobs) - failed} of {len(jobs)} images")
    return DataError.exit_code if failed else 0


def _print(done: Prediction) -> None:
    summary = done.summary
    for warning in summary.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    shares = ", ".join(f"{name} {100 * share:.1f} %" for name, share in done.shares.items())
    print(
        f"{summary.image} -> {summary.out}: {summary.width} x {summary.height} pixels, "
        f"{summary.tiles} tiles in {summary.seconds:.1f} s; {shares}"
        + (f"; {summary.ignore_pixels} pixels without data" if summary.ignore_pixels else "")
    )
    if done.polygons is not None:
        listed = ", ".join(f"{count} {name}" for name, count in done.polygons.counts.items())
        print(f"  polygons: {done.polygons.path} ({listed})")
