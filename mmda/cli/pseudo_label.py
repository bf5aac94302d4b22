"""``mmda pseudo_label CONFIG CHECKPOINT --out DIR``: label a target dataset with a model."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmda.cli.options import add_cfg_options, add_device
from mmda.errors import ConfigError
from mmda.pseudo.thresholds import ThresholdRule

if TYPE_CHECKING:
    from mmengine.config import Config


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda pseudo_label``."""
    parser = argparse.ArgumentParser(
        prog="mmda pseudo_label",
        description="Write a model's confident predictions as labels, beside a manifest that makes "
        "them a tiled dataset. A killed run goes on where it was.",
    )
    parser.add_argument("config", help="config of the model")
    parser.add_argument("checkpoint", help="its checkpoint (.pth)")
    parser.add_argument("--out", required=True, help="folder for the labels")
    parser.add_argument(
        "--thresholds",
        default="median",
        metavar="RULE",
        help="median (per class, at most 0.9), median:CAP, fixed:T, or portion:P (the most "
        "confident share of each class, as CBST) [median]",
    )
    parser.add_argument("--data", metavar="DIR", help="tiled dataset [the config's target]")
    parser.add_argument("--split", help="its split; that of the config, or train")
    parser.add_argument("--batch-size", type=int, default=4, help="tiles at once [4]")
    parser.add_argument("--workers", type=int, default=0, help="processes that load tiles [0]")
    add_device(parser)
    parser.add_argument(
        "--overwrite", action="store_true", help="replace labels of another model in --out"
    )
    add_cfg_options(parser)
    return parser


def main(argv: Sequence[str]) -> int:
    """Write pseudo-labels and print the report.

    Args:
        argv: The command line without ``mmda pseudo_label``.

    Returns:
        0 when all labels are written.
    """
    args = build_parser().parse_args(argv)
    rule = ThresholdRule.parse(args.thresholds)

    from mmda.engine.inference import load_model
    from mmda.engine.launch import load_config
    from mmda.pseudo import format_report
    from mmda.pseudo.datasets import evaluation_pipeline, true_labels, unlabelled
    from mmda.pseudo.sweep import Sweep

    config = load_config(args.config, args.cfg_options)
    described = _dataset(config, args.data, args.split)
    model = load_model(args.config, args.checkpoint, args.device, args.cfg_options)
    dataset = unlabelled(described, evaluation_pipeline(config))
    _check_classes(len(dataset.metainfo["classes"]), model.num_classes, str(dataset.data_root))
    sweep = Sweep(
        model,
        dataset,
        args.out,
        rule,
        true_labels(described, dataset),
        batch_size=args.batch_size,
        num_workers=args.workers,
        overwrite=args.overwrite,
    )
    summary = sweep.run()
    print(format_report(summary.report))
    share = 100 * summary.network_seconds / max(summary.seconds, 1e-9)
    print(
        f"`{args.out}`: labels of {summary.report.tiles} tiles, thresholds {rule}, "
        f"{100 * summary.report.kept_fraction:.1f} % of the pixels kept; predicted "
        f"{summary.predicted} tiles in {summary.seconds:.1f} s, {share:.0f} % of it in the network"
    )
    return 0


def _dataset(config: Config, data: str | None, split: str | None) -> dict:
    """Return the config of the dataset to label."""
    paired = (config.get("train_dataloader") or {}).get("dataset") or {}
    described = dict(paired.get("target") or {})
    if data is not None:
        described = {"type": "TiledDataset", "data_root": data}
    if not described:
        raise ConfigError(
            f"The config `{config.filename}` has no target dataset. Name the dataset to label with "
            "--data."
        )
    if split is not None:
        described["split"] = split
    return described


def _check_classes(data: int, model: int, root: str) -> None:
    if data != model:
        raise ConfigError(
            f"`{root}` has {data} classes, the model {model}. Use the dataset of the model's task."
        )
