"""Arguments that several commands share."""

from __future__ import annotations

import argparse

from mmengine.config import DictAction


def add_config_options(parser: argparse.ArgumentParser) -> None:
    """Add ``config``, ``--work-dir`` and ``--cfg-options`` as MMSegmentation has them."""
    parser.add_argument("config", help="config file")
    parser.add_argument("--work-dir", help="where logs and checkpoints go; work_dirs/CONFIG")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        help="overrides of the config, key=value, nested as a.b=c",
    )
    parser.add_argument(
        "--launcher",
        choices=["none", "pytorch", "slurm", "mpi"],
        default="none",
        help="job launcher",
    )
    # torch.distributed.launch of old passes it; torchrun sets the environment instead.
    parser.add_argument("--local_rank", "--local-rank", type=int, default=0, help=argparse.SUPPRESS)
