"""The hook that draws group maps, and that training does not feel it."""

from __future__ import annotations

import cv2
import pytest
from engine_runs import differences, read, train
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mmda.errors import ConfigError
from mmda.visualisation.hook import GroupMapsHook

LAST = 4
GROUPED = f"""
model["alignments"] = dict(
    cdga=dict(
        type="GroupAlignment", num_classes=2, discriminator=dict(channels=4, num_layers=3), start=1,
    )
)
train_cfg["max_iters"] = {LAST}
"""
DRAWN = (
    GROUPED
    + """
custom_hooks = [dict(type="TeacherEMAHook"), dict(type="GroupMapsHook", interval=3)]
vis_backends = [dict(type="LocalVisBackend"), dict(type="TensorboardVisBackend")]
visualizer = dict(type="SegLocalVisualizer", vis_backends=vis_backends, name="visualizer")
"""
)


@pytest.fixture(scope="module")
def runs(toy_root, tmp_path_factory):
    """Work dirs of two runs: with the hook and without."""
    from core_samples import TRAINING

    folder = tmp_path_factory.mktemp("group_maps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MMDA_TOY_ROOT", str(toy_root / "buildings"))
        for name, text in (("with", DRAWN), ("without", GROUPED)):
            (folder / f"{name}.py").write_text(TRAINING + text)
            train(str(folder / f"{name}.py"), folder / name)
    return folder


def test_training_is_the_same_with_and_without(runs):
    for iteration in range(1, LAST + 1):
        one, other = read(runs / "with", iteration), read(runs / "without", iteration)
        assert differences(one, other) == []


def test_pictures_are_written_before_the_training_and_each_interval(runs):
    files = sorted((runs / "with" / "group_maps").iterdir())
    assert [file.name for file in files] == ["cdga_iter_0.png", "cdga_iter_3.png"]
    first, later = (cv2.imread(str(file)) for file in files)
    assert first.shape == later.shape
    assert (first != later).any()  # the groups move
    width = first.shape[1] // 4  # image, truth, k = 1, k = 2
    assert (first[:, : 2 * width] == later[:, : 2 * width]).all()  # the images stay


def test_tensorboard_shows_them(runs):
    (folder,) = {file.parent for file in (runs / "with").rglob("events.out.tfevents*")}
    shown = EventAccumulator(str(folder))
    shown.Reload()
    assert [image.step for image in shown.Images("cdga.group_maps")] == [0, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"custom_hooks.1.target_index": 4}, "`target_index` is 4, but .* has 4 images"),
        ({"custom_hooks.1.source_index": -1}, "`source_index` is -1"),
        ({"custom_hooks.1.split": "all"}, "no `all_dataloader.dataset`"),
    ],
)
def test_images_that_do_not_exist_are_told_before_the_training(
    write_config, tmp_path, options, message
):
    with pytest.raises(ConfigError, match=message):
        train(write_config(DRAWN), tmp_path / "work", options)
    assert not (tmp_path / "work" / "iter_1.pth").exists()


def test_model_without_groups_is_refused(write_config, tmp_path):
    text = "custom_hooks = [dict(type='GroupMapsHook')]\n"
    with pytest.raises(ConfigError, match="none of them is a GroupAlignment"):
        train(write_config(text), tmp_path / "work")


def test_interval_must_be_positive():
    with pytest.raises(ConfigError, match="`interval` must be 1 or more"):
        GroupMapsHook(interval=0)
