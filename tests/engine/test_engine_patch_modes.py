"""The modes of patch-level alignment: found before a training, kept, written and drawn."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from engine_runs import differences, read, train

from mmda import discover_patch_modes
from mmda.cli import main
from mmda.datasets import TiledDataset
from mmda.datasets.transforms import LoadTile, PackDomainInputs, RandomRotate90
from mmda.engine import source_patches
from mmda.engine.launch import load_config
from mmda.engine.patch_modes import described_modes
from mmda.errors import ConfigError
from mmda.models.alignments import PatchAlignment
from mmda.models.patches import PatchModes
from mmda.registry import MODELS

PATCHES = """
model["alignments"] = dict(
    patch=dict(
        type="PatchAlignment", num_classes=2, num_modes=3, grid=(4, 4), start=1,
        weights=dict(d=1.0, adv=1.0), discriminator=dict(channels=(4,)),
    )
)
optim_wrapper = dict(
    optimizers=dict(
        categoriser=dict(params="alignments.*categoriser*", optimizer=dict(type="Adam", lr=1e-3))
    )
)
custom_hooks = [dict(type="TeacherEMAHook"), dict(type="PatchModesHook", images=6)]
train_cfg["max_iters"] = 3
"""
CENTROIDS = "alignments.patch.modes.centroids"


def test_a_training_finds_its_modes_and_resumes_with_them(write_config, tmp_path):
    whole, rest = tmp_path / "whole", tmp_path / "rest"
    config = write_config(PATCHES)
    train(config, whole)
    centroids = read(whole, 1)["state_dict"][CENTROIDS]
    sums = centroids.sum(1)
    torch.testing.assert_close(sums, torch.ones(3), atol=1e-5, rtol=0)  # means of histograms
    rest.mkdir()
    shutil.copy(whole / "iter_1.pth", rest)
    train(config, rest, {"custom_hooks.1.seed": 5}, resume=True)  # no modes are found anew
    assert differences(read(whole, 3), read(rest, 3)) == []
    # The file of the command has the modes that the training finds.
    code = main(["discover-patch-modes", config, "--out", str(tmp_path / "modes.npz"),
                 "--images", "6", "--picture", str(tmp_path / "modes.png")])  # fmt: skip
    assert code == 0
    with np.load(tmp_path / "modes.npz") as found:
        np.testing.assert_array_equal(found["centroids"], centroids)
        assert found["grid"].tolist() == [4, 4]
        assert found["classes"].tolist() == ["background", "building"]
    assert (tmp_path / "modes.png").stat().st_size > 1000


def test_processes_share_the_images_and_find_the_same_patches(toy_root, monkeypatch):
    pipeline = [LoadTile(), RandomRotate90(), PackDomainInputs()]
    source = TiledDataset(str(toy_root / "buildings" / "source"), pipeline=pipeline)
    modes, shares = PatchModes(2, 3, (4, 4)), []
    alone = source_patches.source_patches(source, modes, images=5)

    def gather(own):
        shares.append(own)
        if len(shares) < 2:
            raise InterruptedError
        return shares

    monkeypatch.setattr(source_patches, "all_gather_object", gather)
    monkeypatch.setattr(source_patches, "get_dist_info", lambda: (0, 2))
    with pytest.raises(InterruptedError):
        source_patches.source_patches(source, modes, images=5)
    monkeypatch.setattr(source_patches, "get_dist_info", lambda: (1, 2))
    both = source_patches.source_patches(source, modes, images=5)
    assert [sorted(share) for share in shares] == [[0, 2, 4], [1, 3]]
    np.testing.assert_array_equal(both, alone)


def test_a_patch_alignment_of_ones_own_is_found(write_config, monkeypatch):
    class OwnPatches(PatchAlignment):
        pass

    monkeypatch.setitem(MODELS.module_dict, "OwnPatches", OwnPatches)
    config = load_config(write_config(PATCHES.replace('"PatchAlignment"', '"OwnPatches"')))
    assert described_modes(config).centroids.shape == (3, 8)
    config.model.alignments.patch.type = "mmda.OwnPatches"
    assert described_modes(config).grid == (4, 4)


def test_what_is_refused(write_config, tmp_path, capsys):
    bare, out = write_config(), tmp_path / "modes.npz"
    with pytest.raises(ConfigError, match="has 0 alignments of the type PatchAlignment"):
        discover_patch_modes(bare, out)
    config = write_config(PATCHES)
    for options, words in (
        (dict(images=0), "`images` must be 1 or more"),
        (dict(cfg_options={"train_dataloader.dataset.source": None}), "has no source"),
    ):
        with pytest.raises(ConfigError, match=words):
            discover_patch_modes(config, out, progress=False, **options)
    with pytest.raises(ConfigError, match=r"written as a \.npz file"):
        discover_patch_modes(config, tmp_path / "modes.txt")
    assert main(["discover-patch-modes", config, "--out", str(out), "--cfg-options",
                 "model.alignments.patch.num_modes=99999", "--images=1"]) == 2  # fmt: skip
    assert "different patches, fewer than the 99999 modes" in capsys.readouterr().err
    assert not out.exists()
