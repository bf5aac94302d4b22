"""An iteration waits for the device once, to log its losses, whatever the method."""

from __future__ import annotations

import pytest
import torch
from alignment_cases import VARIANTS, make
from core_samples import ADAPTED, STYLE
from engine_runs import train
from mmengine.optim import OptimWrapper
from mmengine.runner import IterBasedTrainLoop
from mmengine.structures import PixelData
from model_samples import batch
from torch import nn
from waiting import Waits

from mmda.engine import JointOptimWrapper

ONCE = {"AIM": 1}  # connected regions are found on the CPU
# Their sizes or numbers of steps depend on the values: NMF's exact solution, and the learned
# grouping's normalisation over those pixels that count.
PIVOTS = ("GroupAlignment", 5)
GATHERED = [("GroupAlignment", index) for index in range(4)]
HOOKS = {"default_hooks.logger.interval": 100, "default_hooks.checkpoint.interval": 100}


@pytest.mark.parametrize("holes", [False, True])
def test_no_method_waits_in_a_step(subtests, holes):
    """Forward and backward pass, with all alignments, and the optimisers' step."""
    for name, index in VARIANTS:
        model = make(name, index)
        optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        wrapper = JointOptimWrapper(all=OptimWrapper(optimiser))
        waits = steps(model, wrapper, holes)
        with subtests.test(f"{name}-{index}"):
            if (name, index) == PIVOTS or (holes and (name, index) in GATHERED):
                assert waits.total > 1
            else:
                assert waits.total == ONCE.get(name, 0), waits.found


def steps(model: nn.Module, wrapper: JointOptimWrapper, holes: bool) -> Waits:
    """Return what the second of two steps waits for."""
    for _ in range(2):
        data = batch(2)
        if holes:
            valid = torch.ones(1, 32, 32, dtype=torch.bool)
            valid[:, :16, 8:] = False
            for samples in data["data_samples"].values():
                samples[0].valid = PixelData(data=valid)
        with Waits() as waits:
            losses = model(**data, mode="loss", step=10)
            wrapper.update_params(model.parse_losses(losses)[0])
    return waits


def test_a_run_waits_once_an_iteration(write_config, tmp_path, monkeypatch):
    """With the hooks of every run, clipped gradients, a teacher and Adam."""
    found = counted(monkeypatch)
    options = {**HOOKS, "train_cfg.val_interval": 100, "train_cfg.max_iters": 4}
    runner = train(write_config(ADAPTED), tmp_path / "work", options)
    assert runner.optim_wrapper["segmentor"].clip_grad_kwargs
    for one in found[1:-1]:  # the last one logs
        assert one == {"tolist": 1}
    logged = runner.message_hub.log_scalars
    for key in ("train/loss", "train/decode.loss_ce", "train/decode.acc_seg", "train/grad_norm"):
        assert len(logged[key].data[0]) == 4
        assert (logged[key].data[0] > 0).all()


def test_a_translator_waits_once_an_iteration(toy_root, tmp_path, monkeypatch):
    monkeypatch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
    (tmp_path / "style.py").write_text(STYLE)
    found = counted(monkeypatch)
    train(str(tmp_path / "style.py"), tmp_path / "work", {**HOOKS, "train_cfg.max_iters": 4})
    for one in found[1:-1]:
        one.pop("_local_scalar_dense", None)  # the pools of old images draw on the CPU
        assert one == {"tolist": 1}


def counted(monkeypatch) -> list:
    """Return a list that gets what each iteration waits for."""
    found, run = [], IterBasedTrainLoop.run_iter

    def run_iter(self, data_batch):
        parts = self.runner.optim_wrapper.optim_wrappers.values()
        states = [state for part in parts for state in part.optimizer.state.values()]
        with Waits(state["step"] for state in states if "step" in state) as waits:
            run(self, data_batch)
        found.append(waits.found)

    monkeypatch.setattr(IterBasedTrainLoop, "run_iter", run_iter)
    return found


def test_the_counter_knows_what_waits():
    x, mask = torch.arange(4.0), torch.tensor([True, False, True, True])
    with Waits() as waits:
        _ = x[mask], x.sum().item(), x.cpu().numpy(), float(x[0]), bool(mask.any())
        _ = x.nonzero(), torch.unique(x), torch.tensor(3.0), mask.tolist(), x.masked_select(mask)
        x[mask] = 0  # a number is filled in on the device
        _ = x[torch.tensor(0)] if x.numel() < 0 else x[mask.long()], x.where(mask, 1) + 1
    assert waits.found == {
        "index": 1,
        "_local_scalar_dense": 3,
        "cpu": 1,
        "nonzero": 1,
        "_unique2": 1,
        "tensor": 1,
        "tolist": 1,
        "masked_select": 1,
    }
