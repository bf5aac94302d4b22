"""Patch-level alignment, against slow loops."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from alignment_cases import PATCHES, make
from hypothesis import given
from hypothesis import strategies as st

from mmda.errors import ConfigError, DataError
from mmda.models import PatchAlignment, VectorDiscriminator
from mmda.models.patches import (
    NO_MODE,
    PatchCategoriser,
    PatchModes,
    discover_modes,
    patch_descriptors,
    pool_counted,
)
from mmda.models.patches.discovery import level_weights
from mmda.testing import losses_of, random_batch


def slow_descriptor(patch: np.ndarray, num_classes: int) -> tuple[list[float], float]:
    """Return the histograms of a patch's quarters, and its labelled share, pixel by pixel."""
    height, width = patch.shape
    counts = np.zeros((2, 2, num_classes))
    for row in range(height):
        for column in range(width):
            if patch[row, column] < num_classes:
                counts[2 * row // height, 2 * column // width, patch[row, column]] += 1
    total = counts.sum()
    return list((counts / max(total, 1)).flatten()), total / patch.size


@given(st.integers(0, 99), st.integers(1, 3), st.integers(1, 3))
def test_descriptors_equal_a_loop_over_pixels(seed, rows, columns):
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 1, 2, 255], (2, 4 * rows, 6 * columns), p=[0.3, 0.2, 0.1, 0.4])
    labels[0, :4, :6] = 255
    vectors, shares = patch_descriptors(torch.from_numpy(labels), 3, (rows, columns))
    assert vectors.shape == (2, rows, columns, 12)
    for n in range(2):
        for u in range(rows):
            for v in range(columns):
                patch = labels[n, 4 * u : 4 * u + 4, 6 * v : 6 * v + 6]
                vector, share = slow_descriptor(patch, 3)
                np.testing.assert_allclose(vectors[n, u, v], vector, atol=1e-6)
                assert float(shares[n, u, v]) == pytest.approx(share)


def test_pooling_leaves_out_what_does_not_count():
    maps, counted = torch.randn(1, 2, 4, 4, dtype=torch.float64), torch.ones(1, 4, 4).bool()
    counted[0, :2, :2], counted[0, 3, 3] = False, False
    spoiled = maps.where(counted[:, None], torch.nan).requires_grad_()
    means, shares = pool_counted(spoiled, counted, (2, 2))
    assert shares[0].tolist() == [[0, 1], [1, 0.75]]
    torch.testing.assert_close(means[0, :, 0, 0], torch.zeros(2, dtype=torch.float64))
    seen = maps[0, :, 2:, 2:].flatten(1)[:, :3].mean(1)
    torch.testing.assert_close(means[0, :, 1, 1], seen)
    means.sum().backward()
    assert torch.isfinite(spoiled.grad).all() and not spoiled.grad[0, :, :2, :2].any()
    every, nothing = pool_counted(maps, None, (2, 2))
    torch.testing.assert_close(every, F.avg_pool2d(maps, 2))
    assert nothing is None


def found_modes(**options) -> PatchModes:
    modes = PatchModes(num_classes=2, num_modes=3, grid=(2, 2), **options)
    background, building, half = [0.25, 0.0] * 4, [0.0, 0.25] * 4, [0.25, 0.0] * 2 + [0.0, 0.25] * 2
    modes.set(torch.tensor([background, building, half]))
    return modes


def test_a_patch_has_the_nearest_mode():
    label = torch.zeros(1, 8, 8, dtype=torch.long)
    label[0, :4, 4:] = 1  # upper right: all building
    label[0, 6:, :4] = 1  # lower left: the lower half
    label[0, 4:, 4:] = 255
    label[0, 4:, 4:6] = 0  # lower right: half of it is labelled
    assert found_modes()(label).tolist() == [[[0, 1], [2, 0]]]
    assert found_modes(least=0.6)(label).tolist() == [[[0, 1], [2, NO_MODE]]]


