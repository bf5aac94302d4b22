"""The small networks predict images of any size."""

from __future__ import annotations

import pytest
import torch
from config_samples import CONFIGS
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmseg.structures import SegDataSample

from mmda.registry import MODELS


@pytest.mark.parametrize("name", ["toy_unet", "toy_unet_bn", "toy_r18"])
def test_any_size_is_predicted(name):
    """The sizes are those of tiles that MatchScale resizes; 172 is a multiple of 4, not of 8."""
    init_default_scope("mmda")
    model = MODELS.build(Config.fromfile(CONFIGS / "_base_/models" / f"{name}.py").model).eval()
    for height, width in ((172, 100), (85, 33)):
        size = {"ori_shape": (height, width), "img_shape": (height, width)}
        batch = {"inputs": [torch.rand(3, height, width)]}
        batch["data_samples"] = [SegDataSample(metainfo=size)]
        with torch.no_grad():
            (found,) = model.test_step(batch)
        assert found.pred_sem_seg.data.shape == (1, height, width)
