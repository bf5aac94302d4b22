"""What a tiling run returns, and the error that names the scenes that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmda.errors import DataError


@dataclass(frozen=True)
class TileResult:
    """A tiled dataset, or a shard of one.

    Attributes:
        root: Its folder.
        info: The content of ``dataset.json``; empty while other shards are not ready.
        notes: What the converter decided: its split rule, and files that it left out.
        pending_scenes: Number of scenes that other shards have not finished.
    """

    root: Path
    info: Mapping[str, Any]
    notes: Sequence[str] = ()
    pending_scenes: int = 0

    @property
    def tiles(self) -> dict[str, int]:
        """Number of tiles of every split."""
        return dict(self.info.get("splits", {}))


class DamagedScenesError(DataError):
    """Some scenes could not be converted, while all others were.

    Attributes:
        result: The dataset without them.
    """

    exit_code = 1

    def __init__(self, message: str, result: TileResult) -> None:
        super().__init__(message)
        self.result = result


def damage(failures: Sequence[str], total: int, result: TileResult) -> DataError | None:
    """Return the error for the scenes that could not be converted, if there are any.

    Args:
        failures: What went wrong with each of them.
        total: Number of scenes.
        result: The dataset without them.
    """
    if not failures:
        return None
    listed = "\n".join(f"- {failure}" for failure in failures[:5])
    more = f"\n- and {len(failures) - 5} more" if len(failures) > 5 else ""
    message = f"{len(failures)} of {total} scenes could not be converted:\n{listed}{more}\n"
    if len(failures) == total:
        return DataError(f"{message}Mend them and run the same command again.")
    advice = f"The others are in `{result.root}`. Mend these and run the same command again."
    return DamagedScenesError(message + advice, result)
