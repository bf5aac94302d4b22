"""A run with ISIA and AIM resumes bit for bit: bank, eta and D_S are part of the checkpoint."""

from __future__ import annotations

import shutil

import pytest
import torch
from core_samples import TRAINING
from engine_runs import differences, read, train

LAST = 5
ISIA_AIM = """
model["alignments"] = dict(
    isia=dict(type="ISIA", mode="pooled", separate_decoders=True, weight=0.1),
    aim=dict(
        type="AIM", num_classes=2, in_channels=8, index=0, things=(0, 1), mode="pooled", weight=0.1,
        momentum=0.5, min_fill=1, capacity=4, verify=False, start=1),
)
optim_wrapper = dict(
    optimizers=dict(segmentor=dict(params=["segmentor.*", "alignments.*source_decoder*"]))
)
train_cfg["max_iters"] = 5
"""


@pytest.fixture
def uninterrupted(write_config, tmp_path):
    train(write_config(ISIA_AIM, base=TRAINING), tmp_path / "whole")
    return tmp_path / "whole"


def test_resume_equals_the_uninterrupted_run(uninterrupted, write_config, tmp_path):
    early, last = (read(uninterrupted, i)["state_dict"] for i in (2, LAST))
    moved = {name for name in last if not torch.equal(early[name], last[name])}
    for part in ("aim.eta", "aim.banks.things.cursor", "isia.source_decoder.conv_seg.weight"):
        assert f"alignments.{part}" in moved
    assert last["alignments.aim.banks.things.filled"].max() == 4  # wrapped around
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(uninterrupted / "iter_2.pth", work)
    torch.manual_seed(99)
    train(write_config(ISIA_AIM, base=TRAINING), work, resume=True)
    assert differences(read(uninterrupted, LAST), read(work, LAST)) == []
