"""A CycleGAN trains through the Runner, and a resumed run is the uninterrupted one, bit by bit."""

from __future__ import annotations

import shutil

import pytest
import torch
from core_samples import REPO
from engine_runs import differences, read, train

from mmda.cli import main

LAST = 6
STYLE = f"""
_base_ = "{REPO}/configs/style/toy.py"
pipeline = [
    dict(type="LoadTile"),
    dict(type="RandomCrop", crop_size=(16, 16)),
    dict(type="RandomFlip", prob=0.5),
    dict(type="PackDomainInputs"),
]
train_dataloader = dict(
    dataset=dict(source=dict(pipeline=pipeline), target=dict(pipeline=pipeline)),
)
model = dict(
    generator=dict(channels=4, blocks=1),
    discriminator=dict(channels=4, num_layers=1),
    pool_size=2,
)
param_scheduler = [dict(type="LinearLR", start_factor=1.0, end_factor=0.0, by_epoch=False,
                        begin=2, end=8)]
train_cfg = dict(max_iters=6)
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=1, max_keep_ckpts=-1))
log_level = "WARNING"
"""


@pytest.fixture(scope="module")
def uninterrupted(toy_root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("style")
    config = folder / "config.py"
    config.write_text(STYLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        train(str(config), folder / "work")
    return folder / "work"


def resumed(uninterrupted, config, work, stop):
    work.mkdir()
    shutil.copy(uninterrupted / f"iter_{stop}.pth", work)
    torch.manual_seed(99)
    train(config, work, resume=True)
    return differences(read(uninterrupted, LAST), read(work, LAST))


@pytest.mark.parametrize("stop", [1, 3, 5])
def test_resume_equals_the_uninterrupted_run(uninterrupted, write_config, tmp_path, stop):
    assert resumed(uninterrupted, write_config(base=STYLE), tmp_path / "work", stop) == []


def test_the_run_has_all_kinds_of_state(uninterrupted):
    first, last = read(uninterrupted, 1), read(uninterrupted, LAST)
    changed = differences(first, last)
    for part in (
        ".state_dict.generators.target", ".state_dict.generators.source",
        ".state_dict.discriminators.target", ".state_dict.discriminators.source",
        ".state_dict.pools.target.images", ".state_dict.pools.source.images",
        ".optimizer.generator", ".optimizer.discriminator",
        ".param_schedulers.generator", ".rng_states[0].torch",
    ):  # fmt: skip
        assert any(name.startswith(part) for name in changed), part
    assert len(last["state_dict"]["pools.target.images"]) == 2


def test_a_resume_that_forgets_the_pool_is_noticed(
    uninterrupted, write_config, tmp_path, monkeypatch
):
    from mmda.models.cyclegan import ImagePool

    def forget(self, state_dict, prefix, *args):
        state_dict[f"{prefix}images"] = self.images

    monkeypatch.setattr(ImagePool, "_load_from_state_dict", forget)
    assert resumed(uninterrupted, write_config(base=STYLE), tmp_path / "work", 3)


def test_a_checkpoint_of_other_networks_is_refused(uninterrupted, write_config, tmp_path, capsys):
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(uninterrupted / "iter_3.pth", work)
    config = write_config('model["generator"]["blocks"] = 2\n', base=STYLE)
    assert main(["train", config, "--work-dir", str(work), "--resume"]) == 2
    assert "is of another architecture" in capsys.readouterr().err
