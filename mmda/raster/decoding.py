"""Rules that turn the values of a mask raster into class ids.

==================================  ==========================================================
rule                                meaning
==================================  ==========================================================
``ids``                             the values of band 1 are the class ids; 255 is ignore
``threshold:128``                   band 1: class 1 from 128 upwards, class 0 below
``binary``                          band 1: 0/1 and 0/255 masks alike, distinguished by the
                                    file's maximum (an RGB mask in pure red works, too); one of
                                    2..127 is refused
``color:255,0,0=1,0,0,0=0``         colours of the first three bands; ``*=0`` for all others
``idmap:0=255,1=0,*=255``           values of band 1; also ``idmap:FILE.json``
==================================  ==========================================================
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmda.errors import ConfigError, DataError, did_you_mean

IGNORE = 255
WHITE = 128  # class 1 of a 0/255 mask begins here, as JPEG blurs its values
RULES = ("ids", "threshold", "binary", "color", "idmap")
_COLOR = re.compile(r"(?:(\d+),(\d+),(\d+)|(\*))=(\d+)(?:[,;]|$)")


@dataclass(frozen=True)
class Decoder:
    """A parsed decoding rule.

    Attributes:
        rule: One of ``RULES``.
        classes: Names of the classes.
        threshold: First value of class 1, for ``threshold`` (and ``binary`` once resolved).
        table: Value to class id, for ``ids`` and ``idmap``; packed colour to id for ``color``.
        default: Class id of all other values; ``None`` makes them an error.
    """

    rule: str
    classes: tuple[str, ...]
    threshold: float | None = None
    table: Mapping[int, int] = field(default_factory=dict, hash=False)
    default: int | None = None

    @property
    def bands(self) -> int:
        """How many bands of the mask are read."""
        return 3 if self.rule == "color" else 1

    def covers(self, value: float) -> bool:
        """Return whether the rule maps a value to a class; a no-data tag of that value is ignored.

        ``*=ID`` and thresholds stand for all values from 0 on.
        """
        if math.isnan(value):
            return False
        if self.threshold is not None or self.rule == "binary":
            return value >= 0
        if value == int(value) and self._key(int(value)) in self.table:
            return True
        return self.default is not None and value >= 0

    def _key(self, value: int) -> int:
        """Return a value as the table has it; for colours, the grey of that value."""
        return int(_pack(np.full((3, 1, 1), value))) if self.rule == "color" else value

    def resolve(self, maximum: float, path: str) -> Decoder:
        """Settle ``binary`` by the maximum of the whole file: 0/1 up to 1, 0/255 from 128.

        Args:
            maximum: The largest value of band 1.
            path: File named by the error.

        Raises:
            DataError: When the maximum lies in between, as in a mask of 0 and 76.
        """
        if self.rule != "binary":
            return self
        if 1 < maximum < WHITE:
            raise DataError(
                f"The label `{path}` has the maximum {maximum:g}: the decoding rule `binary` "
                f"expects masks of 0 and 1, or of 0 and {WHITE} to 255. Mend it, or give its rule: "
                f"threshold:V for class 1 from V upwards (threshold:{WHITE} when this mask has no "
                "class 1), or idmap:VALUE=ID,..."
            )
        return Decoder("threshold", self.classes, 0.5 if maximum <= 1 else WHITE)

    def decode(self, values: np.ndarray, path: str, valid: np.ndarray | None = None) -> np.ndarray:
        """Turn mask values into class ids.

        Args:
            values: ``(bands, height, width)``, any real dtype.
            path: File named by the error.
            valid: ``(height, width)``, bool: all other pixels become ignore, whatever they hold.

        Returns:
            Class ids ``(height, width)``, uint8; 255 is ignore.

        Raises:
            DataError: When a value is not covered by the rule.
        """
        ids = self._ids(values, path, valid)
        if valid is not None:
            ids[~valid] = IGNORE
        return ids

    def _ids(self, values: np.ndarray, path: str, valid: np.ndarray | None) -> np.ndarray:
        if self.threshold is not None:
            return (values[0] >= self.threshold).astype(np.uint8)
        flat = _pack(values) if self.rule == "color" else values[0]
        if flat.dtype == np.uint8:
            lookup, known = self._lookup(256)
            ids = cv2.LUT(flat, lookup)
            fits = known if known.all() else cv2.LUT(flat, known.astype(np.uint8)) > 0
        elif flat.dtype == np.uint16:
            lookup, known = self._lookup(2**16)
            ids, fits = lookup[flat], known[flat]
        else:
            ids = np.full(flat.shape, 0 if self.default is None else self.default, np.uint8)
            fits = np.full(flat.shape, self.default is not None)
            for value, target in self.table.items():
                hit = flat == value
                ids[hit] = target
                fits |= hit
        if valid is not None:
            fits = fits | ~valid
        if not fits.all():
            raise self._unknown(flat[~fits], path)
        return ids

    def _lookup(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        lookup = np.full(size, 0 if self.default is None else self.default, np.uint8)
        known = np.full(size, self.default is not None)
        for value, target in self.table.items():
            if 0 <= value < size:
                lookup[value], known[value] = target, True
        return lookup, known

    def _unknown(self, values: np.ndarray, path: str) -> DataError:
        unique, counts = np.unique(values, return_counts=True)
        names = [_unpack(v) if self.rule == "color" else f"{v:g}" for v in unique[:5]]
        found = ", ".join(f"{n} ({c} pixels)" for n, c in zip(names, counts[:5], strict=True))
        more = f" and {len(unique) - 5} more values" if len(unique) > 5 else ""
        listed = ", ".join(f"{i} = {name}" for i, name in enumerate(self.classes))
        expected = f"class ids {listed}, 255 = ignore" if self.rule == "ids" else "the listed ones"
        return DataError(
            f"The label `{path}` holds unknown values: {found}{more}. The decoding rule "
            f"`{self.rule}` expects {expected}. Choose the rule that fits (threshold:128, binary, "
            "color:R,G,B=ID,..., idmap:VALUE=ID,...), or add `*=ID` for all other values."
        )


def parse_decode(text: str, classes: Sequence[str]) -> Decoder:
    """Parse a decoding rule, see the table at the top of this module.

    Args:
        text: The rule, e.g. ``threshold:128``.
        classes: Names of the classes; every id of the rule must be one of theirs or 255.

    Raises:
        ConfigError: When the rule is unknown or malformed, or names a class id out of range.
    """
    rule, _, argument = text.partition(":")
    names = tuple(classes)
    if rule not in RULES:
        raise ConfigError(
            f"Unknown decoding rule `{text}`; expected one of {', '.join(RULES)}."
            + did_you_mean(rule, RULES)
        )
    if rule in ("threshold", "binary") and len(names) != 2:
        raise ConfigError(f"`{text}` gives two classes, but {len(names)} are named: {names}.")
    if rule == "threshold":
        return Decoder(rule, names, _number(argument, text))
    if rule == "binary":
        return Decoder(rule, names)
    if rule == "ids":
        return Decoder(rule, names, table={**{i: i for i in range(len(names))}, IGNORE: IGNORE})
    table, default = _parse_colors(argument) if rule == "color" else _parse_idmap(argument)
    for target in [*table.values(), *([] if default is None else [default])]:
        if target != IGNORE and not 0 <= target < len(names):
            raise ConfigError(
                f"`{text}` maps to class {target}, but the classes are "
                f"0..{len(names) - 1} ({', '.join(names)}) and 255 (ignore)."
            )
    return Decoder(rule, names, table=table, default=default)


def inline_table(text: str) -> str:
    """Return a rule with the content of its file, ``idmap:FILE.json`` as ``idmap:0=255,...``.

    Raises:
        ConfigError: When the file cannot be read.
    """
    rule, _, argument = text.partition(":")
    if rule != "idmap" or not argument.endswith(".json"):
        return text
    table, default = _parse_idmap(argument)
    pairs = [*table.items(), *([] if default is None else [("*", default)])]
    return "idmap:" + ",".join(f"{value}={target}" for value, target in pairs)


def _parse_colors(argument: str) -> tuple[dict[int, int], int | None]:
    table: dict[int, int] = {}
    default: int | None = None
    position = 0
    while match := _COLOR.match(argument, position):
        if match[4]:
            default = int(match[5])
        else:
            color = np.array([int(match[i]) for i in (1, 2, 3)], np.uint32)
            table[int(_pack(color[:, None, None]).item())] = int(match[5])
        position = match.end()
    if not table or position < len(argument):
        raise ConfigError(
            f"Cannot read the colours `{argument}` from position {position}; "
            "expected `R,G,B=ID,R,G,B=ID,...`, e.g. `color:255,0,0=1,0,0,0=0` or `*=0`."
        )
    return table, default


def _parse_idmap(argument: str) -> tuple[dict[int, int], int | None]:
    try:
        if argument.endswith(".json"):
            pairs: dict[str, Any] = json.loads(Path(argument).read_text(encoding="utf-8"))
        else:
            pairs = dict(pair.split("=") for pair in argument.split(","))
        table = {int(key): int(value) for key, value in pairs.items() if key != "*"}
        return table, int(pairs["*"]) if "*" in pairs else None
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"Cannot read the id map `{argument}` ({error}); expected `0=255,1=0,*=255` or a JSON "
            'file such as {"0": 255, "1": 0}.'
        ) from error


def _number(argument: str, text: str) -> float:
    try:
        return float(argument)
    except ValueError:
        raise ConfigError(f"`{text}` needs a number, e.g. `threshold:128`.") from None


def _pack(values: np.ndarray) -> np.ndarray:
    red, green, blue = (band.astype(np.int64) for band in values[:3])
    return (red << 32) | (green << 16) | blue


def _unpack(value: int) -> str:
    return f"({value >> 32}, {(value >> 16) & 0xFFFF}, {value & 0xFFFF})"
