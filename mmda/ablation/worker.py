"""One run in a process of its own: train and test, through the commands that a user types."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import mmda
from mmda.ablation.runs import CONFIG_FILE, RESULT_FILE, RUN_FILE, TRAIN
from mmda.cli import main
from mmda.demo.worker import end_with_parent
from mmda.engine.launch import load_config
from mmda.utils import atomic_write_text


def work(folder: Path) -> int:
    """Train, test and write the result; a training goes on from its newest checkpoint.

    Args:
        folder: The run's folder, see :meth:`mmda.ablation.runs.Run.prepare`.

    Returns:
        The exit code of the first command that fails, or 0.
    """
    config, scores = str(folder / CONFIG_FILE), folder / "scores.json"
    last = load_config(config).train_cfg.max_iters
    checkpoint = folder / TRAIN / f"iter_{last}.pth"
    start = time.time()
    if not checkpoint.is_file() and (
        code := main(["train", config, "--work-dir", str(folder / TRAIN), "--resume"])
    ):
        return code
    test = ["test", config, str(checkpoint), "--work-dir", str(folder / "test")]
    if code := main([*test, "--out", str(scores)]):
        return code
    result = {
        "fingerprint": json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))["fingerprint"],
        "scores": json.loads(scores.read_text(encoding="utf-8")),
        "seconds": round(time.time() - start, 1),
        "mmda": mmda.__version__,
    }
    atomic_write_text(folder / RESULT_FILE, json.dumps(result, indent=2) + "\n")
    return 0


def _main(argv: Sequence[str]) -> int:
    folder, parent = argv
    end_with_parent(int(parent))
    return work(Path(folder))


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
