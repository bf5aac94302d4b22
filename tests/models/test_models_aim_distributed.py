"""The bank and eta of two processes are equal, and those of one process with both batches."""

from __future__ import annotations

import pytest
import torch
from alignment_cases import make
from gloo import in_two_processes, join, leave
from mmengine.model import MMDistributedDataParallel
from model_samples import batch, losses_of

SETTINGS = dict(things=(1, 2), stuff=(0,), capacity=5, momentum=0.5, adaptive=True)
ITERATIONS = 3


def build():
    model = make("AIM", 1)
    it = model.alignments["it"]
    model.alignments["it"] = type(it)(
        num_classes=3, in_channels=64, verify=False, min_fill=1, mode="pooled", **SETTINGS
    )
    return model


def images(iteration):
    """Two images of which the second is mostly without labels, so that it has fewer instances."""
    data = batch(2, source=(64, 64), target=(64, 64), seed=iteration)
    data["data_samples"]["source"][1].gt_sem_seg.data[:, 8:] = 255
    return data


def half(data, rank):
    return {k: {d: v[rank : rank + 1] for d, v in part.items()} for k, part in data.items()}


def work(rank, folder):
    join(rank, folder)
    model = build()
    wrapped = MMDistributedDataParallel(model, device_ids=None, broadcast_buffers=False)
    for iteration in range(ITERATIONS):
        losses_of(wrapped, half(images(iteration), rank))
    torch.save(model.alignments["it"].state_dict(), f"{folder}/rank{rank}.pth")
    del wrapped, model
    leave()


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gloo")
    in_two_processes(work, str(folder))
    return [torch.load(folder / f"rank{rank}.pth") for rank in range(2)]


def test_processes_hold_the_same_bank_and_eta_as_one(states):
    model = build()
    for iteration in range(ITERATIONS):
        losses_of(model, images(iteration))
    expected = model.alignments["it"].state_dict()
    first, second = states
    assert expected["banks.things.filled"].max() == 5  # wrapped around
    assert (expected["eta"] != 1).any()
    for name, value in expected.items():
        assert torch.equal(first[name], second[name]), name
        torch.testing.assert_close(first[name], value, rtol=1e-5, atol=1e-6)
