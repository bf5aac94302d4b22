"""The classes that two domains share."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmda.errors import ConfigError, did_you_mean
from mmda.raster.dataset.domain import ClassMap

IGNORED = "ignore"
DOMAINS = ("source", "target")
Renames = Mapping[str, Mapping[str, str | None]]


@dataclass(frozen=True)
class SharedClasses:
    """The classes of a pair, and how they follow from each domain's own classes.

    Attributes:
        names: Shared class names; the first has the id 0.
        palette: One ``[r, g, b]`` per shared class, 0..255.
        maps: For each domain, own class name -> shared name, or ``None`` for a class that is
            ignored. The whole map is ``None`` if the domain's classes are the shared ones.
        warnings: Sentences about classes that are ignored or cannot be scored.
    """

    names: list[str]
    palette: list[list[int]]
    maps: dict[str, ClassMap | None]
    warnings: list[str]


def parse_renames(texts: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Parse ``source:tree=vegetation`` (or ``target:clouds=ignore``), one per class.

    Raises:
        ConfigError: When one is malformed.
    """
    renames: dict[str, dict[str, str | None]] = {domain: {} for domain in DOMAINS}
    for text in texts:
        domain, colon, rest = text.partition(":")
        own, equals, shared = rest.rpartition("=")
        if domain not in DOMAINS or not (colon and equals and own and shared):
            raise ConfigError(
                f"Cannot read --map `{text}`; expected source:NAME=SHARED or target:NAME=SHARED, "
                "with `ignore` in place of SHARED to leave the class out."
            )
        renames[domain][own] = None if shared == IGNORED else shared
    return renames


def share_classes(
    source: Mapping[str, Any],
    target: Mapping[str, Any],
    classes: Sequence[str] | None = None,
    renames: Renames | None = None,
) -> SharedClasses:
    """Find the shared classes by name (regardless of case), after renaming.

    Args:
        source: The ``dataset.json`` of the source.
        target: The ``dataset.json`` of the target.
        classes: The shared classes in their order; by default the source's classes that the target
            has as well.
        renames: For each domain, own name -> shared name or ``None``; see :func:`parse_renames`.

    Raises:
        ConfigError: When fewer than two classes are shared, or a name is unknown.
    """
    infos = dict(zip(DOMAINS, (source, target), strict=True))
    named = {d: _renamed(d, infos[d], (renames or {}).get(d, {})) for d in DOMAINS}
    present = {d: {name.casefold() for name in named[d].values() if name} for d in DOMAINS}
    if classes is None:
        ordered = dict.fromkeys(name for name in named["source"].values() if name)
        shared = [name for name in ordered if name.casefold() in present["target"]]
    else:
        shared = list(classes)
    _check_shared(shared, named, present["source"])
    known = {name.casefold(): name for name in shared}
    maps = {
        d: {own: known.get(new.casefold()) if new else None for own, new in named[d].items()}
        for d in DOMAINS
    }
    warnings = [*_ignored(maps), *_unscored(shared, present["target"])]
    _check_keywords(maps)
    same = {d: list(maps[d].items()) == [(name, name) for name in shared] for d in DOMAINS}
    palette = _palette(source, maps["source"], shared)
    return SharedClasses(
        shared, palette, {d: None if same[d] else maps[d] for d in DOMAINS}, warnings
    )


def learnt_classes(names: Sequence[str], pixels: Sequence[int]) -> tuple[list[str], list[str]]:
    """Return the classes that can be learnt from the source, and a warning about the others.

    Args:
        names: Shared class names.
        pixels: Number of pixels of each in the source's split ``train``.
    """
    learnt = [name for name, count in zip(names, pixels, strict=True) if count]
    absent = [name for name in names if name not in learnt]
    if not absent:
        return learnt, []
    return learnt, [
        f"source: {', '.join(absent)}: no pixel in the split `train`, so they cannot be learnt. "
        f"`mIoU` is the mean over the other {len(learnt)} classes. Correct the labels, or leave "
        "these classes out with --classes."
    ]


def _renamed(
    domain: str, info: Mapping[str, Any], renames: Mapping[str, str | None]
) -> dict[str, str | None]:
    own = list(info["classes"])
    for name in renames:
        if name not in own:
            raise ConfigError(
                f"--map {domain}:{name}=...: the {domain} has no class `{name}`; its classes are "
                f"{', '.join(own)}." + did_you_mean(name, own)
            )
    return {name: renames.get(name, name) for name in own}


def _check_shared(
    shared: Sequence[str], named: Mapping[str, Mapping[str, str | None]], in_source: set[str]
) -> None:
    listed = "; ".join(f"{d}: {', '.join(names)}" for d, names in named.items())
    if len(shared) < 2 or len({name.casefold() for name in shared}) < len(shared):
        raise ConfigError(
            f"The domains share the classes [{', '.join(shared)}], but at least two different ones "
            f"are needed ({listed}). Rename classes with --map source:NAME=SHARED."
        )
    for name in shared:
        if name.casefold() not in in_source:
            raise ConfigError(
                f"No class of the source is mapped to `{name}`, so it cannot be learnt ({listed}). "
                f"Add --map source:NAME={name}, or leave it out of --classes."
                + did_you_mean(name, filter(None, named["source"].values()))
            )


def _check_keywords(maps: Mapping[str, ClassMap]) -> None:
    for domain, mapping in maps.items():
        for name in mapping:
            if keyword.iskeyword(name):
                raise ConfigError(
                    f"{domain}: the class `{name}` is a word of Python, with which MMEngine cannot "
                    "write the config of a run. Tile the dataset with another name for it."
                )


def _ignored(maps: Mapping[str, ClassMap]) -> list[str]:
    warnings = []
    for domain, mapping in maps.items():
        lost = [own for own, new in mapping.items() if new is None]
        if lost:
            warnings.append(f"{domain}: the classes {', '.join(lost)} are ignored (255).")
    return warnings


def _unscored(shared: Sequence[str], in_target: set[str]) -> list[str]:
    absent = [name for name in shared if name.casefold() not in in_target]
    if not absent:
        return []
    return [
        f"target: no class is mapped to {', '.join(absent)}, so that it is learnt but not scored."
    ]


def _palette(info: Mapping[str, Any], mapping: ClassMap, shared: Sequence[str]) -> list[list[int]]:
    colors = dict(zip(info["classes"], info["palette"], strict=True))
    first = {new: own for own, new in reversed(list(mapping.items())) if new}
    return [list(colors[first[name]]) for name in shared]
