"""``mmda export CONFIG CHECKPOINT --out MODEL.safetensors | MODEL.pth | MODEL.onnx``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmda.api.exporting import check_out, write_model
from mmda.api.prediction import load_model
from mmda.cli.options import add_cfg_options, add_trust


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda export",
        description="Write the network that predicts to a file: .safetensors cannot hold code, so "
        "it is safe to pass on, and `mmda predict` and all others read it; .pth is for "
        "MMSegmentation, with a config beside it; .onnx goes from raw pixels to probabilities.",
    )
    parser.add_argument("config", help="config of the model")
    parser.add_argument("checkpoint", help="its checkpoint (.pth)")
    parser.add_argument(
        "--out", type=Path, required=True, help="file ending in .safetensors, .pth or .onnx"
    )
    add_trust(parser)
    add_cfg_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Write a model for mmda, MMSegmentation or ONNX; return 0."""
    args = build_parser().parse_args(argv)
    check_out(args.out)
    model = load_model(
        args.config,
        args.checkpoint,
        device="cpu",
        trust=args.trust_checkpoint,
        cfg_options=args.cfg_options,
    )
    done = write_model(model, args.out)
    size = done.path.stat().st_size / 2**20
    print(f"{done.path}: {size:.1f} MiB, classes {', '.join(model.classes)}")
    if done.config is not None:
        print(f"{done.config}: its config, for MMSegmentation's init_model")
    for note in done.notes:
        print(note)
    if done.needs:
        print(f"mmda has to be installed to load it: {', '.join(done.needs)} is mmda's own")
    if done.difference is not None:
        print(f"onnxruntime's probabilities differ from the model's by {done.difference:.1g}")
    return 0
