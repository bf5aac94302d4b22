"""The demo's three trainings, side by side in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from tqdm import tqdm

from mmda.errors import MMDAError
from mmda.report import read_scalars

# The longest first, so that two processes finish together.
RUNS = ("adapted", "source_only", "target_only")


@dataclass(frozen=True)
class Run:
    """One training with its evaluation and its map.

    Attributes:
        name: One of :data:`RUNS`.
        config: Its config file.
        work_dir: Where its checkpoints, log, scores and map go.
        scene: The raster to map.
    """

    name: str
    config: Path
    work_dir: Path
    scene: Path

    @property
    def metrics_file(self) -> Path:
        """The scores; the last file that a run writes."""
        return self.work_dir / "metrics.json"

    @property
    def map_file(self) -> Path:
        """The map of :attr:`scene`."""
        return self.work_dir / "map.tif"

    def metrics(self) -> dict[str, float]:
        """Return the scores of a finished run."""
        return json.loads(self.metrics_file.read_text())

    def iterations_done(self) -> int:
        """Return the last logged iteration, 0 before the first."""
        steps = [steps[-1] for steps, _ in self._scalars("loss").values()]
        return max(steps, default=0)

    def train_seconds(self) -> float:
        """Return the time spent in training iterations, interruptions left out."""
        steps, seconds = self._scalars("time").get("time", ([], []))
        return sum(s * n for s, n in zip(seconds, _gaps(steps), strict=True))

    def _scalars(self, contains: str) -> dict[str, Any]:
        if not any(self.work_dir.glob("*/vis_data/scalars.json")):
            return {}
        return dict(read_scalars(self.work_dir, contains))


def _gaps(steps: Sequence[int]) -> list[int]:
    return [step - before for before, step in zip([0, *steps], steps, strict=False)]


def run_all(
    runs: Sequence[Run], data_root: Path, iterations: int, seed: int, num_classes: int
) -> None:
    """Train, evaluate and map with every run that is not finished, two at a time.

    Args:
        runs: The runs.
        data_root: What ``MMDA_TOY_ROOT`` is set to: the cities tiled for the task.
        iterations: Training iterations of each run.
        seed: Seed of the trainings.
        num_classes: Number of classes of the task.

    Raises:
        MMDAError: When a run fails; it names the run's log.
    """
    waiting = [run for run in runs if not run.metrics_file.exists()]
    processes: list[subprocess.Popen] = []
    stopping = Event()
    with (
        tqdm(total=iterations * len(runs), unit="it", desc="training") as bar,
        ThreadPoolExecutor(max_workers=2) as pool,
    ):
        try:
            futures = [
                pool.submit(
                    _run, run, data_root, [iterations, seed, num_classes], processes, stopping
                )
                for run in waiting
            ]
            while not all(future.done() for future in futures):
                _show_progress(bar, runs, iterations)
                if any(future.done() and future.exception() for future in futures):
                    break
                time.sleep(0.5)
            for future in futures:
                if future.done():
                    future.result()
            _show_progress(bar, runs, iterations)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stopping.set()
            for process in processes:
                process.terminate()
            raise


def _show_progress(bar: tqdm, runs: Sequence[Run], iterations: int) -> None:
    done = [iterations if r.metrics_file.exists() else r.iterations_done() for r in runs]
    if sum(done) > bar.n:
        bar.update(sum(done) - bar.n)


def _run(run: Run, data_root: Path, numbers: list[int], processes: list, stopping: Event) -> None:
    run.work_dir.mkdir(parents=True, exist_ok=True)
    threads = str(max(1, (os.cpu_count() or 2) // 2))
    environment = {
        **os.environ,
        "MMDA_TOY_ROOT": str(data_root),
        "OMP_NUM_THREADS": threads,
        "PYTHONWARNINGS": "ignore",
    }
    log = run.work_dir / "log.txt"
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "mmda.demo.worker", *_worker_arguments(run, numbers)],
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        processes.append(process)
        if stopping.is_set():  # it started while the others were being ended
            process.terminate()
        if process.wait() != 0:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise MMDAError(
                f"The run `{run.name}` failed with exit code {process.returncode}: {last}. Its log "
                f"is `{log}`; start the demo again to go on."
            )


def _worker_arguments(run: Run, numbers: list[int]) -> list[str]:
    return [str(part) for part in (run.config, run.work_dir, run.scene, *numbers, os.getpid())]
