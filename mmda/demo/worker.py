"""One run of the demo: train, map a scene, evaluate, through the commands a user types."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from mmda.cli import main as mmda


def work(
    config: str, work_dir: str, scene: str, iterations: int, seed: int, num_classes: int
) -> int:
    """Return the exit code of the first command that fails, or 0.

    Args:
        config: The run's config.
        work_dir: Its folder; ``metrics.json`` is written there last.
        scene: The raster to map to ``map.tif``.
        iterations: Training iterations.
        seed: Seed of the training.
        num_classes: Number of classes of the task.
    """
    folder = Path(work_dir)
    checkpoint = str(folder / f"iter_{iterations}.pth")
    metrics = str(folder / "metrics.json")
    classes = ["--cfg-options", f"model.segmentor.decode_head.num_classes={num_classes}"]
    commands = [
        ["predict", config, checkpoint, scene, "--out", str(folder / "map.tif"), "--tile", "256"],
        ["test", config, checkpoint, "--work-dir", str(folder / "test"), "--out", metrics],
    ]
    if not Path(checkpoint).exists():
        commands.insert(0, ["train", config, "--work-dir", work_dir, "--resume"])
    for command in commands:
        schedule = _schedule(iterations, seed) if command[0] == "train" else []
        if code := mmda([*command, *classes, *schedule]):
            return code
    return 0


def _schedule(iterations: int, seed: int) -> list[str]:
    return [
        f"randomness.seed={seed}",
        f"train_cfg.max_iters={iterations}",
        f"train_cfg.val_interval={iterations}",
        f"param_scheduler.1.end={iterations}",
    ]


def end_with_parent(parent: int, seconds: float = 1.0) -> None:
    """End this process when its parent is gone, even by kill -9.

    Else a demo that is killed and started again would train twice in one folder.

    Args:
        parent: The parent's process id, from itself: it may be gone already.
        seconds: Time between two looks.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(seconds)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _main(argv: Sequence[str]) -> int:
    config, work_dir, scene, iterations, seed, num_classes, parent = argv
    end_with_parent(int(parent))
    return work(config, work_dir, scene, int(iterations), int(seed), int(num_classes))


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
