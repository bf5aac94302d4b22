"""Sharing the work of a run out among processes or machines."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from mmda.errors import ConfigError


@dataclass(frozen=True)
class Shard:
    """One of ``count`` equal shares.

    Attributes:
        index: Number of the share, 1..``count``.
        count: Number of shares.
    """

    index: int
    count: int

    def owns(self, name: str) -> bool:
        """Return whether a scene belongs to this share, which depends on its name alone."""
        return int(hashlib.sha1(name.encode()).hexdigest()[:15], 16) % self.count == self.index - 1

    def takes(self, number: int) -> bool:
        """Return whether the piece of this number, from 0, belongs to this share: in turns."""
        return number % self.count == self.index - 1


def parse_shard(text: str) -> Shard:
    """Read ``i/n``, such as ``2/4``.

    Raises:
        ConfigError: When it is not of this form, or ``i`` is not in 1..``n``.
    """
    match = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    shard = Shard(int(match[1]), int(match[2])) if match else None
    if shard is None or not 1 <= shard.index <= shard.count:
        raise ConfigError(
            f"Unknown shard `{text}`; expected I/N with I from 1 to N: the first of four is `1/4`, "
            "the last `4/4`."
        )
    return shard
