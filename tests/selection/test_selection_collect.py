"""The pass over tiles against a slow, obvious one, around a network of two lines."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmda.datasets.transforms import PackDomainInputs
from mmda.engine.tile_pass import choose_tiles
from mmda.errors import ConfigError, DataError
from mmda.models.batch_norm import ImageStatistics, Tent, TestTime
from mmda.models.data_preprocessor import DomainDataPreprocessor
from mmda.selection.collect import collect
from mmda.selection.options import SelectOptions

BANDS, CLASSES = 2, 3
WEIGHTS = torch.tensor([[1.0, -1.0], [0.0, 2.0], [-2.0, 0.5]])
OPTIONS = SelectOptions(pixels=200, seed=5)


def inference(images: torch.Tensor, metas: list[dict]) -> torch.Tensor:
    """Return logits that depend on a pixel and on its neighbour to the left."""
    assert len(metas) == len(images)
    seen = images + 0.5 * images.roll(1, -1)
    return torch.einsum("cb,nbhw->nchw", WEIGHTS, seen)


def make_model(forward=inference, test_time=None) -> SimpleNamespace:
    preprocessor = DomainDataPreprocessor([10.0, 20.0], [5.0, 4.0], size_divisor=32)
    network = SimpleNamespace(inference=forward)
    parts = dict(data_preprocessor=preprocessor, predictor=network, num_classes=CLASSES)
    return SimpleNamespace(**parts, test_time=test_time or TestTime())


def make_tiles(count: int, labelled: bool, sizes=((40, 64), (64, 64)), valid=True) -> list[dict]:
    """Return packed tiles of several sizes; the second has an invalid corner."""
    tiles = []
    for number in range(count):
        rng = np.random.default_rng(number)
        size = sizes[number % len(sizes)]
        image = rng.normal((10, 20), (5, 4), (*size, BANDS)).astype(np.float32)
        mask = np.full(size, int(valid), np.uint8)
        mask[:20, :30] = number % 2 == 0 and valid
        results = {
            "img": image, "tile": f"t{number}", "img_path": f"{number}.tif", "seg_fields": [],
            "ori_shape": size, "img_shape": size, "valid_map": mask, "domain": "target",
        }  # fmt: skip
        if labelled:
            results["gt_seg_map"] = rng.integers(0, CLASSES, size).astype(np.uint8)
        tiles.append(PackDomainInputs().transform(results))
    return tiles


def slow_pass(tiles: list[dict]) -> dict:
    """Compute everything pixel by pixel, tile by tile."""
    counts = np.zeros(CLASSES, int)
    views = {name: np.zeros((CLASSES, CLASSES), int) for name in ("flip", "scale", "radiometry")}
    pixels = []
    for tile in tiles:
        image = (tile["inputs"] - torch.tensor([10.0, 20.0]).view(2, 1, 1)) / torch.tensor(
            [5.0, 4.0]
        ).view(2, 1, 1)
        height, width = image.shape[1:]
        image = F.pad(image, (0, -width % 32, 0, -height % 32))[None]
        valid = np.ones((height, width), bool)
        if "valid" in tile["data_samples"]:
            valid = tile["data_samples"].valid.data[0].numpy().astype(bool)
        small = [max(32, n * 3 // 4 // 32 * 32) for n in image.shape[-2:]]
        shrunk = F.interpolate(image, small, mode="bilinear", antialias=True)
        full = tuple(image.shape[-2:])
        maps = {
            "plain": inference(image, [{}]).softmax(1),
            "flip": inference(image.flip(3), [{}]).softmax(1).flip(3),
            "scale": F.interpolate(
                inference(shrunk, [{}]).softmax(1), full, mode="bilinear", antialias=True
            ),
            "radiometry": inference(0.75 * image + 0.25, [{}]).softmax(1),
        }
        arrays = {name: m[0, :, :height, :width].numpy() for name, m in maps.items()}
        for row in range(height):
            for column in range(width):
                if valid[row, column]:
                    label = arrays["plain"][:, row, column].argmax()
                    counts[label] += 1
                    pixels.append(arrays["plain"][:, row, column])
                    for name, matrix in views.items():
                        matrix[label, arrays[name][:, row, column].argmax()] += 1
    return {"counts": counts, "views": views, "pixels": np.array(pixels)}


def test_the_pass_equals_the_slow_one():
    tiles = make_tiles(3, labelled=False)
    statistics = collect(make_model(), tiles, None, OPTIONS)
    slow = slow_pass(tiles)
    np.testing.assert_array_equal(statistics.counts, slow["counts"])
    for name, matrix in slow["views"].items():
        np.testing.assert_array_equal(statistics.views[name], matrix)
        assert 0 < np.trace(matrix) < matrix.sum()
    assert statistics.source is None
    # The samples are different valid pixels, equally many of every tile.
    assert statistics.samples.shape == (3 * 67, CLASSES)
    found = {tuple(np.round(row, 5)) for row in slow["pixels"]}
    drawn = {tuple(np.round(row, 5)) for row in statistics.samples}
    assert drawn <= found
    assert len(drawn) == 3 * 67


def test_every_model_is_sampled_at_the_same_pixels():
    tiles = make_tiles(4, labelled=False)
    one = collect(make_model(), tiles, None, OPTIONS)
    other = collect(make_model(lambda x, m: 2 * inference(x, m)), tiles, None, OPTIONS)
    log = np.log(one.samples)
    expected = torch.from_numpy(2 * log).softmax(1).numpy()
    np.testing.assert_allclose(other.samples, expected, atol=1e-5)


def test_the_source_is_scored_on_its_labels_where_it_has_data():
    tiles = make_tiles(4, labelled=True)
    statistics = collect(make_model(), make_tiles(1, labelled=False), tiles, OPTIONS)
    matrix = np.zeros((CLASSES, CLASSES), int)
    for tile in tiles:
        sample = tile["data_samples"]
        label = sample.gt_sem_seg.data[0].numpy()
        valid = sample.valid.data[0].numpy() if "valid" in sample else np.ones(label.shape, bool)
        found = slow_maps(tile)
        for place in zip(*np.nonzero(valid), strict=True):
            matrix[label[place], found[place]] += 1
    np.testing.assert_array_equal(statistics.source, matrix)


def test_a_source_tile_that_was_resized_with_its_label_is_scored_at_the_new_size():
    (tile,) = make_tiles(1, labelled=True)
    plain = collect(make_model(), make_tiles(1, labelled=False), [tile], OPTIONS)
    tile["data_samples"].set_metainfo({"ori_shape": (80, 128)})  # what it was before
    resized = collect(make_model(), make_tiles(1, labelled=False), [tile], OPTIONS)
    assert plain.source.sum() == 40 * 64
    np.testing.assert_array_equal(resized.source, plain.source)


def slow_maps(tile: dict) -> np.ndarray:
    model = make_model()
    batch = model.data_preprocessor({"inputs": [tile["inputs"]], "data_samples": None})
    height, width = tile["inputs"].shape[1:]
    return inference(batch["inputs"], [{}]).argmax(1)[0, :height, :width].numpy()


def test_no_more_tiles_and_pixels_than_asked_for():
    options = SelectOptions(tiles=3, pixels=30, seed=1)
    chosen = choose_tiles(20, options.tiles, options.seed)
    assert chosen == sorted(set(chosen)) == choose_tiles(20, options.tiles, options.seed)
    assert len(chosen) == 3
    assert choose_tiles(20, options.tiles, 2) != chosen
    calls = []

    def counted(images, metas):
        calls.append(len(images))
        return inference(images, metas)

    statistics = collect(make_model(counted), make_tiles(20, labelled=False), None, options)
    assert statistics.samples.shape == (30, CLASSES)
    assert calls == [1] * 12  # the tile and three views of each


def test_tiles_without_a_pixel_with_data():
    with pytest.raises(DataError, match="None of the 2 target tiles has a pixel with data"):
        collect(make_model(), make_tiles(2, labelled=False, valid=False), None, OPTIONS)


def test_predictions_that_are_not_finite():
    model = make_model(lambda images, metas: inference(images, metas) * float("nan"))
    with pytest.raises(ConfigError, match="the training has diverged"):
        collect(model, make_tiles(1, labelled=False), None, OPTIONS)


def by_pixel(images: torch.Tensor, metas: list[dict]) -> torch.Tensor:
    return torch.einsum("cb,nbhw->nchw", WEIGHTS, images)


class Shifted(TestTime):
    """Subtract each image's mean over the pixels that count, as its own statistics would."""

    @contextmanager
    def adapted(self, network, images, counted):
        weights = torch.ones_like(images[:, 0]) if counted is None else counted.float()
        mean = torch.einsum("nbhw,nhw->nb", images, weights) / weights.sum((1, 2))[:, None]
        network.inference = lambda x, metas: by_pixel(x - mean[..., None, None], metas)
        yield
        network.inference = by_pixel


