"""The aerial transfers of Table I of the ISIA/AIM paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmda.errors import ConfigError, check_choice
from mmda.tasks import TASKS

TILE = 512  # pixels


@dataclass(frozen=True)
class Preset:
    """A published transfer.

    Attributes:
        task: Key of :data:`mmda.tasks.TASKS`.
        source: Folder of the tiled source below the data root.
        target: Folder of the tiled target.
        train: Published number of training tiles.
        val: Published number of validation tiles.
    """

    task: str
    source: str
    target: str
    train: int
    val: int

    def check(self, name: str, infos: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Compare two tiled datasets with those of the published transfer.

        Args:
            name: The preset's name.
            infos: ``dataset.json`` of ``source`` and ``target``.

        Returns:
            Warnings about the tile size.

        Raises:
            ConfigError: When the classes are not those of the transfer's task.
        """
        warnings = []
        for domain, info in infos.items():
            expected = list(TASKS[self.task].classes)
            if list(info["classes"]) != expected:
                raise ConfigError(
                    f"The preset `{name}` has the task {self.task} with the classes {expected}, "
                    f"but the {domain} has the classes {list(info['classes'])}. Give folders of "
                    "this task."
                )
            if info["tile"] != TILE:
                warnings.append(
                    f"{domain}: the published transfer has tiles of {TILE} pixels, but these have "
                    f"{info['tile'] or 'the size of the scenes'}."
                )
        return warnings


PRESETS = {
    "massachusetts2inria": Preset("buildings", "massachusetts_buildings", "inria", 4110, 800),
    "inria2massachusetts": Preset("buildings", "inria", "massachusetts_buildings", 2800, 350),
    "massachusetts2deepglobe": Preset("roads", "massachusetts_roads", "deepglobe", 4388, 350),
    "deepglobe2massachusetts": Preset("roads", "deepglobe", "massachusetts_roads", 500, 567),
}


def find_preset(name: str) -> Preset:
    """Return a preset by name.

    Raises:
        ConfigError: When there is none of this name.
    """
    check_choice("preset", name, PRESETS)
    return PRESETS[name]
