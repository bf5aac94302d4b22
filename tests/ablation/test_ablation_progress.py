"""How far a training is, from its logs."""

from __future__ import annotations

import json

from mmda.ablation.progress import last_iteration


def log(folder, name, *lines):
    path = folder / name / "vis_data/scalars.json"
    path.parent.mkdir(parents=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def test_a_resumed_run_is_as_far_as_before_until_it_logs(tmp_path):
    assert last_iteration(tmp_path) == 0
    steps = [json.dumps({"loss": 1.0, "step": step}) for step in (5, 10, 15)]
    log(tmp_path, "20260101_120000", *steps[:2], '{"mIoU": 50.0, "step": 99}', '{"loss": 1, "st')
    assert last_iteration(tmp_path) == 10
    log(tmp_path, "20260101_130000")
    assert last_iteration(tmp_path) == 10
    log(tmp_path, "20260101_140000", steps[2])
    assert last_iteration(tmp_path) == 15
