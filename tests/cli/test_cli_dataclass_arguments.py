"""Arguments that are made from the fields of dataclasses, and the parsers of all converters."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from mmda.cli.dataclass_arguments import add_options, given_options
from mmda.cli.tile import converter_parser
from mmda.converters import CONVERTERS, find_converter
from mmda.errors import ConfigError
from mmda.raster.tiling.options import RunOptions, TileOptions
from mmda.utils.options import build, documented, field_names, option, options_of, split_options


@documented
@dataclass(frozen=True)
class Sample:
    """A sample."""

    name: str = option("its name")
    side: int | None = option("side, pixels", 8, shown="any")
    share: float = option("100 % of it", 0.5)
    kinds: Sequence[str] = option("some", ("a", "b"), choices=("a", "b", "c"))
    levels: tuple[int, ...] | None = option("levels", None, nargs="*", group="more")
    width: float | str | None = option("metres, or a column", None, shown="none")
    fast: bool = option("quick", False)
    hidden: int = 3


def parse(*arguments, **options):
    parser = argparse.ArgumentParser()
    add_options(parser, Sample, **options)
    return parser, given_options(parser.parse_args(arguments), Sample)


def test_defaults_are_those_of_the_class():
    assert Sample(**parse("--name", "x")[1]) == Sample("x")
    assert parse("--name", "x", defaults={"side": None})[1]["side"] is None
    assert "side" not in parse("--name", "x", skip={"side"})[1]


def test_values_have_the_types_of_the_fields():
    arguments = "--name x --side 4 --share .25 --kinds c a --levels 1 2 --width 3.5 --fast"
    expected = Sample("x", 4, 0.25, ["c", "a"], [1, 2], "3.5", True)
    assert Sample(**parse(*arguments.split())[1]) == expected
    assert parse("--name", "x", "--levels")[1]["levels"] == []


@pytest.mark.parametrize("wrong", [["--side", "x"], ["--kinds", "d"], ["--hidden", "4"], []])
def test_wrong_values_are_usage_errors(wrong, capsys):
    with pytest.raises(SystemExit) as error:
        parse("--name", "x", *wrong) if wrong else parse()
    assert error.value.code == 2


def test_help_and_docstring_tell_the_defaults():
    text = parse("--name", "x", heading="most")[0].format_help()
    for line in ("side, pixels [8]", "100 % of it [0.5]", "some [a b]", "column [none]", "quick\n"):
        assert line in text
    assert "\nmost:\n" in text and "\nmore:\n" in text
    assert "    side: side, pixels [8]\n" in Sample.__doc__
    assert "hidden" not in Sample.__doc__


def test_keywords_are_distributed_over_classes():
    classes = {Sample: field_names(Sample), RunOptions: field_names(RunOptions)}
    assert split_options({"side": 1, "workers": 4}, classes, "It") == [{"side": 1}, {"workers": 4}]
    with pytest.raises(ConfigError, match=r"It has no option `worker`.*Did you mean `workers`"):
        split_options({"worker": 4}, classes, "It")
    with pytest.raises(ConfigError, match="It needs `name`"):
        build(Sample, {"side": 1}, "It")


@pytest.mark.parametrize("name", sorted(CONVERTERS))
def test_every_converter_has_a_parser_of_what_it_declares(name):
    kind = find_converter(name)
    text = converter_parser(name, kind).format_help()
    assert kind.__doc__.split("\n")[0] in text
    options = {*options_of(kind), *options_of(RunOptions), *options_of(TileOptions)}
    for option_name in options - kind.KNOWN | set(options_of(kind)):
        assert f"--{option_name.replace('_', '-')} " in text.replace("\n", " \n"), option_name
    assert not set(options_of(kind)) & (set(options_of(TileOptions)) - kind.KNOWN)
    assert not set(options_of(kind)) & set(options_of(RunOptions))
