"""Runs trainings side by side in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tqdm import tqdm

from mmda.ablation.progress import last_iteration, tail
from mmda.ablation.run import TRAIN, Run
from mmda.ablation.slots import Slot

WORKER = (sys.executable, "-m", "mmda.ablation.worker")
PERIOD = 0.5  # seconds between two looks at the processes
GRACE = 15.0  # seconds for a process to end by itself


@dataclass
class _Running:
    run: Run
    slot: Slot
    process: subprocess.Popen


def run_all(runs: Sequence[Run], slots: Sequence[Slot], finished: Callable[[Run], object]) -> list:
    """Run what is not finished, one run per slot at a time, each after those it builds on.

    A run that fails is reported with the end of its log, and those that would build on it are
    left out; the others go on. On an exception
    (Ctrl-C too) the processes are ended first.

    Args:
        runs: The runs, the first first.
        slots: Where they go.
        finished: Called after each run that succeeded.

    Returns:
        The runs that failed.
    """
    waiting = [run for run in runs if run.result() is None]
    free, failed = list(slots), []
    running: list[_Running] = []
    done = sum(run.iterations for run in runs) - sum(run.iterations for run in waiting)
    total = sum(run.iterations for run in runs)
    with tqdm(total=total, initial=done, unit="it", desc="training", smoothing=0.05) as bar:
        try:
            while waiting or running:
                while free and (run := _next(waiting)) is not None:
                    waiting.remove(run)
                    running.append(_start(run, free.pop(0)))
                time.sleep(PERIOD)
                for one in [one for one in running if one.process.poll() is not None]:
                    running.remove(one)
                    free.append(one.slot)
                    done += one.run.iterations
                    if one.process.returncode:
                        _report(one)
                        failed += [one.run, *_drop(waiting, one.run)]
                    else:
                        finished(one.run)
                _show(bar, done, [one.run for one in running])
        finally:
            _end(running)
    return failed


def _next(waiting: Sequence[Run]) -> Run | None:
    """Return the first run that can start; None where all wait for others."""
    ready = (r for r in waiting if all(run.result() is not None for run in r.builds_on))
    return next(ready, None)


def _drop(waiting: list[Run], failed: Run) -> list[Run]:
    """Remove and return the runs that build on ``failed``, directly or not."""
    dropped = [run for run in waiting if any(one is failed for one in run.builds_on)]
    for run in dropped:
        waiting.remove(run)
        tqdm.write(f"{run.name} is left out: it builds on {failed.name}.", file=sys.stderr)
    return dropped + [run for before in dropped for run in _drop(waiting, before)]


def _start(run: Run, slot: Slot) -> _Running:
    run.prepare()
    with run.log.open("ab") as log:
        process = subprocess.Popen(
            [*WORKER, str(run.folder), str(os.getpid())],
            env=slot.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours; we end the run and its data loaders
        )
    return _Running(run, slot, process)


def _report(one: _Running) -> None:
    tqdm.write(
        f"{one.run.name} failed with exit code {one.process.returncode}; the end of "
        f"`{one.run.log}`:\n{tail(one.run.log)}\n",
        file=sys.stderr,
    )


def _show(bar: tqdm, done: int, running: Sequence[Run]) -> None:
    done += sum(last_iteration(run.folder / TRAIN) for run in running)
    bar.set_postfix_str(", ".join(run.name for run in running), refresh=False)
    bar.update(max(0, done - bar.n))


def _end(running: Sequence[_Running]) -> None:
    """End processes with all that they started: first asked, then made to."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for one in running:
            if one.process.poll() is None:
                os.killpg(one.process.pid, sign)
        deadline = time.time() + GRACE
        for one in running:
            try:
                one.process.wait(max(0.0, deadline - time.time()))
            except subprocess.TimeoutExpired:
                continue
