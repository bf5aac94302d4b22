"""The worked example of ``docs/howto/add-a-method.md``, run as the page shows it."""

from __future__ import annotations

import importlib
import re
import shlex
import sys

import pytest
import torch
from core_samples import REPO
from engine_runs import differences, read

from mmda.cli import main
from mmda.registry import MODELS
from mmda.testing import build_segmentor, losses_of, random_batch

PAGE = (REPO / "docs/howto/add-a-method.md").read_text()
FILES = dict(re.findall(r"```python\n# (\S+\.py)\n(.*?)```", PAGE, re.DOTALL))
(COMMAND,) = re.findall(r"```sh\nPYTHONPATH=\. mmda (.*)\n```", PAGE)
SHORT = [
    "train_cfg.max_iters=4",
    "model.alignments.mean.start=1",
    "model.alignments.self_training.start=1",
    "default_hooks.checkpoint.interval=2",
    "train_dataloader.batch_size=2",
    "default_hooks.selection.tiles=1",
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A user's folder with the page's files, on Python's path."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in FILES:
        sys.modules.pop(name.removesuffix(".py"), None)
    MODELS.module_dict.pop("MeanMatching", None)


def test_the_page_has_a_method_a_config_and_a_test():
    assert list(FILES) == ["my_methods.py", "mean_matching.py", "test_my_methods.py"]


def test_its_test_passes(folder):
    importlib.import_module("test_my_methods").test_mean_matching_keeps_the_contract()


def test_the_gradient_reaches_the_backbone_alone(folder):
    importlib.import_module("my_methods")
    model = build_segmentor(alignments=dict(mean=dict(type="MeanMatching", in_channels=64)))
    losses_of(model, random_batch())["mean.loss_mean"].backward()
    reached = {n for n, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    assert reached
    assert all(name.startswith("segmentor.backbone.") for name in reached)


def test_it_trains_and_resumes_bit_for_bit(folder, toy_root, monkeypatch):
    for domain in ("source", "target"):
        monkeypatch.setenv(f"MMDA_{domain.upper()}", str(toy_root / "buildings" / domain))
    monkeypatch.setenv("MMDA_CROP", "32")

    def train(work: str, *more: str) -> None:
        argv = [*shlex.split(COMMAND), "--work-dir", work, *more, "--cfg-options", *SHORT]
        assert main(argv) == 0

    train("whole")
    whole = read(folder / "whole", 4)
    mean = whole["state_dict"]["alignments.mean.mean"]
    assert torch.isfinite(mean).all()
    assert mean.any()
    train("resumed", "--resume", str(folder / "whole" / "iter_2.pth"))
    assert differences(read(folder / "resumed", 4), whole) == []
    assert "mean.loss_mean" in next((folder / "whole").glob("*/vis_data/scalars.json")).read_text()
