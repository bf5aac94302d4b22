"""The outcome of a choice among models: which, why, and of which files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mmda.errors import ConfigError
from mmda.selection.identity import Tiles
from mmda.utils.files import atomic_write_json

SOURCE = "source_validation"


@dataclass(frozen=True)
class ScoredModel:
    """A checkpoint with its scores.

    Attributes:
        name: Name for people.
        checkpoint: The file.
        config: The config that it was trained with.
        scores: Value of every criterion, higher is better, and ``source_validation`` in percent;
            NaN where there is none, as the ensemble's for a model that is refused.
        refused: Why it may not be chosen; ``None`` where it may.
    """

    name: str
    checkpoint: Path
    config: Path
    scores: Mapping[str, float]
    refused: str | None = None


@dataclass(frozen=True)
class Selection:
    """The outcome of a comparison without target labels.

    Attributes:
        rule: The criterion that chose.
        models: All models, the chosen one first and those that are refused last.
        left_out: Why others were not compared, by name.
        digests: Digest of every checkpoint that was there, by name.
        target: The tiles that the models were compared on.
    """

    rule: str
    models: Sequence[ScoredModel]
    left_out: Mapping[str, str]
    digests: Mapping[str, str] = field(default_factory=dict)
    target: Tiles | None = None

    @property
    def best(self) -> ScoredModel:
        """The chosen model."""
        return self.models[0]

    @property
    def checkpoint(self) -> Path:
        """The chosen checkpoint."""
        return self.best.checkpoint

    @property
    def config(self) -> Path:
        """The config of the chosen checkpoint."""
        return self.best.config

    @property
    def disagreements(self) -> dict[str, str]:
        """The criteria that would choose another model, and its name."""
        allowed = [model for model in self.models if model.refused is None]
        others = {}
        for name in allowed[0].scores:
            known = [m for m in allowed if math.isfinite(m.scores[name])]
            if known and name != SOURCE:
                best = max(known, key=lambda m: m.scores[name])  # the first of several
                if best.scores[name] > self.best.scores[name]:
                    others[name] = best.name
        return others

    @property
    def why(self) -> str:
        """Why the chosen model is chosen, in a sentence or two."""
        allowed = [model for model in self.models if model.refused is None]
        text = f"`{self.best.name}` is chosen"
        if len(allowed) == 1:
            text += ": it is the only model that may be."
        else:
            value = self.best.scores[self.rule]
            text += f": of {len(allowed)} models it has the highest {self.rule} ({value:.4g})."
        refused = len(self.models) - len(allowed)
        return text + (f" {refused} more were refused." if refused else "")

    @property
    def warnings(self) -> list[str]:
        """What was left out and why, in sentences."""
        return [f"`{name}` is left out: {reason}" for name, reason in self.left_out.items()]

    def to_json(self, folder: Path | None = None) -> dict[str, Any]:
        """Return all as plain values; paths are relative to ``folder`` where that is given."""

        def place(path: Path) -> str:
            absolute = path.absolute()
            return str(absolute if folder is None else _relative(absolute, folder.absolute()))

        return {
            "rule": self.rule,
            "chosen": self.best.name,
            "why": self.why,
            "disagreements": self.disagreements,
            "models": [
                {
                    "name": model.name,
                    "checkpoint": place(model.checkpoint),
                    "config": place(model.config),
                    "scores": {k: v if math.isfinite(v) else None for k, v in model.scores.items()},
                    "refused": model.refused,
                }
                for model in self.models
            ],
            "left_out": dict(self.left_out),
            "digests": dict(self.digests),
            "target": self.target and asdict(self.target),
        }

    def write(self, path: str | Path) -> None:
        """Write a JSON file; checkpoints below its folder are named relative to it."""
        atomic_write_json(path, self.to_json(Path(path).parent))

    @classmethod
    def read(cls, path: str | Path) -> Selection:
        """Read what :meth:`write` wrote.

        Raises:
            ConfigError: When the file is no selection.
        """
        folder = Path(path).parent
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            models = [
                ScoredModel(
                    one["name"],
                    folder / one["checkpoint"],
                    folder / one["config"],
                    {k: math.nan if v is None else v for k, v in one["scores"].items()},
                    one["refused"],
                )
                for one in content["models"]
            ]
            target = content["target"] and Tiles(**content["target"])
            return cls(content["rule"], models, content["left_out"], content["digests"], target)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"`{path}` holds no selection ({error!r}). Delete it, or run `mmda select` anew."
            ) from error


def _relative(path: Path, folder: Path) -> Path:
    return path.relative_to(folder) if path.is_relative_to(folder) else path
