"""Names in text that Python, MMEngine, a shell or a browser reads."""

from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mmengine.config import Config

from mmda.errors import ConfigError, DataError
from mmda.utils.names import check_name, comment, literal, markdown_cell, printable

BREAKS = "\n\r\t\0\x1b\x85\u2028\u2029\x0c"


@pytest.mark.parametrize("name", ["a", "Straße 7", "道路", "<b> | 'x' \"y\" \\ #", "{one}"])
def test_names_that_are_fine(name):
    check_name("class", name)


@pytest.mark.parametrize("name", [*BREAKS, "a\nb", "{{_base_.x}}", 3, None, ["a"]])
def test_names_that_are_refused(name):
    with pytest.raises(
        DataError, match=r"^The class name .* is refused: expected one line"
    ) as error:
        check_name("class", name, DataError)
    assert str(error.value).isprintable()
    with pytest.raises(ConfigError):
        check_name("class", name)


@given(st.text(alphabet=st.sampled_from([*BREAKS, *"ab'\"\\{}$:# "])))
@example("{{{")
@example("{{{{x")
def test_text_stays_text(text):
    assert ast.literal_eval(literal(text)) == text
    assert "{{" not in literal(text)
    assert comment(text).isprintable()
    assert not ast.parse(comment(text)).body
    assert "{{" not in comment(text)


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), 1.5, 3, True, None])
def test_other_values_stay(value):
    assert eval(literal(value)) == value
    assert repr(eval(literal(float("nan")))) == "nan"


TRICKS = [
    "{{$NOT_THERE:a}}",
    "{{'$NOT_THERE:1'}}",
    "{{$NOT_THERE:\\'+str(1/0)+\"x}}",
    "{{$NOT_THERE:\\n1/0}}",
    "{{ fileDirname }}",
    "{{_base_.anything}}",
    "'''",
    '"""',
    "\\",
    "\n1/0",
    "\r1/0",
]


@pytest.mark.parametrize("text", TRICKS)
def test_mmengine_reads_what_was_written(tmp_path, text):
    path = tmp_path / "config.py"
    path.write_text(f"{comment(text)}\nvalue = {literal(text)}\n", encoding="utf-8")
    assert Config.fromfile(path).value == text


def test_a_cell_keeps_its_row():
    assert markdown_cell("a|b\n<script>") == r"a\|b\\n&lt;script>"
    assert markdown_cell("a\\|b") == r"a\\\|b"  # a backslash would free the bar
    assert printable("a\x1b[31m") == r"a\x1b[31m"
