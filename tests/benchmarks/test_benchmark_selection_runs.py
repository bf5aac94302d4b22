"""The runs of a table one after the other: only what is missing, task by task."""

from __future__ import annotations

import json
import sys

from scripts import BENCHMARKS

from mmda.ablation.run import RESULT_FILE, RUN_FILE

sys.path.insert(0, str(BENCHMARKS))
import selection_runs

TABLE = """
title = "two"
columns = ["mIoU"]
tasks = [dict(name=n, toy=dict(shift=f"random:{i}")) for i, n in enumerate("ab")]
rows = [dict(name=n, config="configs/toy/source_only.py") for n in ("one", "other")]
"""


def test_what_is_missing_is_run_task_by_task(tmp_path, monkeypatch):
    (tmp_path / "two.py").write_text(TABLE)
    done = []

    def work(folder):
        assert (folder / RUN_FILE).is_file()
        done.append(str(folder.relative_to(tmp_path / "w" / "runs")))
        (folder / RESULT_FILE).write_text(json.dumps({"scores": {"mIoU": 1.0}}))

    made = []
    monkeypatch.setattr(selection_runs, "work", work)
    monkeypatch.setattr(selection_runs, "make_data", lambda t, *_: made.append(list(t.tasks)))
    paths = ["--work-dir", str(tmp_path / "w"), "--data-dir", str(tmp_path / "d")]
    monkeypatch.setattr(sys, "argv", ["selection_runs.py", str(tmp_path / "two.py"), *paths])
    selection_runs.main()
    assert done == ["one/a/seed0", "other/a/seed0", "one/b/seed0", "other/b/seed0"]
    assert made == [["a"], ["b"]]
    (tmp_path / "w" / "runs" / "other" / "a" / "seed0" / RESULT_FILE).unlink()
    done.clear()
    selection_runs.main()
    assert done == ["other/a/seed0"]
