"""Descriptions of tables: what they may say, and the errors of those that say more."""

from __future__ import annotations

import pytest

from mmda.ablation import read_table
from mmda.errors import ConfigError

GOOD = """
title = "A table"
seeds = [0, 1]
source_only, target_only = "low", "high"
columns = ["mIoU", dict(metric="IoU/road", title="road"), "NAM"]
rows = [
    dict(name="low", config="low.py"),
    dict(name="a", title="method A", config="low.py", overrides={"x.y": 1}, published=[1, None, 2]),
    dict(name="paper", published=[3.0, 4.0, 5.0]),
    dict(name="high", config="low.py"),
]
"""


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a description beside a config `low.py`."""
    (tmp_path / "low.py").write_text("")

    def write(text: str, name: str = "table.py"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_a_description(write):
    table = read_table(write(GOOD))
    assert (table.title, table.seeds, table.target_only) == ("A table", (0, 1), "high")
    assert [(c.metric, c.title, c.score) for c in table.columns] == [
        ("mIoU", "mIoU", "mIoU"),
        ("IoU/road", "road", "IoU/road"),
        ("NAM", "NAM", "mIoU"),
    ]
    assert list(table.rows) == ["low", "a", "paper", "high"]
    row = table.rows["a"]
    assert (row.title, row.overrides, row.published) == ("method A", {"x.y": 1}, (1, None, 2))
    assert row.bounds == ("low", "high")
    assert table.rows["paper"].configs == {}


def test_configs_are_found_in_folders_above(write, tmp_path):
    folder = tmp_path / "configs" / "ablation"
    folder.mkdir(parents=True)
    path = folder / "table.py"
    path.write_text(GOOD)
    assert read_table(path).rows["a"].configs == {"": tmp_path / "low.py"}


def test_a_description_may_inherit(write):
    write(GOOD, "base.py")
    table = read_table(write("_base_ = 'base.py'\n_mine = 1\ncolumns = ['mIoU', 'mF1', 'aAcc']"))
    assert [column.metric for column in table.columns] == ["mIoU", "mF1", "aAcc"]
    assert len(table.rows) == 4


def test_tasks_have_columns_and_configs_of_their_own(write):
    write("", "x.py"), write("", "y.py")
    text = """
