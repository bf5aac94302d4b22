"""Samples whose maps a data loader pins."""

from __future__ import annotations

import torch
from mmengine.structures import PixelData

from mmda.datasets.pinned_sample import PinnedSample


def test_all_maps_are_pinned_and_the_rest_stays(monkeypatch):
    pinned = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self: pinned.append(self) or self + 1)
    sample = PinnedSample(metainfo={"tile": "a"})
    sample.gt_sem_seg = PixelData(data=torch.zeros(1, 2, 2, dtype=torch.uint8))
    sample.valid = PixelData(data=torch.zeros(1, 2, 2))
    new = sample.pin_memory()
    assert isinstance(new, PinnedSample)
    assert new.metainfo == {"tile": "a"}
    assert len(pinned) == 2
    assert new.gt_sem_seg.data.unique().tolist() == [1]
    assert new.valid.data.unique().tolist() == [1]
    assert new.gt_sem_seg.data.dtype == torch.uint8
