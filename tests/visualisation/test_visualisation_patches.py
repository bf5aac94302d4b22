"""What patch-level alignment sees in patches: examples of each mode, and its vectors by t-SNE."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from mmda.cli import main
from mmda.engine.launch import load_config
from mmda.models.patches import NO_MODE
from mmda.visualisation.domains import ShownImage, open_domain, read_shown, run_pair
from mmda.visualisation.patches import SeenPatches, _drawn, collect_patches, see_patches

PATCHES = """
model["alignments"] = dict(
    patch=dict(
        type="PatchAlignment", num_classes=2, num_modes=3, grid=(4, 4),
        discriminator=dict(channels=(4,)),
    )
)
"""
CENTROIDS = torch.tensor([[0.25, 0] * 4, [0, 0.25] * 4, [0.25, 0, 0, 0.25] * 2])


@pytest.fixture
def config(write_config) -> str:
    return write_config(PATCHES)


@pytest.fixture
def checkpoint(config, build_model, tmp_path) -> str:
    model = build_model(config)
    model.alignments["patch"].modes.set(CENTROIDS)
    torch.save({"state_dict": model.state_dict()}, tmp_path / "model.pth")
    return str(tmp_path / "model.pth")


@pytest.fixture
def model(config, build_model):
    model = build_model(config)
    model.alignments["patch"].modes.set(CENTROIDS)
    return model


def test_source_patches_have_the_mode_of_their_label_and_target_patches_the_predicted(
    config, model
):
    loaded = load_config(config)
    pair = tuple(read_shown(open_domain(loaded, d), 0, d) for d in ("source", "target"))
    seen = see_patches(model, pair)
    batches = run_pair(model, *pair)
    alignment = model.alignments["patch"]
    with torch.no_grad():
        for domain, one in seen.items():
            f = alignment.categoriser(batches[domain].logits["decode"]).softmax(1)[0]
            np.testing.assert_allclose(one.vectors, f.permute(1, 2, 0), atol=1e-5)
    side = pair[0].truth.shape[0] // 8
    for row, column in np.ndindex(4, 4):
        patch = pair[0].truth[2 * row * side :, 2 * column * side :][: 2 * side, : 2 * side]
        shares = [
            (patch[i * side :, j * side :][:side, :side] == c).mean() / 4
            for i in (0, 1)
            for j in (0, 1)
            for c in (0, 1)
        ]
        distances = ((CENTROIDS.numpy() - shares) ** 2).sum(1)
        assert distances[seen["source"].modes[row, column]] == pytest.approx(distances.min())
    assert (seen["target"].modes == seen["target"].vectors.argmax(-1)).all()


def test_patches_without_data_are_not_shown(config, model):
    loaded = load_config(config)
    source, target = (read_shown(open_domain(loaded, d), 0, d) for d in ("source", "target"))
    valid = target.packed["data_samples"].get("valid")
    empty = torch.zeros((1, *target.size), dtype=torch.uint8)
    if valid is None:
        from mmengine.structures import PixelData

        target.packed["data_samples"].set_data({"valid": PixelData(data=empty)})
    else:
        valid.data = empty
    seen = see_patches(model, (source, target))
    assert (seen["target"].modes == NO_MODE).all()
    points = collect_patches(model, [(source, target)], 5, seed=0)
    assert points["source"].vectors.shape == (5, 3) and len(points["target"].vectors) == 0


def test_examples_of_both_domains_are_drawn(config, checkpoint, tmp_path, capsys):
    out = tmp_path / "patches.png"
    shown = ["--images", "2", "--modes", "2", "--examples", "2"]
    assert main(["figures", "patches", config, checkpoint, "--out", str(out), *shown]) == 0
    assert "patches of 2 modes, from 2 images of each domain" in capsys.readouterr().out
    height, width, _ = cv2.imread(str(out)).shape
    assert width > height  # four pairs of patch and label in each of two rows


def test_vectors_of_several_models_lie_side_by_side(config, checkpoint, tmp_path, capsys):
    models = [part for name in "ab" for part in ("--model", name, config, checkpoint)]
    options = ["--of", "patches", "--points", "20", "--images", "2"]
    out = tmp_path / "tsne.png"
    assert main(["figures", "tsne", *models, *options, "--out", str(out)]) == 0
    assert "patches of 20 source and 20 target vectors" in capsys.readouterr().out
    assert out.stat().st_size > 1000


def test_a_model_without_modes_is_refused(cdga_config, save_checkpoint, tmp_path, capsys):
    checkpoint = save_checkpoint(cdga_config, 1)
    out = str(tmp_path / "f.png")
    assert main(["figures", "patches", cdga_config, checkpoint, "--out", out]) == 2
    assert "none of them is a PatchAlignment" in capsys.readouterr().err


def test_pictures_of_padded_images_are_cut_by_the_grid_of_the_padded_size():
    picture = np.full((30, 32, 3), 200, np.uint8)
    shown = ShownImage(picture, np.zeros((30, 32), np.uint8), {})
    seen = SeenPatches((32, 32), np.empty(0), np.empty(0), picture[..., 0])
    drawn = _drawn(seen, shown, [[9, 9, 9]])
    assert drawn.shape == (2, 32, 32, 3)
    assert (drawn[0, :30] == 200).all() and (drawn[1, :30] == 9).all() and not drawn[:, 30:].any()