title = "Two transfers"
tasks = [dict(name="x", title="first"), dict(name="y", toy=dict(task="roads", shift="mild"))]
columns = ["mIoU", dict(metric="mF1", task="x")]
rows = [
    dict(name="a", config="{task}.py", published=[1, 2, 3]),
    dict(name="b", config={"y": "y.py"}),
]
"""
    table = read_table(write(text))
    assert [(c.task, c.metric) for c in table.columns] == [
        ("x", "mIoU"),
        ("x", "mF1"),
        ("y", "mIoU"),
    ]
    assert {task: path.name for task, path in table.rows["a"].configs.items()} == {
        "x": "x.py",
        "y": "y.py",
    }
    assert set(table.rows["b"].configs) == {"y"}
    assert table.tasks["x"].toy is None
    assert (table.tasks["y"].toy.task, table.tasks["y"].toy.shift) == ("roads", "mild")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seeds =", "sedes =", "unknown key `sedes`. Did you mean `seeds`"),
        ("seeds = [0, 1]", "seeds = [0, 0]", "different seeds"),
        ("seeds = [0, 1]", "seeds = []", "different seeds"),
        ("seeds = [0, 1]", "seeds = [-1]", "different seeds"),
        ('title = "A table"', "", "has no `title`; see"),
        ('name="a"', 'name="low"', "two entries `low`"),
        ('name="a"', 'name="../a"', "letters, digits and `_ . + -` in entry 1"),
        ('name="a", ', "", "in entry 1, but got `None`"),
        ("overrides=", "override=", "row `a`: unknown key `override`. Did you mean `overrides`"),
        (
            'dict(name="low", config="low.py")',
            '"low"',
            "`rows`: expected dict(...) as entry 0, but got `'low'`",
        ),
        (
            'title="method A", config="low.py"',
            'config="lwo.py"',
            "row `a`: the config `lwo.py` does not exist",
        ),
        ("[1, None, 2]", "[1, 2]", "2 published figures for 3 columns"),
        ('"low", "high"\n', '"low", "hihg"\n', "no row `hihg`. Did you mean `high`"),
        ('source_only, target_only = "low", "high"', "", "NAM needs `source_only`"),
        ('"NAM"]', 'dict(metric="mIoU", minus="lo")]', "no row `lo`. Did you mean `low`"),
        ('"NAM"]', 'dict(metric="mIoU", task="x")]', "there is no task `x`"),
        ('"NAM"]', "dict()]", "`columns[2]` has no `metric`"),
        ("rows = [", 'toy = dict(task="lakes")\nrows = [', "unknown task `lakes`"),
        ("rows = [", 'toy = dict(shift="odd")\nrows = [', "Unknown preset `odd`"),
        ("rows = [", "toy = dict(values=dict(hase=1))\nrows = [", "Did you mean `haze`"),
        ("rows = [", 'sweep = dict(metric="mF1")\nrows = [', "no column shows `mF1`"),
        ("overrides=", 'bounds=["low"], overrides=', "two names of rows"),
        ("rows = [", "rows = [(", "cannot be read: SyntaxError"),
        ("overrides=", 'start_from="hihg", overrides=', "a row above, but got `hihg`. There are"),
        ("overrides=", 'start_from="high", overrides=', "a row above, but got `high`. There are"),
        ("overrides=", 'start_from="lo", overrides=', "got `lo`. Did you mean `low`"),
        ('name="high", ', 'name="high", start_from="paper", ', "`paper`, which has no config."),
    ],
)
def test_faulty_descriptions(write, old, new, message):
    assert old in GOOD
    with pytest.raises(ConfigError) as error:
        read_table(write(GOOD.replace(old, new, 1)))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "A table"', "title = 3", "`title`: expected text in quotes, but got `3`"),
        ("seeds = [0, 1]", "seeds = 5", "`seeds`: expected a list in square brackets, but got `5`"),
        ("seeds = [0, 1]", "seeds = [[0]]", "`seeds[0]`: expected an integer, but got `[0]`"),
        ("seeds = [0, 1]", "seeds = [True]", "`seeds[0]`: expected an integer, but got `True`"),
        ("rows = [", 'notes = "One."\nrows = [', "`notes`: expected a list in square brackets"),
        ("rows = [", "notes = [1]\nrows = [", "`notes[0]`: expected text in quotes"),
        ("rows = [", 'overrides = "a=1"\nrows = [', "`overrides`: expected dict(...)"),
        ("rows = [", "tasks = []\nrows = [", "`tasks`: expected at least one entry"),
        ("rows = [", 'tasks = "roads"\nrows = [', "`tasks`: expected a list in square brackets"),
        ("rows = [", 'tasks = [dict(name="a", overrides=[1])]\nrows = [',
         "task `a`, `overrides`: expected dict"),
        ("rows = [", 'toy = "roads"\nrows = [', "`toy`: expected dict(...), but got `'roads'`"),
        ("rows = [", 'toy = dict(task=["roads"])\nrows = [', "`toy`, `task`: expected text"),
        ("rows = [", "toy = dict(values=[1])\nrows = [", "`toy`, `values`: expected dict(...)"),
        ("rows = [", 'toy = dict(values=dict(haze="a"))\nrows = [', "`haze`: expected a number"),
        ("rows = [", "sweep = [1]\nrows = [", "`sweep`: expected dict(...)"),
        ("rows = [", "sweep = dict(log=1)\nrows = [", "`log`: expected True or False"),
        ('columns = ["mIoU", dict(metric="IoU/road", title="road"), "NAM"]', 'columns = "mIoU"',
         "`columns`: expected a list in square brackets, but got `'mIoU'`"),
        ('title="road"', "title=1", "`columns[1]`, `title`: expected text in quotes"),
        ("overrides=", "bounds=None, overrides=", "two names of rows, but got `None`. Leave it"),
        ("overrides=", "bounds=[1, 2], overrides=", "two names of rows"),
        ("overrides=", 'bounds="ab", overrides=', "two names of rows"),
        ('overrides={"x.y": 1}', 'overrides="a=1"', "row `a`, `overrides`: expected dict(...)"),
        ('overrides={"x.y": 1}', "overrides={1: 2}", "`overrides`, one of its keys: expected text"),
        ("overrides=", 'x="8", overrides=', "row `a`, `x`: expected a number, but got `'8'`"),
        ("overrides=", "x=True, overrides=", "row `a`, `x`: expected a number, but got `True`"),
        ("overrides=", "start_from=1, overrides=", "row `a`, `start_from`: expected text"),
        ("overrides=", "task_overrides=dict(a={}), overrides=", "there is no task `a`"),
        ("overrides=", "task_overrides={'': 1}, overrides=", "expected dict(...), but got `1`"),
        ("[1, None, 2]", "51.5", "`published`: expected a list in square brackets"),
        ("[1, None, 2]", '[1, None, "2"]', "`published[2]`: expected a number, but got `'2'`"),
        ('title="method A", config="low.py"', "config=3", "`config`: expected a path in quotes"),
        ('title="method A", config="low.py"', 'config={"": 3}', "paths by task, but got `{'': 3}`"),
    ],
)  # fmt: skip
def test_values_of_the_wrong_kind(write, old, new, message):
    assert old in GOOD
    with pytest.raises(ConfigError) as error:
        read_table(write(GOOD.replace(old, new, 1)))
    assert message in str(error.value)


def test_a_row_needs_the_tasks_of_the_row_it_starts_from(write):
    write("", "x.py")
    text = """
title, columns = "Two transfers", ["mIoU"]
tasks = [dict(name="x"), dict(name="y")]
rows = [
    dict(name="a", config={"x": "x.py"}),
    dict(name="b", config="x.py", start_from="a"),
]
"""
    message = r"`start_from` of row `b` is `a`, which has no .* tasks \['y'\]"
    with pytest.raises(ConfigError, match=message):
        read_table(write(text))
    table = read_table(write(text.replace('config="x.py"', 'config={"x": "x.py"}')))
    assert table.rows["b"].start_from == "a"


def test_none_is_nothing(write):
    text = GOOD.replace("seeds =", "sweep, toy, paper, notes = None, None, None, None\nseeds =")
    table = read_table(write(text.replace("overrides=", "x=None, line=None, overrides=")))
    assert (table.sweep, table.paper, table.notes, table.tasks[""].toy) == (None, "", (), None)
    assert (table.rows["a"].x, table.rows["a"].line) == (None, "")


def test_a_missing_description(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        read_table(tmp_path / "table.py")
