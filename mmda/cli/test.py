"""``mmda test``: evaluate a checkpoint."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.api.training import test
from mmda.cli.options import add_bn_blend, add_config_options, prediction_options


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(prog="mmda test", description="Evaluate a checkpoint.")
    add_config_options(parser)
    parser.add_argument("checkpoint", help="checkpoint file")
    parser.add_argument("--out", help="JSON file for the scores")
    parser.add_argument("--show-dir", help="folder for pictures of the predictions")
    parser.add_argument("--source-only", metavar="JSON", help="scores of source-only, for NAM")
    parser.add_argument("--target-only", metavar="JSON", help="scores of target-only, for NAM")
    add_bn_blend(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Evaluate, print the scores and write them where ``--out`` says."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if bool(args.source_only) != bool(args.target_only):
        parser.error("NAM needs both --source-only and --target-only")
    result = test(
        args.config,
        args.checkpoint,
        work_dir=args.work_dir,
        source_only=args.source_only,
        target_only=args.target_only,
        show_dir=args.show_dir,
        launcher=args.launcher,
        trust=args.trust_checkpoint,
        cfg_options=prediction_options(args),
    )

    from mmengine.dist import is_main_process

    if not is_main_process():
        return 0
    for name, value in result.metrics.items():
        print(f"{name:24s} {value:7.2f}")
    if args.out:
        result.write(args.out)
    return 0
