"""A run that is resumed with another number of processes goes on at the right sample, or not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from core_samples import ADAPTED, SOURCE_ONLY, TRAINING
from engine_runs import read, train
from gloo import as_torchrun, free_port, in_two_processes, leave

from mmda.cli import main
from mmda.engine.checkpoint import check_resumable
from mmda.errors import ConfigError

HALF, LAST = 2, 4
# Without dropout and with SGD the samples alone decide what is learnt.
PLAIN = """
model["segmentor"]["decode_head"]["dropout_ratio"] = 0.0
sgd = dict(_delete_=True, type="SGD", lr=0.05, momentum=0.9)
optim_wrapper = dict(
    optimizers=dict(segmentor=dict(optimizer=sgd), discriminator=dict(optimizer=sgd))
)
train_cfg = dict(max_iters=4, val_interval=99)
"""


def batch(size: int) -> dict:
    return {"train_dataloader.batch_size": size}


def work(rank: int, port: int, jobs: list[tuple]) -> None:
    """Train each job as ``torchrun --nproc_per_node 2`` does; write why one is refused."""
    as_torchrun(rank, port)
    for config, folder, size, resume in jobs:
        try:
            train(config, folder, batch(size), launcher="pytorch", resume=resume)
        except ConfigError as error:
            (folder / f"refused{rank}.txt").write_text(str(error))
    leave()


@pytest.fixture(scope="module")
def runs(toy_root, tmp_path_factory):
    """Runs of one and two processes, and each resumed by the other number of processes."""
    folder = tmp_path_factory.mktemp("processes")
    config = str(folder / "config.py")
    Path(config).write_text(TRAINING + ADAPTED + PLAIN)
    names = ("one", "two", "one_to_two", "two_to_one", "refused")
    one, two, one_to_two, two_to_one, refused = (folder / name for name in names)
    for name in names:
        (folder / name).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        train(config, one, batch(2))
        half = str(one / f"iter_{HALF}.pth")
        jobs = [
            (config, two, 1, False), (config, one_to_two, 1, half), (config, refused, 2, half),
        ]  # fmt: skip
        in_two_processes(work, free_port(), jobs)
        train(config, two_to_one, batch(2), resume=str(two / f"iter_{HALF}.pth"))
        yield folder


def assert_alike(runs, name):
    """Compare the end of a run with that of the uninterrupted run of one process."""
    half, got, expected = (
        read(runs / run, iteration)["state_dict"]
        for run, iteration in (("one", HALF), (name, LAST), ("one", LAST))
    )
    moved = 0
    for key, value in expected.items():
        if value.is_floating_point():
            movement = (value - half[key]).norm()
            # Two processes add up in another order.
            assert (got[key] - value).norm() <= 2e-3 * movement + 2e-6, key
            moved += int(movement > 1e-5)
    assert moved > 50


@pytest.mark.parametrize("name", ["one_to_two", "two_to_one"])
def test_it_goes_on_at_the_right_sample(runs, name):
    assert_alike(runs, name)


def test_a_wrong_sample_would_be_noticed(runs, toy_root, monkeypatch):
    monkeypatch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
    monkeypatch.setattr("mmda.datasets.sampler.PairedDomainSampler.skip", lambda *_: None)
    half = str(runs / f"two/iter_{HALF}.pth")
    train(str(runs / "config.py"), runs / "wrong", batch(2), resume=half)
    with pytest.raises(AssertionError):
        assert_alike(runs, "wrong")


def test_two_processes_refuse_twice_the_samples(runs):
    for rank in range(2):
        text = (runs / f"refused/refused{rank}.txt").read_text()
        assert "run with 2 samples per iteration (1 processes, batch size 2)" in text
        assert "this run has 4 (2 processes, batch size 2)" in text
        assert "set `train_dataloader.batch_size=1`" in text


def test_one_process_refuses_half_the_samples(runs, toy_root, monkeypatch, capsys):
    monkeypatch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
    argv = ["train", str(runs / "config.py"), "--work-dir", str(runs / "less")]
    resume = ["--resume", str(runs / f"two/iter_{HALF}.pth")]
    assert main([*argv, *resume, "--cfg-options", "train_dataloader.batch_size=1"]) == 2
    error = capsys.readouterr().err
    assert "To go on, set `train_dataloader.batch_size=2`" in error
    assert not list((runs / "less").glob("*.pth"))


@pytest.mark.parametrize(
    ("before", "processes", "size", "advice"),
    [
        ((2, 4), 8, 1, None),
        ((8, 1), 1, 8, None),
        ((1, 1), 2, 1, "resume with 1 processes of batch size 1"),
        ((3, 2), 4, 1, "resume with 3 processes of batch size 2"),
        ((3, 2), 2, 2, "set `train_dataloader.batch_size=3`"),
    ],
)
def test_the_samples_of_an_iteration_must_agree(before, processes, size, advice):
    stream = dict(zip(("processes", "batch_size"), before, strict=True))
    content = {"meta": {"iter": 1}, "message_hub": {"a": 1}, "optimizer": {"a": 1}}
    content["stream"] = stream
    if advice is None:
        check_resumable(content, "c.pth", processes, size)
        return
    with pytest.raises(ConfigError, match=advice):
        check_resumable(content, "c.pth", processes, size)


def test_weights_alone_cannot_be_resumed_from(write_config, tmp_path, capsys):
    path = tmp_path / "weights.pth"
    config = write_config(SOURCE_ONLY)
    assert main(["train", config, "--work-dir", str(tmp_path / "w"), "--cfg-options",
                 "train_cfg.max_iters=1"]) == 0  # fmt: skip
    state = torch.load(tmp_path / "w/iter_1.pth", weights_only=False)["state_dict"]
    torch.save({"state_dict": state}, path)
    capsys.readouterr()
    argv = ["train", config, "--work-dir", str(tmp_path / "x"), "--resume", str(path)]
    assert main(argv) == 2
    error = capsys.readouterr().err
    assert f"`{path}` cannot be resumed from: it has no `meta`, `message_hub`, `optimizer`" in error
