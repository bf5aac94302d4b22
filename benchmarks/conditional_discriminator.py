"""What CDGA's conditional discriminator costs in factorised form and in the published one.

Each measurement is one process: build one of the two forms, warm it up on a small input, then run
forward and backward (gradients for p, H and all weights) on a batch of one. The first such pass
gives the peak of the tensors that are alive at once, those after it the median time. The peak is
counted from torch's allocations: resident memory also holds what the system loads and drops for
reasons of its own, which on a busy machine is more than a small case needs.
"""

from __future__ import annotations

import os

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the figures are the CPU's; set before torch is imported
os.environ["OMP_WAIT_POLICY"] = "passive"  # threads that spin suffer most from other programs
os.environ["KINETO_LOG_LEVEL"] = "99"  # the profiler says nothing of its own

import argparse
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from naive_discriminator import NaiveDiscriminator
from prettytable import PrettyTable
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from tqdm import tqdm

from mmda.models.alignments import DomainBatch, GroupAlignment, UDAContext
from mmda.models.discriminators import ConditionalDiscriminator, PixelDiscriminator

CLASSES, GROUPS = (2, 6, 13, 19), (2, 8)
SIZES = ((128, 256), (256, 512), (512, 1024))
REPEATS = 2  # timed passes of the cases that are not the headline
TOLERANCE = 1e-10  # float64; of each tensor's largest value
GIB = 2**30


@dataclass(frozen=True)
class Case:
    """One input: classes C, groups K, height and width in pixels."""

    classes: int
    groups: int
    height: int
    width: int

    def __str__(self) -> str:
        return f"{self.classes},{self.groups},{self.height},{self.width}"

    @classmethod
    def parse(cls, text: str) -> Case:
        """Read what ``str`` gives."""
        return cls(*map(int, text.split(",")))

    @property
    def naive_bytes(self) -> int:
        """The naive form's outer products: those of all groups, and one group's gradient."""
        return 4 * self.classes**2 * self.height * self.width * (self.groups + 1)


FORMS: dict[str, Callable[[int], PixelDiscriminator]] = {
    "naive": NaiveDiscriminator,
    "factorised": ConditionalDiscriminator,
}
HEADLINE = Case(19, 8, 128, 256)
LARGEST = Case(19, 8, 512, 1024)


# ---------------------------------------------------------------- inside a measuring process


