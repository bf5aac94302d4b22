import json

import numpy as np
from raster_samples import noise

from mmda.raster.dataset.stats import BandStatistics, class_pixels


def test_streaming_equals_all_at_once():
    parts = [noise(4, 20 + k, 30, "uint16", seed=k) for k in range(5)]
    masks = [np.random.default_rng(k).random(p.shape[1:]) > 0.3 for k, p in enumerate(parts)]
    total = BandStatistics.empty(4)
    for part, mask in zip(parts, masks, strict=True):
        one = BandStatistics.of(part, mask)
        total.merge(BandStatistics.from_json(json.loads(json.dumps(one.to_json()))))
    pixels = np.concatenate([p[:, m] for p, m in zip(parts, masks, strict=True)], axis=1)
    assert total.count == pixels.shape[1]
    np.testing.assert_allclose(total.mean, pixels.mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(total.std, pixels.std(axis=1), rtol=1e-10)


def test_no_pixels():
    total = BandStatistics.empty(1)
    total.merge(BandStatistics.of(noise(1, 2, 2), np.zeros((2, 2), bool)))
    assert total.count == 0
    assert total.std.tolist() == [0]


def test_class_pixels():
    assert class_pixels(np.array([[0, 1, 1], [255, 255, 255]], np.uint8), 3) == ([1, 2, 0], 3)
