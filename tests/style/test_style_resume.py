"""A CycleGAN trains through the Runner, and a resumed run is the uninterrupted one, bit by bit."""

from __future__ import annotations

import shutil

import pytest
import torch
from core_samples import STYLE, watched_style
from engine_runs import differences, read, train

from mmda.cli import main
from mmda.engine.inference import build_model
from mmda.errors import ConfigError

LAST = 6


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


def test_a_segmentor_that_watches_is_part_of_the_run(write_config, tmp_path):
    """It comes from the checkpoint of its own training, and a resumed run needs that no more."""
    training = write_config(name="training.py")
    style = write_config("train_cfg['max_iters'] = 3\n", base=watched_style(training))
    with pytest.raises(ConfigError, match="has no weights"):
        train(style, tmp_path / "nothing")
    start = tmp_path / "segmentor.pth"
    torch.save({"state_dict": build_model(training).state_dict()}, start)
    train(style, tmp_path / "whole", {"load_from": str(start)})
    whole = read(tmp_path / "whole", 3)
    for key, value in torch.load(start)["state_dict"].items():
        if key.startswith("segmentor."):
            assert torch.equal(whole["state_dict"][key], value)
    start.unlink()
    (tmp_path / "part").mkdir()
    shutil.copy(tmp_path / "whole" / "iter_1.pth", tmp_path / "part")
    torch.manual_seed(99)
    train(style, tmp_path / "part", resume=True)
    assert differences(whole, read(tmp_path / "part", 3)) == []
