"""A short training, and a model that needs none, for the tests of the API."""

from __future__ import annotations

import numpy as np
from core_samples import SOURCE_ONLY, TRAINING

from mmda.api.prediction import Model

QUICK = """
param_scheduler = []
default_hooks["checkpoint"]["interval"] = 60
train_cfg["max_iters"], train_cfg["val_interval"] = 60, 60
model["segmentor"]["decode_head"]["dropout_ratio"] = 0.0
optim_wrapper = dict(optimizers=dict(segmentor=dict(optimizer=dict(lr=5e-3))))
"""
BATCH_NORM = """
batch_norm = dict(_delete_=True, type="BN", requires_grad=True)
model["segmentor"]["backbone"]["norm_cfg"] = dict(**batch_norm)
model["segmentor"]["decode_head"]["norm_cfg"] = dict(**batch_norm)
"""
LEARNS_QUICKLY = TRAINING + SOURCE_ONLY + QUICK


def pixel_model() -> Model:
    """Return a model without a network: class 1 where band 1 is above 100."""

    def predictor(batch: np.ndarray) -> np.ndarray:
        return np.stack([batch[:, 0] <= 100, batch[:, 0] > 100], 1).astype(np.float32)

    palette = [[0, 0, 0], [255, 0, 0]]
    return Model(None, predictor, ("background", "building"), palette, bands=3)


def map_names(*names: str) -> set[str]:
    """Return the names of the files that are always written for images of these names."""
    ends = ("_mask.tif", "_mask.qml", "_quicklook.png", "_stac.json")
    return {name + end for name in names for end in ends}
