"""Names in a table are text, whatever they hold."""

from __future__ import annotations

import pytest
from ablation_samples import SCORES, golden_table
from html_elements import NAMES, check_page

from mmda.ablation.render import write_table


def replaced(one, **values):
    return one.model_copy(update=values)


def table(out, name):
    made = golden_table()
    rows = {key: replaced(row, title=f"{key} {name}") for key, row in made.rows.items()}
    columns = tuple(replaced(column, title=name) for column in made.columns)
    made = replaced(made, title=name, paper=name, notes=(name,), rows=rows, columns=columns)
    write_table(made, SCORES, (0, 1), out, [name])
    return (out / "table.html").read_text("utf-8"), (out / "table.md").read_text("utf-8")


@pytest.mark.parametrize("name", [*NAMES, "a | b", "a\nb"])
def test_the_table(tmp_path, name):
    page, text = table(tmp_path, name)
    plain, plain_text = table(tmp_path, "plain")
    check_page(page, plain, name)
    lines, expected = (
        [line for line in t.splitlines() if line.startswith("|")] for t in (text, plain_text)
    )
    assert len(lines) == len(expected)
    assert not any("<script>" in line for line in lines)
    bars = [line.replace(r"\|", "").count("|") for line in lines]
    assert bars == [line.count("|") for line in expected]
