"""Two gloo processes, accumulation and mixed precision, through the Runner."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from core_samples import ADAPTED, TRAINING
from engine_runs import differences, read, train
from gloo import as_torchrun, free_port, in_two_processes, leave

LAST = 4
# SGD: Adam's first steps turn rounding errors of tiny gradients into whole steps.
PLAIN = """
model["segmentor"]["decode_head"]["dropout_ratio"] = 0.0
sgd = dict(_delete_=True, type="SGD", lr=0.05, momentum=0.9)
optim_wrapper = dict(
    optimizers=dict(segmentor=dict(optimizer=sgd), discriminator=dict(optimizer=sgd))
)
"""
# The groups are fitted before the first iteration, to three images: an odd number.
FITTED = """
model["alignments"] = dict(
    cdga=dict(
        type="GroupAlignment",
        num_classes=2,
        discriminator=dict(channels=4, num_layers=3),
        grouping=dict(type="KMeansGrouping", in_channels=64),
    )
)
custom_hooks = [dict(type="GroupingRefreshHook", interval=9, images=3, pixels=100)]
del model["teacher"], model["evaluate"]
"""
SHORT = {"train_cfg.max_iters": LAST}


def options(**kwargs) -> dict:
    return {**SHORT, **{key.replace("__", "."): value for key, value in kwargs.items()}}


def work(rank: int, port: int, jobs: list[tuple]) -> None:
    """Train each job as ``torchrun --nproc_per_node 2`` does; save what this process holds."""
    as_torchrun(rank, port)
    for config, folder, values, resume in jobs:
        runner = train(config, folder, values, launcher="pytorch", resume=resume)
        state = {
            "model": runner.model.module.state_dict(),
            "miou": float(runner.message_hub.get_scalar("val/mIoU").current()),
        }
        torch.save(state, folder / f"rank{rank}.pt")
        del runner
    leave()


@pytest.fixture(scope="module")
def runs(toy_root, tmp_path_factory):
    """Plain, accumulated and dropout runs of two processes, and the resumed dropout run."""
    folder = tmp_path_factory.mktemp("distributed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        (folder / "plain.py").write_text(TRAINING + ADAPTED + PLAIN)
        (folder / "dropout.py").write_text(TRAINING + ADAPTED)
        (folder / "fitted.py").write_text(TRAINING + ADAPTED + PLAIN + FITTED)
        fitted = str(folder / "fitted.py")
        plain, dropout = str(folder / "plain.py"), str(folder / "dropout.py")
        one = options(train_dataloader__batch_size=1)
        cycle = {"optim_wrapper.accumulative_counts": 2, "default_hooks.checkpoint.interval": 2}
        jobs = [
            (plain, folder / "two", one, False),
            (plain, folder / "accumulated", {**one, **cycle}, False),
            (dropout, folder / "dropout", one, False),
            (dropout, folder / "resumed", one, str(folder / "dropout" / "iter_2.pth")),
            (fitted, folder / "fitted", one, False),
        ]
        for job in jobs:
            job[1].mkdir()
        in_two_processes(work, free_port(), jobs)
        runner = train(plain, folder / "one", options(train_dataloader__batch_size=2))
        miou = runner.message_hub.get_scalar("val/mIoU").current()
        train(fitted, folder / "one_fitted", options(train_dataloader__batch_size=2))
        more = options(train_dataloader__batch_size=2, train_cfg__max_iters=4)
        train(plain, folder / "one_accumulated", {**more, **cycle})
    return folder, miou


def ranks(folder: Path) -> list[dict]:
    return [torch.load(folder / f"rank{r}.pt") for r in range(2)]


@pytest.mark.parametrize("run", ["two", "accumulated", "dropout", "resumed", "fitted"])
def test_ranks_are_identical(runs, run):
    first, second = ranks(runs[0] / run)
    assert differences(first, second) == []


@pytest.mark.parametrize(("two", "one"), [("two", "one"), ("accumulated", "one_accumulated")])
def test_two_processes_equal_one_with_the_double_batch(runs, two, one):
    folder, _ = runs
    start = read(folder / "one", 1)["state_dict"]
    got, expected = (read(folder / name, LAST)["state_dict"] for name in (two, one))
    assert got.keys() == expected.keys()
    moved = 0
    for key, value in expected.items():
        if not value.is_floating_point():
            assert torch.equal(got[key], value), key
            continue
        # Of the movement: single weights of conv1 differ by more, as processors round differently.
        assert (got[key] - value).norm() <= 1e-3 * (value - start[key]).norm() + 2e-6, key
        moved += int(not torch.allclose(value, start[key], rtol=1e-3, atol=2e-6))
    assert moved > 50


def test_evaluation_in_two_processes_pools_the_whole_set(runs):
    folder, miou = runs
    assert [rank["miou"] for rank in ranks(folder / "two")] == pytest.approx([miou] * 2, abs=0.1)


def test_each_process_has_its_own_random_state_in_the_checkpoint(runs):
    assert len(read(runs[0] / "dropout", 2)["rng_states"]) == 2


def test_a_resumed_distributed_run_is_bitwise_the_uninterrupted_one(runs):
    folder, _ = runs
    whole, resumed = (read(folder / name, LAST) for name in ("dropout", "resumed"))
    assert differences(whole, resumed) == []


@pytest.mark.parametrize(
    ("values", "kwargs"),
    [
        ({}, dict(precision="bf16")),
        ({"optim_wrapper.accumulative_counts": 2}, dict(precision="bf16")),
        ({"optim_wrapper.accumulative_counts": 4, "train_cfg.max_iters": 6}, {}),
    ],
    ids=["bf16", "bf16 accumulated", "short last cycle"],
)
def test_precision_and_accumulation_run(write_config, tmp_path, values, kwargs):
    cycle = values.get("optim_wrapper.accumulative_counts", 1)
    values = {**SHORT, **values, "default_hooks.checkpoint.interval": cycle}
    runner = train(write_config(ADAPTED), tmp_path / "work", values, **kwargs)
    state = read(tmp_path / "work", runner.max_iters)
    steps = {
        int(entry["step"])
        for part in state["optimizer"].values()
        for entry in part["state"].values()
    }
    assert steps == {-(-runner.max_iters // cycle)}
    assert all(v.dtype != torch.bfloat16 for v in state["state_dict"].values())
    assert all(torch.isfinite(v).all() for v in state["state_dict"].values())


def test_groups_fitted_by_two_processes_are_those_of_one(runs):
    one, two = (read(runs[0] / name, LAST)["state_dict"] for name in ("one_fitted", "fitted"))
    key = "alignments.cdga.grouping.centroids"
    assert one[key].any()
    torch.testing.assert_close(two[key], one[key], rtol=1e-4, atol=1e-5)
