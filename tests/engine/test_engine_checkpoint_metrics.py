"""What a checkpoint tells of its validation."""

from __future__ import annotations

import pytest
import torch

from mmda.engine.checkpoint_metrics import validation_metrics


def checkpoint(best="/elsewhere/best_mIoU_iter_60.pth", **history):
    scalars = {name: {"values": torch.tensor(values)} for name, values in history.items()}
    return {"message_hub": {"log_scalars": scalars, "runtime_info": {"best_ckpt_mIoU": best}}}


def test_the_best_checkpoint_knows_its_metrics():
    content = checkpoint(
        **{"val/mIoU": [50.0, 71.5], "val/gap": [float("nan")], "train/loss": [1.0]}
    )
    assert validation_metrics(content, "moved/best_mIoU_iter_60.pth") == {"mIoU": 71.5}


@pytest.mark.parametrize(
    "content",
    [{}, {"message_hub": None}, {"message_hub": {"log_scalars": 3, "runtime_info": {}}},
     checkpoint(best="best_mIoU_iter_30.pth", **{"val/mIoU": [50.0]}),
     checkpoint(**{"val/mIoU": []})],
)  # fmt: skip
def test_others_tell_nothing(content):
    assert validation_metrics(content, "best_mIoU_iter_60.pth") == {}
