"""``mmda figures``: group maps, patches of modes, and t-SNE of what models put out."""

from __future__ import annotations

import argparse
import errno
import os
from collections.abc import Sequence
from pathlib import Path

from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.options import add_cfg_options, add_device, add_trust
from mmda.errors import ConfigError
from mmda.utils import ensure_free_space
from mmda.visualisation.options import GroupOptions, PatchOptions, TsneOptions

FIGURE_BYTES = 50 * 2**20  # more than a figure has


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
    add_options(groups, GroupOptions)
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
    add_options(tsne, TsneOptions)
    _add_common(tsne)
    patches = kinds.add_parser(
        "patches",
        help="example patches of both domains for each mode of a PatchAlignment",
        description="A row per mode, the most frequent first: patches of the source and the target "
        "that a model with a PatchAlignment sees as one mode, each beside its label, or beside the "
        "prediction where it has none.",
    )
    patches.add_argument("config", help="config of a model with a PatchAlignment")
    patches.add_argument("checkpoint", help="its weights")
    add_options(patches, PatchOptions)
    _add_common(patches)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_device(parser)
    add_trust(parser)
    add_cfg_options(parser, "every config")


def _options(args: argparse.Namespace) -> GroupOptions | PatchOptions | TsneOptions:
    shared = {"device": args.device, "cfg_options": args.cfg_options}
    if args.kind == "groups":
        files = {"config": args.config, "checkpoints": args.checkpoints}
        return GroupOptions(**given_options(args, GroupOptions), **files, **shared)
    if args.kind == "patches":
        file = {"config": args.config, "checkpoint": args.checkpoint}
        return PatchOptions(**given_options(args, PatchOptions), **file, **shared)
    return TsneOptions(**given_options(args, TsneOptions), models=args.model, **shared)


def _check_tensorboard(folder: Path) -> None:
    """Make the folder of event files; raise before a model runs if they cannot be written.

    Raises:
        ConfigError: If TensorBoard is missing, or the folder cannot be made.
        DataError: If the disk is full.
    """
    from mmda.utils.extras import require

    require("tensorboard", "--tensorboard")
    ensure_free_space(folder, FIGURE_BYTES)
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
    options = _options(args)
    ensure_free_space(options.out.parent, FIGURE_BYTES)
    if options.tensorboard is not None:
        _check_tensorboard(options.tensorboard)

    from mmda.engine.checkpoint_loader import trusted_checkpoints
    from mmda.visualisation import figures

    with trusted_checkpoints(args.trust_checkpoint):
        if isinstance(options, GroupOptions):
            summary = figures.groups(options)
        elif isinstance(options, PatchOptions):
            summary = figures.patches(options)
        else:
            summary = figures.tsne(options)
    print(f"{options.out}: {summary}")
    return 0
