"""``mmda test``: evaluate a checkpoint."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path

from mmda.cli.options import add_config_options, default_work_dir
from mmda.errors import ConfigError
from mmda.evaluation.nam import nam
from mmda.utils import atomic_write_text


def main(argv: Sequence[str]) -> int:
    """Evaluate, print the scores and write them where ``--out`` says."""
    parser = argparse.ArgumentParser(prog="mmda test", description="Evaluate a checkpoint.")
    add_config_options(parser)
    parser.add_argument("checkpoint", help="checkpoint file")
    parser.add_argument("--out", help="JSON file for the scores")
    parser.add_argument("--show-dir", help="folder for pictures of the predictions")
    parser.add_argument("--source-only", metavar="JSON", help="scores of source-only, for NAM")
    parser.add_argument("--target-only", metavar="JSON", help="scores of target-only, for NAM")
    args = parser.parse_args(argv)
    if bool(args.source_only) != bool(args.target_only):
        parser.error("NAM needs both --source-only and --target-only")
    bounds = [_read_miou(path) for path in (args.source_only, args.target_only) if path]

    from mmengine.dist import is_main_process

    from mmda.engine.evaluate import evaluate
    from mmda.engine.launch import load_config

    config = load_config(args.config, args.cfg_options)
    work_dir = args.work_dir or config.get("work_dir") or default_work_dir(args.config)
    metrics = evaluate(
        config, args.checkpoint, work_dir, launcher=args.launcher, show_dir=args.show_dir
    )
    if bounds:
        metrics["NAM"] = nam(bounds[0], metrics["mIoU"], bounds[1])
    if not is_main_process():
        return 0
    for name, value in metrics.items():
        print(f"{name:24s} {value:7.2f}")
    if args.out:
        # JSON has no NaN, the score of a class that neither occurs nor is predicted.
        finite = {name: v if math.isfinite(v) else None for name, v in metrics.items()}
        atomic_write_text(args.out, json.dumps(finite, indent=2) + "\n")
    return 0


def _read_miou(path: str) -> float:
    try:
        return float(json.loads(Path(path).read_text())["mIoU"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"`{path}` holds no `mIoU` ({error!r}). Give the file that `mmda test --out` wrote."
        ) from error
