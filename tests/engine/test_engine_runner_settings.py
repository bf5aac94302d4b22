"""Settings that MMEngine's Runner reads from the config: how processes share a model."""

from __future__ import annotations

import torch

from mmda.engine.launch import load_config, prepare


def test_wrapper_settings_hold_on_cpus_too(write_config, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    options = {"find_unused_parameters": True, "model_wrapper_cfg.static_graph": True}
    prepared = prepare(load_config(write_config(), options), tmp_path, launcher="pytorch")
    assert prepared.model_wrapper_cfg == {
        "type": "MMDistributedDataParallel",
        "broadcast_buffers": False,
        "find_unused_parameters": True,
        "static_graph": True,
        "device_ids": None,
    }
