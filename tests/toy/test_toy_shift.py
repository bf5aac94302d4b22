from __future__ import annotations

import dataclasses

import pytest

from mmda.errors import ConfigError
from mmda.toy.shift import PRESETS, DomainShift, describe_parameters, make_shift, parse_overrides
from mmda.toy.style import SOURCE, target_style

FIELDS = {field.name: field for field in dataclasses.fields(DomainShift)}


@pytest.mark.parametrize("name", FIELDS)
def test_presets_are_ordered(name):
    same = FIELDS[name].metadata["same"]
    far = [abs(getattr(PRESETS[p], name) - same) for p in ("none", "mild", "default", "hard")]
    assert far[0] == 0
    assert far == sorted(far)
    assert far[1] < far[2] < far[3]


def test_no_shift_gives_the_source_city_elsewhere():
    target = target_style(PRESETS["none"])
    moved = {"name": target.name, "epsg": target.epsg, "origin": target.origin}
    assert target == dataclasses.replace(SOURCE, **moved)
    assert target.name != SOURCE.name
    assert target.epsg != SOURCE.epsg


def test_scaled_stops_at_the_range():
    shift = DomainShift().scaled(100)
    for name, field in FIELDS.items():
        low, high = field.metadata["range"]
        assert getattr(shift, name) in (low, high)


def test_overrides_replace_single_parameters():
    shift = make_shift("mild", parse_overrides(["gsd_ratio=1.5", "haze = 0.1"]))
    assert shift == dataclasses.replace(PRESETS["mild"], gsd_ratio=1.5, haze=0.1)
    assert target_style(shift).gsd == pytest.approx(1.5 * SOURCE.gsd)


@pytest.mark.parametrize("item", ["gsd_ratio", "gsd_ratio=", "gsd_ratio=wide"])
def test_malformed_override(item):
    with pytest.raises(ConfigError, match="name=number"):
        parse_overrides([item])


def test_unknown_preset_suggests_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean `default`"):
        make_shift("defualt")


def test_unknown_parameter_suggests_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean `sun_azimuth`"):
        make_shift("default", {"sun_azimut": 1.0})


@pytest.mark.parametrize("value", [0.0, 99.0, float("nan")])
def test_value_out_of_range(value):
    with pytest.raises(ConfigError, match=r"`gsd_ratio`.*between 0.4 and 3.0"):
        make_shift("default", {"gsd_ratio": value})


def test_description_names_every_parameter():
    text = describe_parameters()
    assert all(name in text for name in FIELDS)
