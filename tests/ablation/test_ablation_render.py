"""Cells, Markdown, CSV, HTML and the figure, against values worked out by hand."""

from __future__ import annotations

import base64
import csv
import io
import re

import cv2
import pytest
from ablation_samples import COLUMNS, SCORES, SWEEP, golden_table, make_row, make_table

from mmda.ablation import Column, Task, sweep
from mmda.ablation.render import markdown, runs_csv, table_csv, write_table
from mmda.ablation.statistics import cells
from mmda.ablation.table import Sweep
from mmda.report.table import NONE


def test_means_and_deviations():
    body = cells(golden_table(), SCORES, (0, 1))
    assert body["low"][0].mean == pytest.approx(45)
    assert body["low"][0].std == pytest.approx(5)
    assert body["b"][0].values == {0: 58.0}
    assert body["b"][0].std is None
    assert body["empty"][0].mean is None


def test_nam_is_taken_seed_by_seed():
    body = cells(golden_table(), SCORES, (0, 1))
    assert body["a"][1].values == pytest.approx({0: 100 * 20 / 40, 1: 100 * 4 / 40})
    assert body["b"][1].values == pytest.approx({0: 45.0})
    assert body["low"][1].values == body["high"][1].values == {}


def test_differences_are_taken_seed_by_seed():
    body = cells(golden_table(), SCORES, (0, 1))
    assert body["a"][2].values == pytest.approx({0: 20.0, 1: 4.0})
    assert body["a"][2].std == pytest.approx(8)
    assert body["low"][2].values == {}


def test_nam_without_a_gap_is_left_out():
    scores = {**SCORES, ("high", "", 1): {"mIoU": 49.0}}
    assert cells(golden_table(), scores, (0, 1))["a"][1].values == pytest.approx({0: 50.0})


def test_best_leaves_out_the_upper_bound_and_rows_that_miss_seeds():
    body = cells(golden_table(), SCORES, (0, 1))
    assert [name for name, row in body.items() if row[0].best] == ["a"]  # b: 58 of one seed
    body = cells(golden_table(), SCORES, (0,))
    assert [name for name, row in body.items() if row[0].best] == ["a"]


def test_scores_that_are_not_there_are_left_out():
    scores = {**SCORES, ("a", "", 1): {"mIoU": None}}
    assert cells(golden_table(), scores, (0, 1))["a"][0].values == {0: 60.0}


def test_seeds_outside_the_table_are_left_out():
    assert cells(golden_table(), SCORES, (1,))["a"][0].values == {1: 54.0}


def test_markdown():
    table = golden_table(notes=("A note.",))
    text = markdown(table, cells(table, SCORES, (0, 1)), (0, 1), ["A remark."]).replace(NONE, "-")
    assert "| method | mIoU | mIoU, paper | NAM | gain |\n| --- | ---: |" in text
    assert "| low | 45.0 ± 5.0 | 41.0 | - | - |" in text
    assert "| a | **57.0 ± 3.0** | 61.5 | **30.0 ± 20.0** | **+12.0 ± 8.0** |" in text
    assert "| b | 58.0 (1) | - | 45.0 (1) | +18.0 (1) |" in text
    assert "| empty | - | - | - | - |" in text
    assert "A remark.\n\nA note.\n" in text
    assert "over the seeds 0, 1" in text


def test_columns_of_several_tasks():
    tasks = {"x": Task(name="x", title="first"), "y": Task(name="y", title="second")}
    columns = (Column(metric="mIoU", task="x"), Column(metric="mIoU", task="y"))
    row = make_row("a", 2).model_copy(update={"bounds": None})
    table = make_table([row], columns, tasks=tasks, target_only=None)
    scores = {("a", "x", 0): {"mIoU": 1.0}, ("a", "y", 0): {"mIoU": 2.0}}
    text = markdown(table, cells(table, scores, (0,)), (0,), [])
    assert "| method | first: mIoU | second: mIoU |" in text
    assert "| a | 1.0 | 2.0 |" in text


def test_csv_holds_full_precision():
    table = golden_table()
    rows = list(csv.DictReader(io.StringIO(table_csv(table, cells(table, SCORES, (0, 1))))))
    assert len(rows) == len(table.rows) * len(COLUMNS)
    found = next(r for r in rows if (r["row"], r["metric"]) == ("a", "NAM"))
    assert (found["mean"], found["std"], found["seeds"]) == ("30", "20", "2")
    runs = list(csv.DictReader(io.StringIO(runs_csv(SCORES))))
    assert len(runs) == len(SCORES)
    assert (runs[3]["row"], runs[3]["seed"], runs[3]["mIoU"]) == ("a", "1", "54")