def inputs(case: Case, side: int | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Return random p, H (both with gradient) and Q, of the case's size or ``side`` squared."""
    generator = torch.Generator().manual_seed(0)
    size = (case.height, case.width) if side is None else (side, side)
    maps = [
        torch.randn(1, channels, *size, generator=generator).softmax(1).requires_grad_()
        for channels in (case.classes, case.groups)
    ]
    condition = torch.rand(1, case.groups, case.classes, generator=generator)
    return maps[0], maps[1], condition / condition.sum(-1, keepdim=True)


def peak_bytes(run: Callable[[], None]) -> int:
    """Return the most bytes that torch's CPU tensors take at once in one call of ``run``."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    results: Any = profiler.profiler
    events = [event for event in results.kineto_results.events() if event.name() == "[memory]"]
    events.sort(key=lambda event: event.start_ns())
    return max(itertools.accumulate(event.nbytes() for event in events))


def measured(run: Callable[[], None], repeats: int) -> dict[str, float]:
    """Return the peak (MiB) of ``run``'s first call and the median time (s) of ``repeats`` more."""
    memory = peak_bytes(run) / 2**20
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return {"memory": memory, "time": float(np.median(times))}


def measure_form(form: str, case: Case, repeats: int) -> dict[str, float]:
    """Measure forward and backward of one form."""
    model, small, full = FORMS[form](case.classes), inputs(case, 64), inputs(case)

    def run(arguments: tuple[Tensor, Tensor, Tensor] = full) -> None:
        for tensor in (*model.parameters(), *arguments):
            tensor.grad = None
        model(*arguments).sum().backward()

    run(small)
    model.zero_grad(set_to_none=True)
    return measured(run, repeats)


def measure_step(case: Case, repeats: int) -> dict[str, float]:
    """Measure CDGA's whole step after the segmentor: all losses, one backward, two optimisers."""
    alignment = GroupAlignment(case.classes, case.groups)
    optimizers = [
        torch.optim.SGD(alignment.grouping.parameters(), 1e-3, momentum=0.9),
        torch.optim.Adam(alignment.discriminator.parameters(), 1e-4),
    ]

    def run(height: int = case.height, width: int = case.width) -> None:
        source, target = (_domain(case.classes, height, width) for _ in range(2))
        total: Any = sum(alignment(UDAContext(source, target, 0, None)).values())
        total.backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()

    run(64, 64)
    return measured(run, repeats)


def _domain(classes: int, height: int, width: int) -> DomainBatch:
    """Return a batch of one whose logits are an eighth of its size."""
    images = torch.zeros(1, 3, height, width)
    logits = torch.randn(1, classes, height // 8, width // 8, requires_grad=True)
    return DomainBatch(images, [], images, [logits], {"decode": logits})


# ---------------------------------------------------------------- in the parent


def measure(what: str, case: Case, threads: int, repeats: int) -> dict[str, float]:
    """Return ``memory`` (MiB) and ``time`` (s), measured in a process of their own."""
    command = [sys.executable, __file__, "--measure", what, "--case", str(case)]
    command += ["--threads", str(threads), "--repeats", str(repeats)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def largest_difference(case: Case, side: int = 32) -> float:
    """Return the largest difference of the forms' values and gradients, relative to each tensor.

    In float64: float32's rounding would hide a small fault.
    """
    models = [FORMS[form](case.classes).double() for form in FORMS]
    models[1].load_state_dict(models[0].state_dict())
    results = []
    for model in models:
        p, h, q = (tensor.detach().double() for tensor in inputs(case, side))
        logits = model(p.requires_grad_(), h.requires_grad_(), q)
        logits.square().sum().backward()
        gradients = [tensor.grad for tensor in (p, h, *model.parameters())]
        results.append([logits.detach(), *gradients])
    return max(
        float((ours - theirs).abs().max() / theirs.abs().max())
        for theirs, ours in zip(*results, strict=True)
    )


def compare(case: Case, args: argparse.Namespace, rounds: int, repeats: int) -> dict[str, Any]:
    """Measure both forms in alternating processes; figures are medians over the rounds."""
    if (difference := largest_difference(case)) > TOLERANCE:
        sys.exit(f"{case}: the two forms differ by {difference:.1e}; their cost means nothing.")
    forms = ["factorised"]
    if case.naive_bytes <= args.limit_gib * GIB:
        forms.append("naive")
    runs: dict[str, list[dict]] = {form: [] for form in forms}
    for _ in range(rounds):
        for form in forms:
            runs[form].append(measure(form, case, args.threads, repeats))
    figures: dict[str, Any] = {"case": case, "difference": difference}
    for what in ("time", "memory"):
        values = {form: np.array([run[what] for run in runs[form]]) for form in forms}
        figures[what] = {form: float(np.median(values[form])) for form in forms}
        if len(forms) == 2:
            ratio = np.median(values["naive"] / values["factorised"])
            figures[f"{what}_ratio"] = round(float(ratio), 2)
    return figures


def row(figures: dict[str, Any]) -> list[str]:
    """Return a line of the table."""
    case = figures["case"]
    cells = [str(case.classes), str(case.groups), f"{case.height} x {case.width}"]
    for what, scale, digits in (("time", 1000, 0), ("memory", 1, 0)):
        for form in FORMS:
            value = figures[what].get(form)
            cells.append("too large" if value is None else f"{scale * value:.{digits}f}")
        ratio = figures.get(f"{what}_ratio")
        cells.append("" if ratio is None else f"{ratio:.1f}")
    return cells


def report(args: argparse.Namespace) -> dict[str, float | None]:
    """Measure, print the table and return the headline's ratios."""
    cases = [
        Case(classes, groups, *size) for size in SIZES for groups in GROUPS for classes in CLASSES
    ]
    headline = args.case or HEADLINE
    others = [] if args.quick else [case for case in cases if case != headline]
    figures = [compare(headline, args, args.rounds, args.repeats)]
    figures += [
        compare(case, args, 1, REPEATS) for case in tqdm(others, "cases", disable=not others)
    ]
    table = PrettyTable(
        ["C", "K", "pixels"]
        + [f"{what}, {of}" for what in ("ms", "MiB") for of in ("naive", "factorised", "ratio")]
    )
    table.add_rows([row(one) for one in figures])
    print(table)
    print(
        f"Forward and backward, {args.threads} threads; the two forms' values and gradients "
        f"(float64) differ by {max(one['difference'] for one in figures):.1e} at most."
    )
    if any("time_ratio" not in one for one in figures):
        print(
            f"Too large: the outer products alone would pass {args.limit_gib:g} GiB (--limit-gib)."
        )
    if not args.quick:
        step = measure("step", LARGEST, args.threads, REPEATS)
        print(
            f"A whole step of CDGA after the segmentor, {LARGEST.classes} classes, "
            f"{LARGEST.groups} groups, {LARGEST.height} x {LARGEST.width} pixels: "
            f"{step['time']:.1f} s, {step['memory'] / 1024:.2f} GiB."
        )
    return {key: figures[0].get(key) for key in ("time_ratio", "memory_ratio")}


def main() -> None:
    """Run the benchmark; the last line of standard output is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the headline's case alone")
    parser.add_argument("--case", type=Case.parse, help=f"the headline's: C,K,H,W ({HEADLINE})")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--repeats", type=int, default=5, help="timed passes per process in it")
    parser.add_argument("--rounds", type=int, default=3, help="processes per form in it")
    parser.add_argument(
        "--limit-gib", type=float, default=12, help="leave the naive form out above"
    )
    parser.add_argument("--measure", choices=[*FORMS, "step"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.measure == "step":
        print(json.dumps(measure_step(args.case, args.repeats)))
    elif args.measure:
        print(json.dumps(measure_form(args.measure, args.case, args.repeats)))
    else:
        print(json.dumps(report(args)))


if __name__ == "__main__":
    main()
