"""``mmda figures``: group maps of CDGA models, and t-SNE of what models put out."""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Sequence
from pathlib import Path

from mmda.cli.options import add_cfg_options, add_device, add_trust
from mmda.errors import ConfigError
from mmda.utils import ensure_free_space
from mmda.utils.installation import install_extra

SUFFIXES = (".png", ".pdf", ".svg", ".jpg")
ROOM = 50 * 2**20  # more bytes than a figure has


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(prog="mmda figures", description="Draw figures of models.")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    groups = kinds.add_parser(
        "groups",
        help="where a CDGA model sees its groups",
        description="Group maps of a source and a target image. For one checkpoint a picture per "
        "group, as bright as the assignment; for several, or with --compare, a picture per "
        "checkpoint and grouping, each pixel in its strongest group's colour.",
    )
    groups.add_argument("config", help="config of a model with a GroupAlignment")
    groups.add_argument(
        "checkpoints",
        nargs="+",
        help="checkpoints of one run, in their order; `init` stands for the untrained model",
    )
    groups.add_argument(
        "--compare",
        nargs="+",
        choices=["kmeans", "nmf"],
        default=[],
        help="groupings to fit to the last checkpoint's features",
    )
    groups.add_argument("--source-index", type=int, default=0, help="source image, from 0")
    groups.add_argument("--target-index", type=int, default=0, help="target image, from 0")
    groups.add_argument("--alignment", help="name of the alignment; the first")
    _add_common(groups)
    tsne = kinds.add_parser(
        "tsne",
        help="t-SNE of output distributions, one plane per model",
        description="t-SNE of the models' output at the same pixels of both domains. Colours are "
        "classes: the truth where images are labelled, else the prediction. The images are those "
        "of the first config's data, each model sees them in the look that its config gives them.",
    )
    tsne.add_argument(
        "--model",
        nargs=3,
        action="append",
        required=True,
        metavar=("NAME", "CONFIG", "CHECKPOINT"),
        help="a model and its title; repeat it for a plane each",
    )
    tsne.add_argument(
        "--of",
        choices=["probabilities", "features"],
        help="what is shown: softmax vectors, as published, or the last feature map, which is the "
        "default for two classes, whose probabilities are one number",
    )
    tsne.add_argument("--points", type=int, default=1000, help="pixels per domain (%(default)s)")
    tsne.add_argument("--perplexity", type=float, default=30.0, help="of t-SNE (%(default)s)")
    _add_common(tsne)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, help=f"figure ({', '.join(SUFFIXES)})")
    parser.add_argument(
        "--tensorboard",
        type=Path,
        metavar="DIR",
        help="also write the picture there for TensorBoard, as `figures/KIND`, at the iteration "
        f"of a single checkpoint of group maps, else at 0; needs {install_extra('report')}",
    )
    parser.add_argument(
        "--split",
        choices=["train", "val", "test"],
        default="val",
        help="where target images come from (%(default)s); source images are training images",
    )
    parser.add_argument(
        "--images", type=int, default=16, help="images per domain for t-SNE and fits (%(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of sampled pixels and `init` (%(default)s)"
    )
    add_device(parser)
    add_trust(parser)
    add_cfg_options(parser, "every config")


def _check_numbers(args: argparse.Namespace) -> None:
    for name in ("images", "points"):
        if (value := getattr(args, name, 1)) < 1:
            raise ConfigError(f"--{name} is {value}; expected 1 or more.")
    if not getattr(args, "perplexity", 1) > 0:  # not a number (nan) is refused too
        raise ConfigError(
            f"--perplexity is {args.perplexity:g}; expected more than 0, such as 5 to 50."
        )
    if not 0 <= args.seed < 2**32:
        raise ConfigError(f"--seed is {args.seed}; expected 0 to {2**32 - 1}.")


def _check_tensorboard(folder: Path) -> None:
    """Make the folder of event files; raise before a model runs if they cannot be written.

    Raises:
        ConfigError: If TensorBoard is missing, or the folder cannot be made.
        DataError: If the disk is full.
    """
    from mmda.utils.extras import require

    require("tensorboard", "--tensorboard")
    ensure_free_space(folder, ROOM)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise ConfigError(
            f"--tensorboard `{folder}` cannot be written ({error.strerror}); expected a folder for "
            "event files, new or not. Choose another one."
        ) from error


def main(argv: Sequence[str]) -> int:
    """Draw one figure."""
    args = build_parser().parse_args(argv)
    if args.out.suffix.lower() not in SUFFIXES:
        raise ConfigError(
            f"--out `{args.out}` ends in `{args.out.suffix}`; expected one of "
            f"{', '.join(SUFFIXES)}."
        )
    _check_numbers(args)
    ensure_free_space(args.out.parent, ROOM)
    if args.tensorboard is not None:
        _check_tensorboard(args.tensorboard)

    from mmda.engine.checkpoint_loader import trusted_checkpoints
    from mmda.visualisation import figures

    with trusted_checkpoints(args.trust_checkpoint):
        summary = figures.groups(args) if args.kind == "groups" else figures.tsne(args)
    print(f"{args.out}: {summary}")
    return 0
