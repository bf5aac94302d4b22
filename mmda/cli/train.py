"""``mmda train``: train a segmentor from a config."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.cli.options import add_config_options, default_work_dir


def main(argv: Sequence[str]) -> int:
    """Train. Exit code 0 when the last iteration is done."""
    parser = argparse.ArgumentParser(prog="mmda train", description="Train a segmentor.")
    add_config_options(parser)
    parser.add_argument(
        "--resume",
        nargs="?",
        const="auto",
        help="go on from the newest checkpoint in the work dir, or from this one",
    )
    parser.add_argument(
        "--amp",
        nargs="?",
        const="auto",
        choices=["auto", "bf16", "fp16"],
        help="mixed precision: fp16 on GPUs, bf16 elsewhere, unless said",
    )
    args = parser.parse_args(argv)

    from mmda.engine.launch import build_runner, load_config, prepare

    config = load_config(args.config, args.cfg_options)
    work_dir = args.work_dir or config.get("work_dir") or default_work_dir(args.config)
    resume = True if args.resume == "auto" else (args.resume or config.get("resume", False))
    config = prepare(
        config,
        work_dir,
        launcher=args.launcher,
        precision=_precision(args.amp),
        resume=resume,
    )
    build_runner(config).train()
    return 0


def _precision(choice: str | None) -> str | None:
    if choice != "auto":
        return choice
    import torch

    return "fp16" if torch.cuda.is_available() else "bf16"
