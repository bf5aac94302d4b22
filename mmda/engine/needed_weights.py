"""The weights that a config starts from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from mmengine.config import Config

from mmda.engine.weights_files import file_name, find, resolve


@dataclass(frozen=True)
class NeededWeights:
    """Weights that a config names.

    Attributes:
        place: Where in the config, by dotted key.
        name: What the config gives.
        address: The file or address that it stands for.
        path: The file, ``None`` where it is not on this machine.
    """

    place: str
    name: str
    address: str
    path: Path | None

    @property
    def file_name(self) -> str:
        """Name that the file has, or will have."""
        return file_name(self.address)


def needed_weights(config: Config) -> list[NeededWeights]:
    """Return the weights that a config names: of pretrained parts, and ``load_from``.

    Raises:
        ConfigError: When a name is unknown, or a package of weights is not installed.
    """
    named = list(_named(config.model.to_dict(), "model"))
    if config.get("load_from"):
        named.append(("load_from", str(config.load_from)))
    return [_found(place, name) for place, name in named]


def _named(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if value.get("type") == "Pretrained" and value.get("checkpoint"):
            yield f"{place}.checkpoint", str(value["checkpoint"])
        elif isinstance(value.get("pretrained"), str):
            yield f"{place}.pretrained", value["pretrained"]
        for key, part in value.items():
            yield from _named(part, f"{place}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, part in enumerate(value):
            yield from _named(part, f"{place}.{number}")


def _found(place: str, name: str) -> NeededWeights:
    address = resolve(name)
    if urlparse(address).scheme in ("http", "https"):
        return NeededWeights(place, name, address, find(address))
    path = Path(address)
    return NeededWeights(place, name, address, path if path.is_file() else None)
