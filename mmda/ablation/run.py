"""One run of a table: a training with its test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from mmda.ablation.configs import fingerprint
from mmda.ablation.progress import last_iteration
from mmda.pairing.code import assignments
from mmda.raster.dataset.manifest import DATASET_INFO
from mmda.utils import atomic_write_text

RUN_FILE, RESULT_FILE, CONFIG_FILE, TRAIN = "run.json", "result.json", "config.py", "train"
TRANSLATED = "translated"
Key = tuple[str, str, int]
"""Row, task and seed."""


@dataclass(frozen=True)
class Run:
    """One training with its test.

    Attributes:
        key: Row, task and seed.
        folder: Where everything of it goes.
        config: Its final config.
        settings: What its result depends on, see :func:`mmda.ablation.configs.settings`.
        start_from: The run whose last checkpoint it starts from, if any.
        translated_by: The run whose CycleGAN has translated its source, if any.
        translates: Whether another run reads what its CycleGAN translates.
    """

    key: Key
    folder: Path
    config: Config
    settings: Mapping[str, str]
    start_from: Run | None = None
    translated_by: Run | None = None
    translates: bool = False

    @property
    def builds_on(self) -> tuple[Run, ...]:
        """The runs that must be finished before this one can start."""
        return tuple(run for run in (self.start_from, self.translated_by) if run is not None)

    @property
    def name(self) -> str:
        """Name for people."""
        row, task, seed = self.key
        return "/".join(part for part in (row, task, f"seed{seed}") if part)

    @property
    def iterations(self) -> int:
        """Length of the training."""
        return int(self.config.train_cfg.max_iters)

    @property
    def checkpoint(self) -> Path:
        """The training's last checkpoint."""
        return self.folder / TRAIN / f"iter_{self.iterations}.pth"

    @property
    def translated(self) -> Path:
        """The source as the run's CycleGAN translates it, where another run reads it."""
        return self.folder / TRANSLATED

    @property
    def log(self) -> Path:
        """What training and test print."""
        return self.folder / "log.txt"

    def result(self) -> dict[str, float] | None:
        """Return the scores, None when the run is not finished or was made otherwise.

        A CycleGAN that was trained before another row read its translation is not finished.
        """
        content = read_result(self.folder)
        lacking = self.translates and not (self.translated / DATASET_INFO).is_file()
        return None if content is None or lacking or self.differences() else content

    def differences(self) -> list[str]:
        """Return how the run in the folder differs from this one, empty where it does not."""
        path = self.folder / RUN_FILE
        if not path.is_file():
            return []
        before = json.loads(path.read_text(encoding="utf-8"))["settings"]
        return [
            f"{key}: {before.get(key, 'absent')} -> {self.settings.get(key, 'absent')}"
            for key in sorted({*before, *self.settings})
            # Data that are, or were, not there tell nothing.
            if before.get(key) != self.settings.get(key)
            and not (key.startswith("data.") and "" in (before.get(key), self.settings.get(key)))
        ]

    def state(self) -> str:
        """Return how far the run is, for people."""
        if difference := self.differences():
            return f"made with other settings: {difference[0]}"
        if self.result() is not None:
            return "finished"
        if done := last_iteration(self.folder / TRAIN):
            return f"begun, iteration {done} of {self.iterations}"
        return f"to do, {self.iterations} iterations"

    def prepare(self) -> None:
        """Write what the worker reads; a run made otherwise is deleted first."""
        if self.differences():
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        atomic_write_text(self.folder / CONFIG_FILE, assignments(self.config.to_dict()))
        content = {
            "fingerprint": fingerprint(self.settings),
            "settings": dict(self.settings),
            "translates": self.translates,
        }
        atomic_write_text(self.folder / RUN_FILE, json.dumps(content, indent=1) + "\n")


def read_result(folder: Path) -> dict[str, float] | None:
    """Return the scores of the finished run in ``folder``, else None."""
    path = folder / RESULT_FILE
    return json.loads(path.read_text(encoding="utf-8"))["scores"] if path.is_file() else None
