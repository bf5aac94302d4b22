"""Two gloo processes with one pair each give the losses and gradients of one with two pairs.

In half of the runs, the first pair has pixels that do not count: the processes then differ in
their numbers of counted pixels.
"""

from __future__ import annotations

import pytest
import torch
import torch.distributed as dist
from alignment_cases import VARIANTS, make
from gloo import in_two_processes, join, leave
from mmengine.model import MMDistributedDataParallel
from mmengine.structures import PixelData
from model_samples import batch, total

# The last case is inactive: its zeros must still take part in the reduction.
RUNS = [
    *[(name, i, 0, holes) for name, i in VARIANTS for holes in (False, True)],
    ("OutputAdversarial", 0, 5, False),
]


def pairs(holes: bool) -> dict:
    """Return a batch of two pairs."""
    data = two_classes(batch(2))
    if holes:
        valid = torch.ones(1, 32, 32, dtype=torch.bool)
        valid[:, :16, 8:] = False
        for samples in data["data_samples"].values():
            samples[0].valid = PixelData(data=valid)
    return data


def two_classes(data: dict) -> dict:
    """Leave class mixing no choice, so that its random draws do not matter."""
    for part in data["data_samples"].values():
        for sample in part:
            sample.gt_sem_seg.data.clamp_(max=1)
            sample.set_metainfo({"background": 0})
    return data


def half(data: dict, rank: int) -> dict:
    return {k: {d: v[rank : rank + 1] for d, v in part.items()} for k, part in data.items()}


def step(model: torch.nn.Module, data: dict) -> tuple[dict, dict]:
    """Two iterations: DDP reports parameters without gradient in the second."""
    for _ in range(2):
        model.zero_grad()
        losses = model(**data, mode="loss", step=0)
        total(losses).backward()
    losses = {k: v.detach().clone() for k, v in losses.items() if "loss" in k}
    inner = getattr(model, "module", model)
    return losses, {n: p.grad for n, p in inner.named_parameters() if p.grad is not None}


def work(rank: int, folder: str) -> None:
    join(rank, folder)
    results = []
    for name, index, start, holes in RUNS:
        model = make(name, index, start=start)
        model = MMDistributedDataParallel(model, device_ids=None, broadcast_buffers=False)
        losses, grads = step(model, half(pairs(holes), rank))
        for value in losses.values():
            dist.all_reduce(value)
            value /= 2
        results.append((losses, grads))
    torch.save(results, f"{folder}/rank{rank}.pth")
    del model
    leave()


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gloo")
    in_two_processes(work, str(folder))
    return [torch.load(folder / f"rank{rank}.pth") for rank in range(2)]


@pytest.mark.parametrize("index", range(len(RUNS)), ids=["-".join(map(str, r)) for r in RUNS])
def test_two_processes_equal_one(two_processes, index):
    name, variant, start, holes = RUNS[index]
    losses, grads = step(make(name, variant, start=start), pairs(holes))
    (first, first_grads), (second, second_grads) = (results[index] for results in two_processes)
    assert set(first) == set(losses)
    for key, value in losses.items():
        assert first[key] == second[key]
        torch.testing.assert_close(first[key], value, rtol=1e-5, atol=1e-6)
    assert set(first_grads) == set(grads)
    for key, value in grads.items():
        assert torch.equal(first_grads[key], second_grads[key]), key
        # The untrained groups are alike: the gradient of their cosines is a rounding error.
        torch.testing.assert_close(first_grads[key], value, rtol=1e-4, atol=3e-6)
