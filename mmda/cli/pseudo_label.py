"""``mmda pseudo_label CONFIG CHECKPOINT --out DIR``: label a target dataset with a model."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.cli.options import add_cfg_options, add_device, add_trust
from mmda.pseudo import ThresholdRule, format_report


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
        help="median (per class, at most 0.9), median:CAP, fixed:T, portion:P (the most "
        "confident share of each class) or balanced:P (the same share, and labels as CBST's) "
        "[median]",
    )
    parser.add_argument("--data", metavar="DIR", help="tiled dataset [the config's target]")
    parser.add_argument("--split", help="its split; that of the config, or train")
    parser.add_argument(
        "--softmax",
        choices=("after", "before"),
        help="logits become probabilities after or before they are resized to the tile [as in the "
        "config's PseudoLabelHook, or after]",
    )
    parser.add_argument(
        "--easy",
        type=float,
        metavar="SHARE",
        help="label only this share of the tiles, those of the lowest mean entropy, and list the "
        "others in OUT/hard.txt (IntraDA: 0.67); a run that goes on ranks them again [all tiles]",
    )
    parser.add_argument("--batch-size", type=int, default=4, help="tiles at once [4]")
    parser.add_argument("--workers", type=int, default=0, help="processes that load tiles [0]")
    add_device(parser)
    add_trust(parser)
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

    from mmda.engine.checkpoint_loader import trusted_checkpoints
    from mmda.pseudo.label import label_target

    with trusted_checkpoints(args.trust_checkpoint):
        summary = label_target(
            args.config,
            args.checkpoint,
            args.out,
            rule,
            data=args.data,
            split=args.split,
            softmax=args.softmax,
            batch_size=args.batch_size,
            workers=args.workers,
            device=args.device,
            easy=args.easy,
            overwrite=args.overwrite,
            cfg_options=args.cfg_options,
        )
    print(format_report(summary.report))
    share = 100 * summary.network_seconds / max(summary.seconds, 1e-9)
    print(
        f"`{args.out}`: labels of {summary.report.tiles} tiles, thresholds {rule}, "
        f"{100 * summary.report.kept_fraction:.1f} % of the pixels kept; predicted "
        f"{summary.predicted} tiles in {summary.seconds:.1f} s, {share:.0f} % of it in the network"
    )
    if args.easy is not None:
        print(f"`{args.out}/hard.txt`: the other tiles, for `only_tiles` of the target's dataset")
    return 0
