"""The domain shift: how the target city differs from the source city."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mmda.errors import ConfigError, check_choice
from mmda.toy.random_shift import parse_random, random_values


def _parameter(default: float, low: float, high: float, text: str, same: float = 0.0) -> float:
    """Return a field with its range, its meaning, and the value for equal cities."""
    metadata = {"range": (low, high), "help": text, "same": same}
    return dataclasses.field(default=default, metadata=metadata)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class DomainShift:
    """Parameters of the target city relative to the source city.

    The defaults are the preset ``default``. The metadata of a field are its ``range``, a ``help``
    text and ``same``, the value for which the cities do not differ.

    Raises:
        ConfigError: When a value is out of its range.
    """

    gsd_ratio: float = _parameter(
        1.3, 0.4, 3.0, "target metres per pixel / source metres per pixel", 1.0
    )
    sun_azimuth: float = _parameter(70.0, -360.0, 360.0, "turn of the sun, degrees clockwise")
    sun_elevation: float = _parameter(-10.0, -40.0, 35.0, "change of the sun's height, degrees")
    roof_mix: float = _parameter(
        0.55, 0.0, 1.0, "from mostly red tiles (0) to mostly grey and light roofs (1)"
    )
    ground_mix: float = _parameter(0.4, 0.0, 1.0, "from lawns (0) to bare soil and gravel (1)")
    road_mix: float = _parameter(0.3, 0.0, 1.0, "from dark asphalt (0) to light concrete (1)")
    season: float = _parameter(0.45, 0.0, 1.0, "from summer (0) to autumn, fields bare (1)")
    red_gain: float = _parameter(1.06, 0.3, 2.0, "sensor gain of the red band", 1.0)
    green_gain: float = _parameter(1.02, 0.3, 2.0, "sensor gain of the green band", 1.0)
    blue_gain: float = _parameter(0.9, 0.3, 2.0, "sensor gain of the blue band", 1.0)
    gamma: float = _parameter(0.9, 0.3, 3.0, "exponent of the colour response", 1.0)
    saturation: float = _parameter(0.5, 0.0, 2.0, "saturation of the colours", 1.0)
    contrast: float = _parameter(0.85, 0.2, 2.0, "contrast about mid grey", 1.0)
    haze: float = _parameter(0.1, 0.0, 0.8, "share of scattered light")
    blur: float = _parameter(0.3, 0.0, 3.0, "blur added, standard deviation in pixels")
    noise: float = _parameter(0.008, 0.0, 0.2, "noise added, share of full scale")
    density: float = _parameter(1.15, 0.2, 2.0, "buildings per metre of street, ratio", 1.0)
    building_size: float = _parameter(1.1, 0.5, 2.0, "width and depth of buildings, ratio", 1.0)

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            low, high = field.metadata["range"]
            if not low <= value <= high:
                raise ConfigError(
                    f"Expected `{field.name}` ({field.metadata['help']}) between {low} and {high}, "
                    f"got {value}."
                )

    def scaled(self, factor: float) -> DomainShift:
        """Return a shift whose parameters are ``factor`` times as far from "no shift".

        Args:
            factor: With 0 the two cities do not differ; 1 changes nothing. Values are clipped to
                their range.
        """
        values = {}
        for field in dataclasses.fields(self):
            low, high = field.metadata["range"]
            same = field.metadata["same"]
            value = same + factor * (getattr(self, field.name) - same)
            values[field.name] = round(min(max(value, low), high), 6)
        return DomainShift(**values)


PRESETS: dict[str, DomainShift] = {
    "none": DomainShift().scaled(0.0),
    "mild": DomainShift().scaled(0.5),
    "default": DomainShift(),
    "hard": DomainShift().scaled(1.4),
}


def parse_overrides(items: Sequence[str]) -> dict[str, float]:
    """Parse ``name=value`` items.

    Raises:
        ConfigError: When an item has no ``=``, or its value is not a number.
    """
    values = {}
    for item in items:
        name, separator, text = item.partition("=")
        try:
            values[name.strip()] = float(text)
        except ValueError:
            separator = ""
        if not separator:
            raise ConfigError(f"Expected an override as `name=number`, got `{item}`.")
    return values


def make_shift(
    preset: str = "default", overrides: Mapping[str, float] | None = None
) -> DomainShift:
    """Return a preset or a random shift with some parameters replaced.

    Args:
        preset: A key of :data:`PRESETS`, or ``random:17`` for the random shift number 17, see
            :mod:`mmda.toy.random_shift`.
        overrides: Values by field name of :class:`DomainShift`.

    Raises:
        ConfigError: When the preset or a name is unknown, or a value is out of range.
    """
    number = parse_random(preset)
    if number is None:
        check_choice("preset", preset, [*PRESETS, "random:NUMBER"])
    drawn = {} if number is None else random_values(number)
    names = [field.name for field in dataclasses.fields(DomainShift)]
    for name in overrides or {}:
        check_choice("shift parameter", name, names)
    start = PRESETS[preset if number is None else "none"]
    return dataclasses.replace(start, **{**drawn, **(overrides or {})})


def describe_parameters() -> str:
    """Return one line per shift parameter: name, value in each preset, meaning."""
    lines = []
    for field in dataclasses.fields(DomainShift):
        values = "  ".join(
            f"{name} {getattr(shift, field.name):g}"
            for name, shift in PRESETS.items()
            if name != "none"
        )
        low, high = field.metadata["range"]
        lines.append(f"  {field.name:14} {field.metadata['help']} ({low:g} to {high:g}): {values}")
    return "\n".join(lines)
