"""``mmda predict CONFIG CHECKPOINT IMAGES... --out DIR_OR_FILE``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmda.api.banding import MadeBands, predict_bands_each
from mmda.api.ensembles import ensemble
from mmda.api.outputs import missing_outputs, plan_outputs
from mmda.api.prediction import Prediction, load_model, predict_each
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.options import (
    add_bn_blend,
    add_cfg_options,
    add_device,
    add_trust,
    prediction_options,
)
from mmda.errors import DataError
from mmda.raster.mapping.options import PredictOptions
from mmda.utils.signals import ends_on_sigterm

AUTO = "auto"
IMAGES = "rasters (GeoTIFF, VRT, /vsi path, ...), folders, patterns, or a .txt file that lists them"


def build_parser(named: bool = False) -> argparse.ArgumentParser:
    """Return the parser of ``mmda predict``.

    Args:
        named: Whether the checkpoint is given as ``--checkpoint``, not by its place.
    """
    parser = argparse.ArgumentParser(
        prog="mmda predict",
        description="Map whole rasters to georeferenced class masks.",
        epilog="`mmda predict WORK_DIR --checkpoint auto IMAGES...` maps with the checkpoint that "
        "`mmda select WORK_DIR` chooses; a choice that is stored there is used.",
    )
    parser.add_argument("config", help="config of the model; for `auto` a training's folder")
    parser.add_argument(
        "--checkpoint" if named else "checkpoint", help="its checkpoint (.pth), or `auto`"
    )
    parser.add_argument("images", nargs="+", help=IMAGES)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for IMAGE_mask.tif; or, for one image, a file ending in .tif or .tiff",
    )
    parser.add_argument(
        "--with",
        dest="others",
        nargs=2,
        action="append",
        default=[],
        metavar=("CONFIG", "CHECKPOINT"),
        help="another checkpoint of the same classes, whose probabilities are averaged with the "
        "first one's; may be repeated",
    )
    add_options(parser, PredictOptions)
    add_bn_blend(parser)
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
    args = build_parser(any(_is_checkpoint(word) for word in argv)).parse_args(argv)
    options = PredictOptions(**given_options(args, PredictOptions))
    jobs = plan_outputs(args.images, args.out, options)
    config, checkpoint = args.config, args.checkpoint
    if checkpoint == AUTO:
        config, checkpoint = _choose(config, args)
    how = {"device": args.device, "trust": args.trust_checkpoint}
    how["cfg_options"] = prediction_options(args)
    members = [(config, checkpoint), *args.others]
    model = ensemble([load_model(*member, **how) for member in members])
    options = model.fit(options)
    planned, failed = len(jobs), 0
    jobs = missing_outputs(jobs, options, model.name)
    if len(jobs) < planned:
        print(f"{planned - len(jobs)} of {planned} images are mapped already")
    run = predict_each if options.shard is None else predict_bands_each
    with ends_on_sigterm():
        for outcome in run(model, jobs, options):
            if isinstance(outcome, Prediction):
                _print(outcome)
            elif isinstance(outcome, MadeBands):
                _print_bands(outcome)
            else:
                failed += 1
                print(f"error: {outcome.error}", file=sys.stderr)
    if len(jobs) > 1 or failed:
        print(f"mapped {len(jobs) - failed} of {len(jobs)} images")
    return DataError.exit_code if failed else 0


def _is_checkpoint(word: str) -> bool:
    return word.partition("=")[0] == "--checkpoint"


def _choose(folder: str, args: argparse.Namespace) -> tuple[Path, Path]:
    """Return config and checkpoint of the choice among the checkpoints of a folder."""
    from mmda.api.selecting import stored_choice

    selection, warnings = stored_choice(folder, device=args.device, trust=args.trust_checkpoint)
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(f"{selection.why} {selection.checkpoint}")
    return selection.config, selection.checkpoint


def _print_bands(done: MadeBands) -> None:
    kept = f", {done.kept} were there" if done.kept else ""
    print(
        f"{done.image} -> {done.folder}: {done.made} of {done.total} bands made{kept}; when all "
        f"shards have ended: mmda mosaic {done.folder}"
    )


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
