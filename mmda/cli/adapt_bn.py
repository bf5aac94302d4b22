"""``mmda adapt-bn CONFIG CHECKPOINT --data DIR | --images RASTERS``: AdaBN."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mmda.api.adaptation import adapt_bn
from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.options import add_cfg_options, add_device, add_trust
from mmda.raster.mapping.options import PredictOptions
from mmda.raster.mapping.polygons.options import PolygonOptions
from mmda.utils.options import options_of

MAPS = ("overlap", "grid", "probabilities", "entropy", "polygons", *options_of(PolygonOptions))
"""Options of maps, which are not written here."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda adapt-bn``."""
    parser = argparse.ArgumentParser(
        prog="mmda adapt-bn",
        description="Estimate the statistics of a model's batch norm anew on an unlabelled target "
        "(AdaBN); the weights stay as they are, but for --tent. Writes a checkpoint that all "
        "commands take.",
    )
    parser.add_argument("config", help="config of the model")
    parser.add_argument("checkpoint", help="its checkpoint (.pth)")
    parser.add_argument("--data", metavar="DIR", help="tiled dataset [the config's target]")
    parser.add_argument("--split", help="its split; that of the config, or train")
    parser.add_argument(
        "--images", nargs="+", default=(), metavar="RASTER", help="rasters in place of a dataset"
    )
    parser.add_argument("--out", help="checkpoint to write [CHECKPOINT_adabn.pth, _tent.pth]")
    parser.add_argument(
        "--blend", type=float, default=0.0, help="share of the source's statistics, 0..1 [0]"
    )
    parser.add_argument(
        "--passes", type=int, default=1, help="passes over the target; more depend less on "
        "batches [1]",
    )  # fmt: skip
    parser.add_argument(
        "--tent",
        type=int,
        default=0,
        metavar="STEPS",
        help="before, minimise the predictions' entropy by the scales and shifts of batch norm [0]",
    )
    parser.add_argument("--lr", type=float, default=1e-3, help="learning rate of --tent [0.001]")
    parser.add_argument("--workers", type=int, default=0, help="processes that load tiles [0]")
    add_options(parser, PredictOptions, skip=MAPS)
    add_device(parser)
    add_trust(parser)
    add_cfg_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Adapt a checkpoint and print what was done.

    Args:
        argv: The command line without ``mmda adapt-bn``.

    Returns:
        0 when the checkpoint is written.
    """
    args = build_parser().parse_args(argv)
    result = adapt_bn(
        args.config,
        args.checkpoint,
        args.out,
        data=args.data,
        split=args.split,
        images=args.images,
        blend=args.blend,
        passes=args.passes,
        tent=args.tent,
        lr=args.lr,
        options=PredictOptions(**given_options(args, PredictOptions)),
        workers=args.workers,
        device=args.device,
        trust=args.trust_checkpoint,
        cfg_options=args.cfg_options,
    )
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if result.entropy:
        first, last = result.entropy[0], result.entropy[-1]
        print(f"Tent: {len(result.entropy)} steps, entropy {first:.3f} -> {last:.3f} nats")
    print(
        f"{result.checkpoint}: {result.layers} layers with the statistics of {result.tiles} tiles "
        f"({result.pixels} pixels); their means moved by {result.shift:.2f} standard deviations"
    )
    return 0
