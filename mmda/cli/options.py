"""Arguments that several commands share."""

from __future__ import annotations

import argparse
from typing import Any

from mmengine.config import DictAction


class CfgOptions(DictAction):
    """MMEngine's parser of overrides, with a usage error in place of a traceback."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Parse ``KEY=VALUE`` pairs."""
        if wrong := [pair for pair in values if "=" not in pair]:
            parser.error(f"expected {option_string} KEY=VALUE ..., but got `{wrong[0]}`")
        try:
            super().__call__(parser, namespace, values, option_string)
        except (ValueError, AssertionError) as error:
            parser.error(f"{option_string} {' '.join(values)}: {error}")


def add_cfg_options(parser: argparse.ArgumentParser, of: str = "the config") -> None:
    """Add ``--cfg-options``, the overrides ``of`` a config."""
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=CfgOptions,
        default={},
        metavar="KEY=VALUE",
        help=f"overrides of {of}, key=value, nested as a.b=c",
    )


def add_bn_blend(parser: argparse.ArgumentParser) -> None:
    """Add ``--bn-blend``; :func:`prediction_options` joins it to the overrides of the config."""
    parser.add_argument(
        "--bn-blend",
        type=float,
        metavar="A",
        help="normalise each image by A times the stored batch-norm statistics plus 1 - A times "
        "its own; 0..1 [the stored ones alone]",
    )


def prediction_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return the overrides of the config, with what ``--bn-blend`` stands for."""
    if args.bn_blend is None:
        return args.cfg_options
    chosen = {"type": "ImageStatistics", "blend": args.bn_blend}
    return {**args.cfg_options, "model.test_time": chosen}


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add ``--config``, for commands that take a checkpoint with the config beside it."""
    parser.add_argument("--config", help="config of the model [the one beside the checkpoint]")


def add_device(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``."""
    parser.add_argument("--device", help="cpu, cuda, cuda:1, ...; the first GPU if there is one")


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Add ``--trust-checkpoint``."""
    parser.add_argument(
        "--trust-checkpoint",
        action="store_true",
        help="let checkpoints run code while they are read, as those of other programs may need",
    )


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add ``config``, ``--work-dir`` and ``--cfg-options`` as MMSegmentation has them."""
    parser.add_argument("config", help="config file, or a name that `mmda configs` lists")
    parser.add_argument("--work-dir", help="where logs and checkpoints go; work_dirs/...")
    add_cfg_options(parser)
    add_trust(parser)
    parser.add_argument(
        "--launcher",
        choices=["none", "pytorch", "slurm", "mpi"],
        default="none",
        help="job launcher",
    )
    # torch.distributed.launch of old passes it; torchrun sets the environment instead.
    parser.add_argument("--local_rank", "--local-rank", type=int, default=0, help=argparse.SUPPRESS)