def swept_table(**values):
    """Return the golden table with a line of three more rows, and scores of two of them."""
    line = [make_row(f"k{k}", 3, x=k, published=(50.0 + k, None, None)) for k in (1, 2, 4)]
    table = make_table([*golden_table().rows.values(), *line], COLUMNS, sweep=SWEEP, **values)
    return table, {**SCORES, **{(f"k{k}", "", 0): {"mIoU": 50.0 + k} for k in (1, 2)}}


def test_page_and_figure_are_written(tmp_path):
    table, scores = swept_table(title="A <b> table")
    files = write_table(table, scores, (0, 1), tmp_path)
    assert sorted(f.name for f in files) == sorted(p.name for p in tmp_path.iterdir())
    page = (tmp_path / "table.html").read_text()
    assert "<h1>A &lt;b&gt; table</h1>" in page
    assert re.search(r'<td class="best">57.0 ± 3.0<small>61.5</small></td>', page)
    assert re.search(r"<td>58.0 \(1\)</td>", page)
    picture = cv2.imread(str(tmp_path / "sweep.png"))
    assert picture.std() > 10


def test_page_holds_the_figure_and_markdown_links_it(tmp_path):
    table, scores = swept_table()
    table = table.model_copy(update={"sweep": Sweep(title='weight "lambda"', log=True)})
    write_table(table, scores, (0, 1), tmp_path)
    page = (tmp_path / "table.html").read_text()
    (shown,) = re.findall(r"<img [^>]*>", page)
    assert 'alt="mIoU against weight &#34;lambda&#34;"' in shown
    (data,) = re.findall(r' src="data:image/png;base64,([^"]*)"', shown)
    assert base64.b64decode(data) == (tmp_path / "sweep.png").read_bytes()
    text = (tmp_path / "table.md").read_text()
    assert text.endswith('\n\n![mIoU against weight "lambda"](sweep.png)\n')


def test_a_table_without_sweep_shows_no_figure(tmp_path):
    write_table(golden_table(), SCORES, (0, 1), tmp_path)
    assert not (tmp_path / "sweep.png").exists()
    assert "<img" not in (tmp_path / "table.html").read_text()
    assert "sweep.png" not in (tmp_path / "table.md").read_text()


def test_legend_hides_nothing_and_is_in_the_picture(tmp_path, monkeypatch):
    drawn, real = [], sweep._add_legend
    monkeypatch.setattr(sweep, "_add_legend", lambda figure: (drawn.append(figure), real(figure)))
    widths = []
    for title in ("target only", "target only, " + 20 * "of a long title "):
        table, scores = swept_table()
        rows = {**table.rows, "high": make_row("high", 3, title=title)}
        table = table.model_copy(update={"rows": rows})
        write_table(table, scores, (0, 1), tmp_path)
        figure = drawn.pop()
        figure.draw_without_rendering()
        (legend,) = figure.legends
        entries = [text.get_text() for text in legend.get_texts()]
        assert {title, "low", "published", "measured"} <= set(entries)
        assert not legend.get_window_extent().overlaps(figure.axes[0].get_tightbbox())
        widths.append(cv2.imread(str(tmp_path / "sweep.png")).shape[1])
        assert widths[-1] > legend.get_window_extent().width
    assert widths[1] > 1.5 * widths[0]


def test_no_two_lines_look_alike(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(sweep, "_add_legend", drawn.append)
    table, scores = swept_table()
    more = {f"row{i}": make_row(f"row{i}", 3) for i in range(2)}
    table = table.model_copy(update={"rows": {**table.rows, **more}})
    write_table(
        table, {**scores, **{(name, "", 0): {"mIoU": 1.0} for name in more}}, (0,), tmp_path
    )
    handles, labels = drawn[0].axes[0].get_legend_handles_labels()
    lines = [handle for handle in handles if hasattr(handle, "get_linestyle")]
    lines += [handle.lines[0] for handle in handles if not hasattr(handle, "get_linestyle")]
    looks = {(line.get_color(), line.get_linestyle()) for line in lines}
    assert len(looks) == len(labels) > 6


def test_a_table_without_results_is_written(tmp_path):
    files = write_table(golden_table(sweep=SWEEP), {}, (0, 1), tmp_path)
    assert all(path.stat().st_size > 0 for path in files)
    assert "| a | - | 61.5 | - | - |" in (tmp_path / "table.md").read_text().replace(NONE, "-")
