"""``mmda export CONFIG CHECKPOINT --out MODEL.safetensors``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmda.api.exporting import export
from mmda.api.prediction import load_model
from mmda.cli.options import add_cfg_options, add_trust


def main(argv: Sequence[str]) -> int:
    """Write a model's weights to a file that cannot hold code; return 0."""
    parser = argparse.ArgumentParser(
        prog="mmda export",
        description="Write the weights of the network that predicts to a safetensors file. It "
        "cannot hold code, so it is safe to pass on; `mmda predict` and all others read it.",
    )
    parser.add_argument("config", help="config of the model")
    parser.add_argument("checkpoint", help="its checkpoint (.pth)")
    parser.add_argument("--out", type=Path, required=True, help="file ending in .safetensors")
    add_trust(parser)
    add_cfg_options(parser)
    args = parser.parse_args(argv)
    model = load_model(
        args.config,
        args.checkpoint,
        device="cpu",
        trust=args.trust_checkpoint,
        cfg_options=args.cfg_options,
    )
    path = export(model, args.out)
    print(f"{path}: {path.stat().st_size / 2**20:.1f} MiB, classes {', '.join(model.classes)}")
    return 0
