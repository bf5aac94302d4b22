"""Resume at any iteration is, bit for bit, the uninterrupted run."""

from __future__ import annotations

import os
import shutil
import signal
import time

import pytest
import torch
from core_samples import ADAPTED
from engine_runs import differences, read, train
from forks import fork
from mmengine.fileio import get_file_backend

from mmda.cli import main
from mmda.engine.checkpoint import latest_checkpoint, read_checkpoint
from mmda.errors import ConfigError

LAST = 6
WORKERS = {"train_dataloader.num_workers": 2, "train_dataloader.persistent_workers": True}


@pytest.fixture(scope="module")
def uninterrupted(toy_root, tmp_path_factory):
    """One run with a checkpoint after each iteration, validation after each second."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    config = folder / "config.py"
    from core_samples import TRAINING

    config.write_text(TRAINING + ADAPTED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        train(str(config), folder / "work")
    return folder / "work"


@pytest.mark.parametrize(("stop", "workers"), [(1, 0), (2, 0), (3, 0), (5, 0), (2, 2), (5, 2)])
def test_resume_equals_the_uninterrupted_run(uninterrupted, write_config, tmp_path, stop, workers):
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(uninterrupted / f"iter_{stop}.pth", work)
    torch.manual_seed(99)
    train(write_config(ADAPTED), work, WORKERS if workers else None, resume=True)
    assert differences(read(uninterrupted, LAST), read(work, LAST)) == []


def test_the_run_has_all_kinds_of_state(uninterrupted):
    """Without them the comparison above would show little."""
    first, last = read(uninterrupted, 1), read(uninterrupted, LAST)
    changed = differences(first, last)
    for part in (
        ".state_dict.segmentor.backbone",
        ".state_dict.teacher.segmentor",
        ".state_dict.alignments.adversarial.discriminators",
        ".optimizer.segmentor",
        ".optimizer.discriminator",
        ".param_schedulers.segmentor",
        ".rng_states[0].torch",
    ):
        assert any(name.startswith(part) for name in changed), part
    teacher, student = (
        last["state_dict"][f"{who}.decode_head.conv_seg.weight"]
        for who in ("teacher.segmentor", "segmentor")
    )
    assert not torch.equal(teacher, student)


def test_each_optimiser_holds_the_state_of_its_own_parameters(uninterrupted):
    state = read(uninterrupted, LAST)
    names = state["state_dict"].keys()
    discriminators = [n for n in names if n.startswith("alignments.")]
    assert len(state["optimizer"]["discriminator"]["state"]) == len(discriminators)
    student = [n for n in names if n.startswith("segmentor.")]
    assert len(state["optimizer"]["segmentor"]["state"]) == len(student)


def test_a_resume_that_skips_the_random_state_is_noticed(
    uninterrupted, write_config, tmp_path, monkeypatch
):
    """The comparison is able to fail: dropout depends on the saved state."""
    from mmda.engine.hooks import resumable_checkpoint_hook

    monkeypatch.setattr(resumable_checkpoint_hook, "restore_rng", lambda state: None)
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(uninterrupted / "iter_3.pth", work)
    torch.manual_seed(99)
    train(write_config(ADAPTED), work, resume=True)
    assert differences(read(uninterrupted, LAST), read(work, LAST))


def test_resume_of_a_finished_or_new_run(uninterrupted, write_config, tmp_path):
    work = tmp_path / "work"
    train(write_config(ADAPTED), work, {"train_cfg.max_iters": 2}, resume=True)
    # `end` of the schedule is fixed, so the first iterations are those of the longer run.
    assert differences(read(uninterrupted, 2), read(work, 2)) == []
    before = (work / "iter_2.pth").stat().st_mtime_ns
    train(write_config(ADAPTED), work, {"train_cfg.max_iters": 2}, resume=True)
    assert (work / "iter_2.pth").stat().st_mtime_ns == before


def test_resume_from_a_named_checkpoint(uninterrupted, write_config, tmp_path):
    runner = train(
        write_config(ADAPTED),
        tmp_path / "work",
        {"train_cfg.max_iters": 4},
        resume=str(uninterrupted / "iter_3.pth"),
    )
    assert runner.iter == 4
    assert differences(read(uninterrupted, 4), read(tmp_path / "work", 4)) == []


def test_resume_with_other_optimisers_is_refused(uninterrupted, write_config, tmp_path, capsys):
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(uninterrupted / "iter_3.pth", work)
    text = ADAPTED + 'del model["alignments"]["adversarial"]\n'
    assert main(["train", write_config(text), "--work-dir", str(work), "--resume"]) == 2
    assert "has the optimisers ['discriminator', 'segmentor']" in capsys.readouterr().err


def test_kill_at_any_moment_then_resume(uninterrupted, write_config, tmp_path):
    """kill -9 as soon as the first checkpoint is there; what is found is whole."""
    work, config = tmp_path / "work", write_config(ADAPTED)
    process = fork(main, ["train", config, "--work-dir", str(work)])
    try:
        deadline = time.monotonic() + 300
        while latest_checkpoint(work) is None:
            assert process.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.kill()
        process.join()
    assert process.exitcode == -signal.SIGKILL
    newest = latest_checkpoint(work)
    assert newest is not None
    for path in work.glob("iter_*.pth"):
        read_checkpoint(path)
    assert main(["train", config, "--work-dir", str(work), "--resume"]) == 0
    assert differences(read(uninterrupted, LAST), read(work, LAST)) == []


def test_a_checkpoint_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    from pathlib import Path

    from mmda.engine import atomic_backend  # noqa: F401

    backend = get_file_backend(backend_args={"backend": "atomic_local"})
    path = tmp_path / "iter_1.pth"
    backend.put(b"old", str(path))
    seen = []
    write = Path.write_bytes

    def fail(self, content):
        write(self, content[:2])
        seen.append((path.read_bytes(), latest_checkpoint(tmp_path)))
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", fail)
    for target in (path, tmp_path / "iter_2.pth"):
        with pytest.raises(KeyboardInterrupt):
            backend.put(b"new", str(target))
    assert seen == [(b"old", path)] * 2
    assert [p.name for p in tmp_path.iterdir()] == ["iter_1.pth"]


def test_the_runner_saves_through_the_atomic_backend(uninterrupted, write_config, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        from mmda.engine.atomic_backend import AtomicLocalBackend

        saved = []
        put = AtomicLocalBackend.put
        patch.setattr(
            AtomicLocalBackend,
            "put",
            lambda s, o, p: saved.append(os.path.basename(p)) or put(s, o, p),
        )
        train(write_config(ADAPTED), tmp_path / "work", {"train_cfg.max_iters": 2})
    assert saved == ["iter_1.pth", "iter_2.pth"]


@pytest.mark.parametrize(("keep", "expected"), [(2, {3, 4}), (3, {2, 3, 4}), (-1, {1, 2, 3, 4})])
def test_old_checkpoints_are_removed(write_config, tmp_path, keep, expected):
    options = {"default_hooks.checkpoint.max_keep_ckpts": keep, "train_cfg.max_iters": 4}
    train(write_config(""), tmp_path / "work", options)
    names = {int(p.stem.split("_")[1]) for p in (tmp_path / "work").glob("*.pth")}
    assert names == expected


def test_keeping_one_checkpoint_is_refused(write_config, tmp_path):
    """It is deleted before the next is written: a kill in between would leave none."""
    with pytest.raises(ConfigError, match="max_keep_ckpts"):
        train(write_config(), tmp_path, {"default_hooks.checkpoint.max_keep_ckpts": 1})
