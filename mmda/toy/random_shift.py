"""Random domain shifts, for measurements over many pairs of cities.

A shift of number n has five groups of parameters. Each group is left out (the cities do not differ
in it) with a probability of one in four, all groups independently; the parameters of a group that
is left in are drawn independently from the ranges of :data:`GROUPS`. So about a quarter of the
shifts keep the sensor's colours, but only one in 300 differs in scale and density alone.
Ratios are drawn uniformly in their logarithm: half as large is as likely as twice as large.
"""

from __future__ import annotations

import numpy as np

from mmda.errors import ConfigError

PREFIX = "random:"
ABSENT = 0.25
"""Probability that the cities do not differ in a group."""

Range = tuple[float, float]
GROUPS: dict[str, dict[str, Range]] = {
    "geometry": {
        "gsd_ratio": (0.65, 1.6),
        "density": (0.7, 1.4),
        "building_size": (0.75, 1.3),
    },
    "light": {"sun_azimuth": (-180.0, 180.0), "sun_elevation": (-20.0, 20.0)},
    "materials": {
        "roof_mix": (0.0, 0.8),
        "ground_mix": (0.0, 0.7),
        "road_mix": (0.0, 0.7),
        "season": (0.0, 0.8),
    },
    "colours": {
        "red_gain": (0.8, 1.25),
        "green_gain": (0.8, 1.25),
        "blue_gain": (0.8, 1.25),
        "gamma": (0.7, 1.4),
        "saturation": (0.3, 1.4),
        "contrast": (0.7, 1.2),
    },
    "optics": {"haze": (0.0, 0.25), "blur": (0.0, 1.0), "noise": (0.0, 0.025)},
}
"""Lowest and highest value of every parameter of :class:`~mmda.toy.shift.DomainShift`, by group."""

RATIOS = {
    "gsd_ratio", "density", "building_size", "red_gain", "green_gain", "blue_gain", "gamma",
}  # fmt: skip


def random_values(number: int) -> dict[str, float]:
    """Return the parameters in which the random shift of a number differs from no shift.

    Args:
        number: From 0 on; it always gives the same values, and others than any other number.
    """
    rng = np.random.default_rng([17, number])
    values = {}
    for ranges in GROUPS.values():
        present = rng.random() >= ABSENT
        drawn = {name: _draw(rng, *ends, name in RATIOS) for name, ends in ranges.items()}
        values.update(drawn if present else {})
    return values


def parse_random(name: str) -> int | None:
    """Return the number of ``random:17``; None for another name.

    Raises:
        ConfigError: When there is no whole number after the colon.
    """
    if not name.startswith(PREFIX):
        return None
    text = name.removeprefix(PREFIX)
    if not (text.isascii() and text.isdigit()):
        raise ConfigError(
            f"Expected a random shift as `random:NUMBER`, such as `random:17`, got `{name}`."
        )
    return int(text)


def _draw(rng: np.random.Generator, low: float, high: float, ratio: bool) -> float:
    """Return a number between low and high, uniform in itself or, for a ratio, its logarithm."""
    drawn = np.exp(rng.uniform(np.log(low), np.log(high))) if ratio else rng.uniform(low, high)
    return round(float(drawn), 4)
