"""``mmda complexity CONFIG...``: what models cost at inference, or in training."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.cli.memory_table import format_memory
from mmda.cli.options import add_cfg_options, add_device
from mmda.errors import ConfigError
from mmda.utils.files import atomic_write_text
from mmda.utils.names import markdown_cell

if TYPE_CHECKING:
    from mmda.engine.complexity import Complexity
    from mmda.engine.training_cost import TrainingCost


def main(argv: Sequence[str]) -> int:
    """Measure configs and print a table.

    Args:
        argv: The command line without ``mmda complexity``.

    Returns:
        0; 1 where adaptation adds something at inference.

    Raises:
        MMDAError: If a config or option does not fit.
    """
    args = build_parser().parse_args(argv)
    if min(*args.size, args.repeats) < 1:
        raise ConfigError(
            f"--size and --repeats must be at least 1, but got {args.size} and {args.repeats}."
        )

    if args.training:
        return _training(args)
    if args.memory:
        return _memory(args)

    from mmda.engine.complexity import measure

    found = {
        config: measure(
            config,
            tuple(args.size),
            device=args.device,
            repeats=args.repeats,
            cfg_options=args.cfg_options,
        )
        for config in args.configs
    }
    print(format_table(found, args.size))
    if args.out:
        report = {config: asdict(one) for config, one in found.items()}
        atomic_write_text(args.out, json.dumps({"size": args.size, "configs": report}, indent=1))
    return 0 if all(one.adds_nothing for one in found.values()) else 1


def _training(args: argparse.Namespace) -> int:
    from mmda.engine.training_cost import training_cost

    size = tuple(args.size)
    found = {config: training_cost(config, size, args.cfg_options) for config in args.configs}
    print(format_training(found, size))
    if args.out:
        report = {config: asdict(one) for config, one in found.items()}
        atomic_write_text(args.out, json.dumps({"size": size, "training": report}, indent=1))
    return 0


def _memory(args: argparse.Namespace) -> int:
    from mmda.engine.memory_switches import count_settings

    size = tuple(args.size)
    found = {config: count_settings(config, args.cfg_options, size) for config in args.configs}
    print(format_memory(found))
    if args.out:
        report = {
            config: {setting: asdict(one) for setting, one in counts.items()}
            for config, counts in found.items()
        }
        atomic_write_text(args.out, json.dumps({"size": size, "memory": report}, indent=1))
    return 0


def format_training(found: dict[str, TrainingCost], size: Sequence[int]) -> str:
    """Return what an iteration costs as a Markdown table; times are over the first config."""
    first = next(iter(found.values()))
    lines = [
        f"an iteration with one image of {size[0]} x {size[1]} pixels of each domain; activations "
        "grow with the pixels and the batch",
        "",
        "| config | trained parameters | multiply-adds | times | activations | times |",
        "|---|---|---|---|---|---|",
    ]
    for config, one in found.items():
        name = markdown_cell(Path(config).stem)
        lines.append(
            f"| {name} | {one.parameters / 1e6:.2f} M | {one.macs / 1e9:.2f} G "
            f"| {one.macs / first.macs:.2f} | {one.activations / 2**20:.0f} MiB "
            f"| {one.activations / first.activations:.2f} |"
        )
    return "\n".join(lines)


def build_parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmda complexity",
        description="Parameters, multiply-adds, peak memory and speed of a config's model at "
        "inference, and whether adaptation adds anything to the plain network; or, with "
        "--training, what an iteration costs; or, with --memory, which GPU it fits. Random "
        "weights.",
    )
    parser.add_argument("configs", nargs="+", metavar="CONFIG", help="configs")
    parser.add_argument(
        "--size",
        nargs=2,
        type=int,
        default=[512, 512],
        metavar=("H", "W"),
        help="image in pixels [512 512]",
    )
    parser.add_argument(
        "--training",
        action="store_true",
        help="what a training iteration costs instead: multiply-adds of forward and backward "
        "passes, and the memory of activations; counted, not timed",
    )
    parser.add_argument(
        "--memory",
        action="store_true",
        help="the memory of a training iteration instead, with each of the switches that save it, "
        "and which of them GPUs of several sizes need; counted on a CPU. Images have the size that "
        "the config gives them, else --size",
    )
    add_device(parser)
    parser.add_argument("--repeats", type=int, default=10, help="timed passes [10]")
    parser.add_argument("--out", type=Path, help="also write the figures to this JSON file")
    add_cfg_options(parser, "the configs")
    return parser


def format_table(found: dict[str, Complexity], size: Sequence[int]) -> str:
    """Return the figures as a Markdown table, with a sentence per config below."""
    lines = [
        f"one image of {size[0]} x {size[1]} pixels",
        "",
        "| config | parameters | multiply-adds (FLOPs) | memory | FPS | in training alone |",
        "|---|---|---|---|---|---|",
    ]
    for config, one in found.items():
        name = markdown_cell(Path(config).stem)
        lines.append(
            f"| {name} | {one.parameters / 1e6:.2f} M | {one.macs / 1e9:.2f} G "
            f"| {one.memory / 2**20:.0f} MiB | {one.fps:.2f} "
            f"| {one.training_parameters / 1e6:.2f} M parameters |"
        )
    lines.append("")
    lines += [f"{Path(config).stem}: {_verdict(one)}" for config, one in found.items()]
    return "\n".join(lines)


def _verdict(one: Complexity) -> str:
    if one.adds_nothing:
        return "adaptation adds nothing at inference"
    modules = f", calls {', '.join(one.extra_modules[:5])}" if one.extra_modules else ""
    return (
        f"inference adds {one.added_parameters} parameters and {one.added_macs} multiply-adds to "
        f"the plain network{modules}"
    )
