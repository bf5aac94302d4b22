"""``mmda convert CHECKPOINT --out CONVERTED.pth``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.api.converting import convert
from mmda.cli.options import add_trust


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda convert",
        description="Convert a DeepLab-v2 checkpoint of AdaptSegNet, AdvEnt, CLAN, BDL or DeepLab "
        "(ResNet, .pth) to one of mmda, and write the config that it needs beside it.",
    )
    parser.add_argument("checkpoint", help="the public code's checkpoint")
    parser.add_argument("--out", required=True, help="checkpoint to write, .pth; the config is .py")
    parser.add_argument("--layout", help="which code it is of, where its names leave that open")
    parser.add_argument("--classes", nargs="+", help="names of its classes [Cityscapes' for 19]")
    parser.add_argument(
        "--like",
        metavar="CONFIG",
        help="config that gives data, alignments and schedule [source only on GTA5 and Cityscapes "
        "for 19 classes]",
    )
    add_trust(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Convert a public code's checkpoint, write its config, and return 0."""
    args = build_parser().parse_args(argv)
    done = convert(
        args.checkpoint,
        args.out,
        layout=args.layout,
        classes=args.classes,
        like=args.like,
        trust=args.trust_checkpoint,
    )
    print(f"{done.checkpoint}: {done.source}, {done.num_classes} classes")
    print(f"{done.config}: its config")
    if not done.classes:
        print("Its classes have no names; to predict with it, convert it with --classes.")
    return 0
