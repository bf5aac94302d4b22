"""``mmda train``: train a segmentor from a config."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.api.training import train
from mmda.cli.options import add_config_options


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(prog="mmda train", description="Train a segmentor.")
    add_config_options(parser)
    parser.add_argument(
        "--resume",
        nargs="?",
        const=True,
        help="go on from the newest checkpoint in the work dir, or from this one",
    )
    parser.add_argument(
        "--amp",
        nargs="?",
        const="auto",
        choices=["auto", "bf16", "fp16"],
        help="mixed precision: fp16 on GPUs, bf16 elsewhere, unless said",
    )
    parser.add_argument(
        "--log",
        nargs="+",
        default=[],
        metavar="WHERE",
        help="where curves and pictures of predictions go, too: tensorboard, mlflow, wandb, "
        "clearml, neptune, dvclive, aim",
    )
    parser.add_argument(
        "--pictures",
        type=int,
        metavar="N",
        help="iterations between two pictures [a twentieth of the training]",
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Train. Exit code 0 when the last iteration is done."""
    args = build_parser().parse_args(argv)
    train(
        args.config,
        work_dir=args.work_dir,
        resume=True if args.resume == "auto" else args.resume,
        amp=True if args.amp == "auto" else (args.amp or False),
        launcher=args.launcher,
        trust=args.trust_checkpoint,
        log=args.log,
        pictures=args.pictures,
        cfg_options=args.cfg_options,
    )
    return 0