def test_modes_are_kept_in_files_and_checkpoints(tmp_path):
    modes, path = found_modes(), tmp_path / "modes.npz"
    modes.write(path, ("background", "building"))
    read = PatchModes(2, 3, (2, 2))
    read.read(path)
    loaded = PatchModes(2, 3, (2, 2))
    loaded.load_state_dict(modes.state_dict())
    for other in (read, loaded):
        assert torch.equal(other.centroids, modes.centroids)
        assert other(torch.zeros(1, 4, 4, dtype=torch.long)).tolist() == [[[0, 0], [0, 0]]]
    with pytest.raises(ConfigError, match=r"has 3 modes of 2 classes on a grid of \(2, 2\)"):
        PatchModes(2, 4, (2, 2)).read(path)
    (tmp_path / "odd.npz").write_text("nothing")
    (tmp_path / "empty.npz").write_text("")
    (tmp_path / "cut.npz").write_bytes(path.read_bytes()[:200])
    np.save(tmp_path / "array.npy", np.zeros(3))
    for name in ("odd.npz", "missing.npz", "empty.npz", "cut.npz", "array.npy"):
        with pytest.raises(DataError, match="holds no patch modes"):
            PatchModes(2, 3, (2, 2)).read(tmp_path / name)
    with pytest.raises(ConfigError, match="has no modes"):
        PatchModes(2, 3, (2, 2))(torch.zeros(1, 4, 4, dtype=torch.long))
    named = PatchAlignment(2, 3, (2, 2), modes=str(path), start=99)
    path.rename(tmp_path / "moved.npz")  # a model is built without the file, to map or to test
    gone = PatchAlignment(2, 3, (2, 2), modes=str(path), start=99)
    gone.load_state_dict({**gone.state_dict(), "modes.found": torch.tensor(True)})
    assert not gone.active(0)
    with pytest.raises(DataError, match="holds no patch modes"):
        named.active(0)  # in the first iteration, long before it starts


def test_rare_kinds_of_patches_get_modes_of_their_own():
    """998 patches of nothing but background, and two others: by count, they would share a mode."""
    plain = np.tile([0.25, 0.0], 4)
    rng = np.random.default_rng(0)
    noisy = plain + 1e-3 * rng.random((998, 8))
    noisy[:, 1::2] = 0
    mixed = np.array([[0.125, 0.125] * 4, [0.25, 0.0] * 2 + [0.0, 0.25] * 2])
    vectors = np.concatenate([noisy / noisy.sum(1, keepdims=True), mixed]).astype(np.float32)
    weights = level_weights(vectors)
    assert weights[:998].sum() == pytest.approx(weights[998:].sum()) == 500
    found = discover_modes(vectors, 3)
    for vector in mixed:
        assert np.abs(found - vector).max(1).min() < 1e-3
    np.testing.assert_array_equal(found, discover_modes(vectors, 3))
    with pytest.raises(DataError, match="2 different patches, fewer than the 3 modes"):
        discover_modes(np.repeat(mixed, 9, 0), 3)


def test_the_categoriser_sees_each_patch_alone():
    torch.manual_seed(0)
    module = PatchCategoriser(num_classes=2, num_modes=5, grid=(2, 2))
    logits = torch.randn(1, 2, 8, 8)
    maps = module(logits)
    assert maps.shape == (1, 5, 2, 2)
    changed = logits.clone()
    changed[..., :4, :4] += 1
    other = module(changed)
    assert not torch.allclose(other[..., 0, 0], maps[..., 0, 0])
    torch.testing.assert_close(other[..., 1, :], maps[..., 1, :])
    first, second = module.layers[0], module.layers[2]
    quarters = F.avg_pool2d(logits, 2)[0, :, :2, :2]  # of the upper left patch
    hidden = (first.weight * quarters).sum((1, 2, 3)) + first.bias
    wanted = second.weight[:, :, 0, 0] @ hidden.relu() + second.bias
    torch.testing.assert_close(maps[0, :, 0, 0], wanted)


