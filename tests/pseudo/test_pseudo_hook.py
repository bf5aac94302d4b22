"""Two steps in one run: killed anywhere, with workers, in two processes."""

from __future__ import annotations

import os
import signal
import threading

import pytest
import torch
import torch.multiprocessing as mp
from core_samples import TRAINING
from engine_runs import differences, read, train
from gloo import as_torchrun, free_port, in_two_processes, leave
from pseudo_samples import digests
from tqdm import tqdm

import mmda.pseudo.folder
from mmda.cli import main
from mmda.datasets.transforms import loading
from mmda.errors import ConfigError
from mmda.models import PseudoLabels
from mmda.pseudo import writer
from mmda.pseudo.hook import PseudoLabelHook
from mmda.pseudo.store import PredictionStore
from mmda.raster.dataset.tile_files import read_label

START, LAST = 2, 4
TWO_STEPS = """
model["alignments"] = dict(pseudo=dict(type="PseudoLabels", start=2))
load = train_dataloader["dataset"]["target"]["pipeline"]
train_dataloader["dataset"]["target"]["pipeline"] = [
    load[0], dict(type="LoadPseudoLabel"), *load[1:]
]
custom_hooks = [
    dict(type="TeacherEMAHook"), dict(type="PseudoLabelHook", batch_size=1),
]
model["teacher"] = dict(momentum=0.9)
train_cfg["max_iters"] = 4
train_cfg["val_interval"] = 9
"""
PSEUDO = "pseudo_labels"
# tqdm's own lock is shared with forked processes: a killed one could hold it for good.
tqdm.set_lock(threading.RLock())


