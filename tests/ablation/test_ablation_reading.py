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
    assert (table.tasks["y"].toy.task, table.tasks["y"].toy.preset) == ("roads", "mild")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seeds =", "sedes =", "unknown key `sedes`. Did you mean `seeds`"),
        ("seeds = [0, 1]", "seeds = [0, 0]", "different seeds"),
        ("seeds = [0, 1]", "seeds = []", "different seeds"),
        ("seeds = [0, 1]", "seeds = [-1]", "different seeds"),
        ('title = "A table"', "", "has no `title`"),
        ('name="a"', 'name="low"', "two rows or tasks `low`"),
        ('name="a"', 'name="../a"', "letters, digits"),
        ('name="a", ', "", "letters, digits"),
        ("overrides=", "override=", "unknown key `override`. Did you mean `overrides`"),
        ('dict(name="low", config="low.py")', '"low"', "expected dict"),
        ('title="method A", config="low.py"', 'config="lwo.py"', "`lwo.py` does not exist"),
        ("[1, None, 2]", "[1, 2]", "2 published figures for 3 columns"),
        ('"low", "high"\n', '"low", "hihg"\n', "no row `hihg`. Did you mean `high`"),
        ('source_only, target_only = "low", "high"', "", "NAM needs `source_only`"),
        ('"NAM"]', 'dict(metric="mIoU", minus="lo")]', "no row `lo`. Did you mean `low`"),
        ('"NAM"]', 'dict(metric="mIoU", task="x")]', "unknown task `x`"),
        ('"NAM"]', "dict()]", "name of a `metric`"),
        ("rows = [", 'toy = dict(task="lakes")\nrows = [', "unknown task `lakes`"),
        ("rows = [", 'toy = dict(shift="odd")\nrows = [', "Unknown preset `odd`"),
        ("rows = [", "toy = dict(values=dict(hase=1))\nrows = [", "Did you mean `haze`"),
        ("rows = [", 'sweep = dict(metric="mF1")\nrows = [', "no column shows `mF1`"),
        ("overrides=", 'bounds=["low"], overrides=', "two names of rows"),
        ("rows = [", "rows = [(", "cannot be read: SyntaxError"),
    ],
)
def test_faulty_descriptions(write, old, new, message):
    assert old in GOOD
    with pytest.raises(ConfigError) as error:
        read_table(write(GOOD.replace(old, new, 1)))
    assert message in str(error.value)


def test_a_missing_description(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        read_table(tmp_path / "table.py")