def test_the_discriminator_judges_each_vector_alone():
    torch.manual_seed(0)
    module = VectorDiscriminator(3, channels=(4, 5))
    vectors = torch.randn(2, 3, 1, 2)
    layers = [layer for layer in module.layers if hasattr(layer, "weight")]
    value = vectors[1, :, 0, 1]
    for index, layer in enumerate(layers):
        value = layer.weight[:, :, 0, 0] @ value + layer.bias
        value = F.leaky_relu(value, 0.2) if index < 2 else value
    torch.testing.assert_close(module(vectors)[1, :, 0, 1], value)
    assert [layer.out_channels for layer in VectorDiscriminator(3).layers[::2]] == [256, 512, 1]


def test_losses_equal_a_loop_over_patches():
    """Values and gradients, with a source patch that is not labelled and an empty target corner."""
    model = make("PatchAlignment", 0)
    own = model.alignments["it"]
    batch = random_batch(2, source=(32, 32), target=(32, 32))
    batch["data_samples"]["source"][0].gt_sem_seg.data[:, :8, :8] = 255
    losses = {k: v for k, v in losses_of(model, batch).items() if k.startswith("it.")}
    feats = {}
    for domain in ("source", "target"):
        feats[domain] = model.features_and_logits(batch["inputs"][domain])[1]["decode"]
    labels = torch.cat([s.gt_sem_seg.data for s in batch["data_samples"]["source"]])
    modes, entropy, counted = own.modes(labels), 0.0, 0
    judged = {"source": [], "target": []}
    for domain, logits in feats.items():
        maps = own.categoriser(logits)
        for n in range(2):
            for u in range(4):
                for v in range(4):
                    vector = maps[n, :, u, v].softmax(0)
                    if domain == "source":
                        if modes[n, u, v] == NO_MODE:
                            continue
                        entropy = entropy - vector[modes[n, u, v]].log()
                        counted += 1
                    judged[domain].append(
                        own.discriminator(vector[None, :, None, None])[0, 0, 0, 0]
                    )
    assert counted == 31  # a patch of 32
    source, target = (torch.stack(values) for values in judged.values())
    wanted = {
        "it.loss_d": entropy / counted,
        "it.loss_adv": F.softplus(target).mean(),  # towards the source, whose label is 0
        "it.loss_dis": (F.softplus(source).mean() + F.softplus(-target).mean()) / 2,
        "it.acc_dis": 50 * ((source < 0).float().mean() + (target > 0).float().mean()),
    }
    torch.testing.assert_close(losses, wanted)
    names = [name for name, _ in model.named_parameters() if "discriminator" not in name]
    parameters = [dict(model.named_parameters())[name] for name in names]
    for key in ("it.loss_d", "it.loss_adv"):
        pairs = [
            torch.autograd.grad(x[key], parameters, allow_unused=True, retain_graph=True)
            for x in (losses, wanted)
        ]
        for name, one, other in zip(names, *pairs, strict=True):
            assert (one is None) == (other is None), (key, name)
            if one is not None:
                torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-4)
    gradients = torch.autograd.grad(losses["it.loss_d"], parameters, allow_unused=True)
    reached = [name for name, one in zip(names, gradients, strict=True) if one is not None]
    for part in ("alignments.it.categoriser", "segmentor.backbone"):
        assert any(name.startswith(part) for name in reached)


def test_published_settings():
    alignment = PatchAlignment(19)
    assert len(alignment.modes.centroids) == 50 and alignment.modes.grid == (20, 20)
    assert alignment.weights == {"d": 0.01, "adv": 0.0005}
    assert alignment.categoriser.layers[0].out_channels == 76
    with pytest.raises(ConfigError, match="are named `d` and `adv`"):
        PatchAlignment(2, weights=dict(x=1.0))
    for wrong in (dict(num_modes=1), dict(grid=(0, 2)), dict(least=0.0)):
        with pytest.raises(ConfigError, match="Patch modes: expected"):
            PatchAlignment(**{**PATCHES, **wrong})
