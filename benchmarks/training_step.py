"""What mmda's training costs over a bare PyTorch loop of the same computation.

Both train the toy network with output-space adversarial alignment on the same batches from
memory. mmda's side is the whole of ``mmda train``: Runner loop, default hooks, sampler, paired
dataset, preprocessor, joint optimiser wrapper. Blocks of iterations alternate (mmda, bare, mmda,
...), and the figure is the median over pairs of blocks of the ratio of process CPU times, which
other programs on the machine disturb little. At the end both networks must be equal, so that the
two sides did compute the same.
"""

from __future__ import annotations

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the figure is the CPU's; set before torch is imported
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import argparse
import copy
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bare_loop import BareLoop, PlainBatch
from mmengine.hooks import Hook
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from prettytable import PrettyTable
from torch.utils.data import Dataset

from mmda.engine.launch import load_config
from mmda.registry import DATASETS, HOOKS

CONFIG = Path(__file__).resolve().parents[1] / "configs/toy/source_only.py"
SAMPLES = 32  # per domain


@DATASETS.register_module(force=True)  # a test runs the script twice in a process
class InMemoryDomain(Dataset):
    """Random packed samples.

    Args:
        seed: Seed of the samples.
        size: Side of the images, in pixels.
    """

    metainfo: dict = {"classes": ("background", "building")}

    def __init__(self, seed: int, size: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        shape = (SAMPLES, 3, size, size)
        self.images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
        labels = (self.images.float().mean(1, keepdim=True) > 128).long()
        self.samples = [SegDataSample(gt_sem_seg=PixelData(data=label)) for label in labels]

    def __len__(self) -> int:
        return SAMPLES

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"inputs": self.images[index], "data_samples": self.samples[index]}


@dataclass
class Times:
    """CPU and wall seconds of one block."""

    cpu: float
    wall: float


class Clock:
    """Measures blocks."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Start a block."""
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def read(self) -> Times:
        """Return the time since the block's start."""
        return Times(time.process_time() - self.cpu, time.perf_counter() - self.wall)


@HOOKS.register_module(force=True)
class BareBlocksHook(Hook):
    """Replays each block of mmda's iterations in the bare loop, and times both.

    Args:
        block: Iterations per block.
    """

    priority = "LOWEST"

    def __init__(self, block: int) -> None:
        self.block = block
        self.batches: list[PlainBatch] = []
        self.times: list[tuple[Times, Times]] = []

    def before_train(self, runner: Runner) -> None:
        """Copy the initialised model into the bare loop."""
        self.bare, self.clock = bare_loop(runner.model, runner.cfg), Clock()

    def before_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: dict | None = None
    ) -> None:
        """Keep the batch."""
        assert data_batch is not None
        self.batches.append(plain(data_batch))

    def after_train_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict | None = None,
        outputs: dict | None = None,
    ) -> None:
        """Run and time a bare block after each of mmda's."""
        if len(self.batches) < self.block:
            return
        ours = self.clock.read()
        self.clock.start()
        for batch in self.batches:
            self.bare.step(batch)
        self.times.append((ours, self.clock.read()))
        self.batches.clear()
        self.clock.start()


def plain(batch: dict) -> PlainBatch:
    """Return a paired batch without its wrapping."""
    labels = [sample.gt_sem_seg.data[0] for sample in batch["source"]["data_samples"]]
    return PlainBatch(batch["source"]["inputs"], batch["target"]["inputs"], labels)


def bare_loop(model: Any, config: Any) -> BareLoop:
    """Return the bare loop that starts from a copy of ``model``."""
    parts = config.optim_wrapper.optimizers
    settings = [
        {k: v for k, v in parts[name].optimizer.items() if k != "type"}
        for name in ("segmentor", "discriminator")
    ]
    return BareLoop(
        copy.deepcopy(model.segmentor),
        copy.deepcopy(model.alignments["output"].discriminators["decode"]),
        config.model.data_preprocessor.mean,
        config.model.data_preprocessor.std,
        (settings[0], settings[1]),
        parts.segmentor.clip_grad.max_norm,
        config.model.alignments.output.weights.decode,
        config.train_cfg.max_iters - 1,  # MMEngine's PolyLR ends on the last iteration
    )