def test_a_model_that_adapts_to_each_image_is_measured_as_it_is_tested():
    """Each view is adapted to by itself, and pixels that do not count have no part in it."""
    tiles = make_tiles(3, labelled=False, sizes=((32, 64),))
    hole = tiles[1]["data_samples"].valid.data[0] == 0
    tiles[1]["inputs"][:, hole] = 1e3
    found = collect(make_model(by_pixel, Shifted()), tiles, None, OPTIONS)
    counts = np.zeros(CLASSES, int)
    for tile in tiles:
        valid = torch.ones(32, 64, dtype=torch.bool)
        if "valid" in tile["data_samples"]:
            valid = tile["data_samples"].valid.data[0].bool()
        pixels = (tile["inputs"][:, valid] - torch.tensor([[10.0], [20.0]])) / torch.tensor(
            [[5.0], [4.0]]
        )
        logits = WEIGHTS @ (pixels - pixels.mean(1, keepdim=True))
        counts += np.bincount(logits.argmax(0).numpy(), minlength=CLASSES)
    np.testing.assert_array_equal(found.counts, counts)
    for name in ("flip", "radiometry"):  # this network and what it adapts to do not see these
        np.testing.assert_array_equal(found.views[name], np.diag(counts))
    plain = collect(make_model(by_pixel), tiles, None, OPTIONS)
    assert (plain.counts != counts).any()


def test_a_model_that_keeps_what_it_learns_from_tiles_is_refused():
    tiles = make_tiles(1, labelled=False)
    with pytest.raises(ConfigError, match=r"depend on their order\. Set `episodic=True`"):
        collect(make_model(test_time=Tent()), tiles, None, OPTIONS)
    assert not Tent(episodic=True).keeps and not ImageStatistics().keeps
