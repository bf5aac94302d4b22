"""``mmda translate DATASET OUT``: write a translated copy of a tiled dataset."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.cli.options import add_cfg_options, add_device, add_trust
from mmda.errors import ConfigError
from mmda.style.translators import METHODS, NetworkTranslator, Translator, training_free

if TYPE_CHECKING:
    from mmda.style.drift import Drift

DESCRIPTION = """Write a copy of a tiled dataset whose images have another domain's look: with a
trained CycleGAN, or with a method that needs no training. Tiles, splits, georeference and labels
stay. An interrupted run goes on where it was when the command is given again."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda translate``."""
    parser = argparse.ArgumentParser(prog="mmda translate", description=DESCRIPTION)
    parser.add_argument("dataset", type=Path, help="folder of the tiled dataset")
    parser.add_argument("out", type=Path, help="folder of the copy")
    how = parser.add_mutually_exclusive_group(required=True)
    pair = ("CONFIG", "CHECKPOINT")
    how.add_argument("--cyclegan", nargs=2, metavar=pair, help="a CycleGAN of configs/style")
    how.add_argument("--method", choices=METHODS, help="or a method without training")
    parser.add_argument("--target", help="with --method: tiled dataset whose look is taken")
    parser.add_argument(
        "--beta", type=float, default=0.01, help="fda: size of the frequency window [0.01]"
    )
    parser.add_argument("--seed", type=int, default=0, help="fda, tile_histogram: draws tiles [0]")
    parser.add_argument("--white", type=float, help="lab: value of full brightness [255]")
    parser.add_argument(
        "--look",
        choices=["target", "source"],
        default="target",
        help="with --cyclegan: domain whose look is taken [target]",
    )
    add_device(parser)
    add_trust(parser)
    parser.add_argument("--copy-labels", action="store_true", help="copy labels, do not link them")
    parser.add_argument("--overwrite", action="store_true", help="replace a translation in OUT")
    parser.add_argument("--workers", type=int, default=2, help="threads [2]")
    parser.add_argument(
        "--segmentor",
        nargs=2,
        metavar=pair,
        help="compare this segmentor's predictions before and after (drift.json, drift.png)",
    )
    parser.add_argument(
        "--drift-tiles", type=int, default=200, help="tiles that are compared [200]"
    )
    add_cfg_options(parser, "the CycleGAN's config")
    return parser


def main(argv: Sequence[str]) -> int:
    """Translate a dataset and print a summary.

    Args:
        argv: The command line without ``mmda translate``.

    Returns:
        0.

    Raises:
        MMDAError: If the options, the datasets or the checkpoints do not fit.
    """
    args = build_parser().parse_args(argv)
    for name in ("workers", "drift_tiles"):
        if (value := getattr(args, name)) < 1:
            raise ConfigError(f"--{name.replace('_', '-')} must be at least 1, but got {value}.")

    from mmda.engine.checkpoint_loader import trusted_checkpoints

    with trusted_checkpoints(args.trust_checkpoint):
        return _translate(args)


def _translate(args: argparse.Namespace) -> int:
    from mmda.style.translate import TranslatedCopy

    translator = _translator(args)
    copy = TranslatedCopy(
        args.dataset, args.out, translator, copy_labels=args.copy_labels, workers=args.workers
    )
    done = copy.write(args.overwrite)
    print(
        f"{args.out}: {done.tiles} tiles ({done.translated} translated now), labels: "
        f"{done.linked} hard-linked, {done.copied} copied; {translator.description['method']}"
    )
    if args.segmentor:
        from mmda.style.drift import SHOWN
        from mmda.style.segmentor_check import PICTURE, REPORT, check_drift

        found = check_drift(
            args.dataset, args.out, *args.segmentor, tiles=args.drift_tiles, device=args.device
        )
        print(format_drift(found))
        shown = min(SHOWN, len(found.tiles))
        print(f"  {args.out / REPORT}; the {shown} worst tiles: {args.out / PICTURE}")
    return 0


def _translator(args: argparse.Namespace) -> Translator:
    if args.cyclegan:
        config, checkpoint = args.cyclegan
        return NetworkTranslator(config, checkpoint, args.look, args.device, args.cfg_options)
    if args.target is None:
        raise ConfigError(
            f"--method {args.method} needs --target, the tiled dataset whose look is taken."
        )
    return training_free(
        args.method, str(args.dataset), args.target, args.beta, args.seed, args.white
    )


def format_drift(found: Drift) -> str:
    """Return how far predictions agree as lines for the terminal."""
    overlaps = ", ".join(f"{name} {iou:.1f} %" for name, iou in found.iou.items() if iou == iou)
    tile, lowest = next(iter(found.tiles.items()))
    lines = [
        f"drift over {len(found.tiles)} tiles: predictions agree on {found.agreement:.1f} % of the "
        f"pixels (overlap: {overlaps}); lowest on `{tile}`, {lowest:.1f} %"
    ]
    if found.miou_before == found.miou_before:
        lines.append(
            f"  mIoU against the labels: {found.miou_before:.1f} before, "
            f"{found.miou_after:.1f} after"
        )
    return "\n".join(lines)