def make_runner(args: argparse.Namespace, work_dir: str, iterations: int) -> Runner:
    """Return a Runner that trains the toy network on data in memory."""
    config = load_config(CONFIG)
    config.work_dir = work_dir
    config.model.segmentor.decode_head.dropout_ratio = 0  # else the two sides draw differently
    config.model.alignments = dict(
        output=dict(type="OutputAdversarial", num_classes=2, weights=dict(decode=0.001))
    )
    loader = config.train_dataloader
    loader.batch_size, loader.sampler.seed = args.batch, 0
    loader.dataset.source = dict(type="InMemoryDomain", seed=1, size=args.size)
    loader.dataset.target = dict(type="InMemoryDomain", seed=2, size=args.size)
    config.param_scheduler = [
        dict(type="PolyLR", power=0.9, eta_min=0.0, by_epoch=False, begin=0, end=iterations)
    ]
    config.train_cfg = dict(type="IterBasedTrainLoop", max_iters=iterations)
    for key in ("val", "test"):
        config[f"{key}_dataloader"] = config[f"{key}_cfg"] = config[f"{key}_evaluator"] = None
    config.default_hooks.logger.interval = args.block
    config.default_hooks.checkpoint.update(interval=-1, save_last=False)
    init_default_scope("mmda")
    return Runner.from_cfg(config)


def compare(args: argparse.Namespace) -> tuple[list[tuple[Times, Times]], float]:
    """Return the times of the pairs of blocks, and the largest difference of a parameter."""
    iterations = args.block * (args.repeats + 1)
    with tempfile.TemporaryDirectory() as work_dir, redirect_stdout(sys.stderr):
        runner = make_runner(args, work_dir, iterations)
        hook = BareBlocksHook(args.block)
        runner.register_hook(hook)
        runner.train()
    pairs = zip(runner.model.segmentor.parameters(), hook.bare.segmentor.parameters(), strict=True)
    difference = max(float((ours - bare).detach().abs().max()) for ours, bare in pairs)
    return hook.times[1:], difference  # the first pair warms up


def peak_of(role: str, args: argparse.Namespace) -> float:
    """Return the peak resident memory (MiB) of one side alone, in a process of its own."""
    command = [sys.executable, __file__, "--role", role, "--size", str(args.size)]
    command += ["--batch", str(args.batch)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(output.splitlines()[-1])


def run_alone(role: str, args: argparse.Namespace) -> None:
    """Train a few iterations of one side and print the process's peak memory (MiB)."""
    with tempfile.TemporaryDirectory() as work_dir, redirect_stdout(sys.stderr):
        runner = make_runner(args, work_dir, iterations=6)
        if role == "mmda":
            runner.train()
        else:
            runner.model.init_weights()
            loop = bare_loop(runner.model, runner.cfg)
            loader = iter(Runner.build_dataloader(runner.cfg.train_dataloader))
            for _ in range(6):
                loop.step(plain(next(loader)))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10)


def report(args: argparse.Namespace) -> dict[str, Any]:
    """Measure, print the table and return the figures."""
    # First of all: a child's peak counts from what its parent held when it was started.
    memory = [peak_of("mmda", args), peak_of("bare", args)]
    times, difference = compare(args)
    cpu = np.array([[ours.cpu, bare.cpu] for ours, bare in times]) / args.block
    wall = np.array([[ours.wall, bare.wall] for ours, bare in times]) / args.block
    table = PrettyTable(["per iteration", "mmda", "bare loop", "ratio", "quartiles"])
    for name, values in (("CPU time (ms)", cpu), ("wall time (ms)", wall)):
        ratios = values[:, 0] / values[:, 1]
        low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
        ours, bare = 1000 * np.median(values, axis=0)
        row = [name, f"{ours:.1f}", f"{bare:.1f}", f"{middle:.3f}", f"{low:.3f}..{high:.3f}"]
        table.add_row(row)
    ratio = memory[0] / memory[1]
    table.add_row(["peak memory (MiB)", *(f"{m:.0f}" for m in memory), f"{ratio:.3f}", ""])
    print(table)
    print(
        f"{args.repeats} pairs of blocks of {args.block} iterations, {args.batch} + {args.batch} "
        f"images of {args.size} pixels; largest difference of a parameter {difference:.1e}"
    )
    return {
        "overhead_vs_bare_loop": round(float(np.median(cpu[:, 0] / cpu[:, 1])) - 1, 4),
        "overhead_wall": round(float(np.median(wall[:, 0] / wall[:, 1])) - 1, 4),
        "peak_memory_ratio": round(ratio, 4),
        "parameter_difference": difference,
    }


def main() -> None:
    """Run the benchmark; the last line of standard output is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9, help="pairs of blocks that count")
    parser.add_argument("--block", type=int, default=10, help="iterations per block")
    parser.add_argument("--size", type=int, default=128, help="side of the images, in pixels")
    parser.add_argument("--batch", type=int, default=4, help="images per domain and iteration")
    parser.add_argument("--role", choices=["mmda", "bare"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.role:
        run_alone(args.role, args)
        return
    figures = report(args)
    if figures["parameter_difference"] > 1e-5:
        sys.exit("The two sides trained different networks; the ratio means nothing.")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
