"""A training that a scheduler ends is saved, and goes on as if nothing had happened."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from core_samples import ADAPTED, TRAINING
from engine_runs import differences, read, train
from forks import in_fork
from gloo import as_torchrun, free_port, in_two_processes
from mmengine.hooks import Hook

from mmda.engine.hooks.preemption_hook import REQUEUE, PreemptionHook
from mmda.errors import ConfigError
from mmda.registry import HOOKS

SPARSE = {"default_hooks.checkpoint.interval": 6, "train_cfg.val_interval": 9}


@HOOKS.register_module()
class SignalHook(Hook):
    """Sends this process signals in an iteration, as a scheduler would; one process of several."""

    def __init__(self, iteration: int, names: list[str], rank: int = 0) -> None:
        self.iteration, self.names, self.rank = iteration, names, rank

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter + 1 == self.iteration and int(os.environ.get("RANK", "0")) == self.rank:
            for name in self.names:
                os.kill(os.getpid(), getattr(signal, name))


def asked(iteration, *names, rank=0):
    return f"\ncustom_hooks.append(dict(type='SignalHook', iteration={iteration}, names={list(names)}, rank={rank}))\n"  # fmt: skip  # noqa: E501


def text(*more):
    return ADAPTED + "\ncustom_hooks = [dict(type='TeacherEMAHook')]\n" + "".join(more)


@pytest.mark.parametrize("name", ["SIGUSR1", "SIGTERM"])
def test_it_saves_ends_with_the_code_and_goes_on(write_config, tmp_path, name):
    config = write_config(text(asked(3, name)), name="asked.py")
    assert in_fork(train, config, tmp_path / "work", SPARSE) == REQUEUE
    assert [path.name for path in (tmp_path / "work").glob("iter_*.pth")] == ["iter_3.pth"]
    whole = write_config(text())
    train(whole, tmp_path / "work", SPARSE, resume=True)
    train(whole, tmp_path / "uninterrupted", SPARSE)
    states = (read(tmp_path / folder, 6) for folder in ("work", "uninterrupted"))
    assert not differences(*states)


def test_a_cycle_of_accumulation_is_finished(write_config, tmp_path):
    config = write_config(text(asked(3, "SIGUSR1")))
    options = {**SPARSE, "optim_wrapper.accumulative_counts": 2}
    assert in_fork(train, config, tmp_path / "work", options) == REQUEUE
    assert [path.name for path in (tmp_path / "work").glob("iter_*.pth")] == ["iter_4.pth"]


def test_without_a_checkpoint_it_is_not_started_again(write_config, tmp_path):
    config = write_config(text(asked(3, "SIGUSR1")))
    options = {"train_cfg.val_interval": 9, "default_hooks.checkpoint": None}
    assert in_fork(train, config, tmp_path / "work", options) == 1


def test_a_second_signal_ends_at_once(write_config, tmp_path):
    config = write_config(text(asked(3, "SIGUSR1", "SIGTERM")))
    assert in_fork(train, config, tmp_path / "work", SPARSE) == -signal.SIGTERM
    assert not list((tmp_path / "work").glob("iter_*.pth"))


def test_in_the_last_iteration_it_ends_as_ever(write_config, tmp_path):
    before = signal.getsignal(signal.SIGUSR1)
    train(write_config(text(asked(6, "SIGUSR1"))), tmp_path / "work", SPARSE)
    assert (tmp_path / "work" / "iter_6.pth").exists()
    assert signal.getsignal(signal.SIGUSR1) == before


def two(rank, port, config, folder):
    as_torchrun(rank, port)
    code = 0
    try:
        train(config, folder, SPARSE, launcher="pytorch")
    except SystemExit as end:
        code = end.code
    Path(folder, f"code{rank}").write_text(str(code))
    os._exit(0)


def test_of_two_processes_one_is_asked_and_both_end(tmp_path, toy_root, monkeypatch):
    monkeypatch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
    config, work = tmp_path / "config.py", tmp_path / "work"
    work.mkdir()
    interval = "default_hooks['preemption'] = dict(interval=2)\n"
    config.write_text(TRAINING + text(asked(3, "SIGUSR1", rank=1), interval))
    in_two_processes(two, free_port(), str(config), work)
    assert [(work / f"code{rank}").read_text() for rank in (0, 1)] == [str(REQUEUE)] * 2
    assert [path.name for path in work.glob("iter_*.pth")] == ["iter_4.pth"]


def test_the_interval_is_checked():
    with pytest.raises(ConfigError, match="must be 1 or more, got 0"):
        PreemptionHook(interval=0)