@pytest.fixture(scope="module")
def uninterrupted(toy_root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    config = folder / "config.py"
    config.write_text(TRAINING + TWO_STEPS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        train(str(config), folder / "work")
    return folder / "work"


def labels_of(work):
    return {k: v for k, v in digests(work / PSEUDO).items() if "tmp-" not in k}


def same(one, other) -> bool:
    """Whether two runs ended alike: checkpoint, labels and what the checkpoint says of them."""
    last = [
        torch.load(work / f"iter_{LAST}.pth", weights_only=False)[PSEUDO] for work in (one, other)
    ]
    return (
        differences(read(one, LAST), read(other, LAST)) == []
        and differences(*last) == []
        and labels_of(one) == labels_of(other)
    )


def die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


def on(patch, owner, name, moment):
    """Let the process kill itself at the ``moment``-th call of ``owner.name``, before it."""
    original, calls = getattr(owner, name), []

    def counted(*args, **kwargs):
        calls.append(args)
        return die() if len(calls) == moment else original(*args, **kwargs)

    patch.setattr(owner, name, counted)


KILLS = {
    "step 1": (PseudoLabelHook, "after_train_iter", 1, 0),
    "in the sweep": (PredictionStore, "save", 3, 2),
    "writing labels": (writer, "write_tile", 2, 4),
    "finishing": (mmda.pseudo.folder.PseudoLabelFolder, "finish", 1, 4),
    "step 2": (PseudoLabels, "losses", 2, 0),
}


@pytest.mark.parametrize("moment", KILLS)
def test_kill_at_any_moment_then_resume(uninterrupted, write_config, tmp_path, moment):
    work, config = tmp_path / "work", write_config(TWO_STEPS)
    owner, name, call, predicted = KILLS[moment]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mmda.pseudo.sweep.THREADS", 1)
        on(patch, owner, name, call)
        process = mp.get_context("fork").Process(target=train, args=(config, work))
        process.start()
        process.join()
    assert process.exitcode == -signal.SIGKILL
    store = PredictionStore(work / PSEUDO / ".sweep")
    assert (len(store.finished()) if store.folder.exists() else 0) == predicted
    saved = []
    with pytest.MonkeyPatch.context() as patch:
        save = PredictionStore.save
        patch.setattr(
            PredictionStore, "save", lambda self, n, p: (saved.append(n), save(self, n, p))
        )
        torch.manual_seed(99)
        train(config, work, resume=True)
    assert len(saved) == {"step 1": 4, "step 2": 0}.get(moment, 4 - predicted)
    assert same(work, uninterrupted)


def test_with_workers_that_load_ahead_the_result_is_the_same(uninterrupted, write_config, tmp_path):
    """They loaded the batches of step 2 before there were labels: the loader must start anew."""
    for persistent in (True, False):
        options = {
            "train_dataloader.num_workers": 1,
            "train_dataloader.persistent_workers": persistent,
        }
        work = tmp_path / str(persistent)
        train(write_config(TWO_STEPS), work, options)
        assert differences(read(uninterrupted, LAST), read(work, LAST)) == []


def test_the_second_step_learns_from_the_labels_and_the_first_is_as_without(
    uninterrupted, write_config, tmp_path
):
    work = tmp_path / "work"
    train(write_config(TWO_STEPS), work, {"model.alignments.pseudo.start": LAST})
    assert differences(read(uninterrupted, START), read(work, START)) == []
    changed = differences(read(uninterrupted, LAST)["state_dict"], read(work, LAST)["state_dict"])
    assert any("decode_head" in name for name in changed)
    assert not (work / PSEUDO).exists()  # the second step is never reached
    assert "pseudo_labels" not in torch.load(work / "iter_4.pth", weights_only=False)


def test_the_targets_true_labels_are_never_read(write_config, tmp_path, monkeypatch):
    read_paths = []
    monkeypatch.setattr(
        loading, "read_label", lambda path: read_paths.append(path) or read_label(path)
    )
    train(write_config(TWO_STEPS), tmp_path / "work", {"val_dataloader": None, "val_cfg": None,
                                                       "val_evaluator": None})  # fmt: skip
    assert read_paths
    assert all("/source/" in path for path in read_paths)


def test_a_resume_without_its_labels_is_refused(uninterrupted, write_config, tmp_path, capsys):
    work = tmp_path / "work"
    work.mkdir()
    checkpoint = str(uninterrupted / "iter_3.pth")
    command = ["train", write_config(TWO_STEPS), "--work-dir", str(work), "--resume", checkpoint]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "pseudo_labels` are missing. Resume from the checkpoint of iteration 2" in error
    assert main([*command, "--cfg-options", f"custom_hooks.1.out={uninterrupted / PSEUDO}"]) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'model["alignments"]["pseudo"]["type"] = "SelfTraining"',
            "needs a `PseudoLabels`",
        ),
        (
            'train_dataloader["dataset"]["target"]["pipeline"].pop(1)',
            "needs one `LoadPseudoLabel`",
        ),
        ('custom_hooks[1]["thresholds"] = "mean"', "Unknown thresholds `mean`"),
        ('model["alignments"]["pseudo"]["start"] = 0', "but no trained weights are loaded"),
    ],
)
def test_configs_that_lack_a_part_are_refused(write_config, tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        train(write_config(f"{TWO_STEPS}\n{text}\n"), tmp_path / "work")


# Equal in one and two processes: no dropout, and SGD, which does not enlarge rounding errors.
PLAIN = """
model["segmentor"]["decode_head"]["dropout_ratio"] = 0.0
model["alignments"]["pseudo"].update(start=0, balance=True)
sgd = dict(_delete_=True, type="SGD", lr=0.05, momentum=0.9)
optim_wrapper = dict(
    optimizers=dict(segmentor=dict(optimizer=sgd), discriminator=dict(optimizer=sgd))
)
train_cfg["max_iters"] = 3
"""


def work_two(rank: int, port: int, config: str, folder: str) -> None:
    as_torchrun(rank, port)
    runner = train(config, folder, {"train_dataloader.batch_size": 1}, launcher="pytorch")
    torch.save(runner.model.module.state_dict(), folder / f"rank{rank}.pt")
    del runner
    leave()


def test_two_processes_equal_one_with_the_double_batch(uninterrupted, write_config, tmp_path):
    trained = f"load_from = '{uninterrupted / f'iter_{START}.pth'}'\n"
    config, one, two = write_config(TWO_STEPS + PLAIN + trained), tmp_path / "one", tmp_path / "two"
    two.mkdir()
    in_two_processes(work_two, free_port(), config, two)
    train(config, one)
    first, second = (torch.load(two / f"rank{rank}.pt") for rank in (0, 1))
    assert differences(first, second) == []
    assert labels_of(one) == labels_of(two)
    for key, value in read(one, 3)["state_dict"].items():
        torch.testing.assert_close(first[key], value, rtol=1e-3, atol=2e-6, msg=key)
