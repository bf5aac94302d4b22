"""A short training for the tests of the API."""

from __future__ import annotations

from core_samples import SOURCE_ONLY, TRAINING

QUICK = """
param_scheduler = []
default_hooks["checkpoint"]["interval"] = 60
train_cfg["max_iters"], train_cfg["val_interval"] = 60, 60
model["segmentor"]["decode_head"]["dropout_ratio"] = 0.0
optim_wrapper = dict(optimizers=dict(segmentor=dict(optimizer=dict(lr=5e-3))))
"""
LEARNS_QUICKLY = TRAINING + SOURCE_ONLY + QUICK
