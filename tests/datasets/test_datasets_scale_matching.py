"""Source images are resized to the target's scale."""

from __future__ import annotations

import shutil

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from mmda.datasets import PairedDomainDataset, TiledDataset
from mmda.datasets.transforms import MatchScale
from mmda.errors import ConfigError
from mmda.raster.dataset.manifest import MANIFEST


@pytest.fixture(scope="module")
def domains(toy_root, tmp_path_factory):
    """Return folders of two domains of 0.5 m, and of one with a given GSD in its manifest."""
    source, target = (str(toy_root / "buildings" / name) for name in ("source", "target"))

    def with_gsd(gsd):
        folder = tmp_path_factory.mktemp("scaled") / "target"
        shutil.copytree(target, folder)
        table = parquet.read_table(folder / MANIFEST)
        column = table.column_names.index("gsd")
        values = pyarrow.array([gsd] * len(table), pyarrow.float64())
        parquet.write_table(table.set_column(column, "gsd", values), folder / MANIFEST)
        return str(folder)

    return source, target, with_gsd


def sample(size=(64, 96), bands=3, dtype=np.uint8):
    """Return a sample of one value, whose maps are known after any resizing."""
    label = np.zeros(size, np.uint8)
    label[:, size[1] // 2 :] = 255
    maps = dict(gt_seg_map=label, valid_map=np.ones(size, np.uint8))
    image = np.full((*size, bands), 7, dtype)
    return dict(img=image, img_shape=size, seg_fields=list(maps), **maps)


@pytest.mark.parametrize(("gsd", "size"), [(0.5, (64, 96)), (1.0, (32, 48)), (0.25, (128, 192))])
def test_a_pixel_covers_what_it_covers_in_the_target(domains, gsd, size):
    source, _, with_gsd = domains
    found = MatchScale(source, with_gsd(gsd), spread=1).transform(sample())
    assert found["img"].shape == (*size, 3)
    assert found["img_shape"] == found["gt_seg_map"].shape == found["valid_map"].shape == size
    assert (found["img"] == 7).all()
    assert set(np.unique(found["gt_seg_map"])) == {0, 255}
    assert (found["gt_seg_map"] == 255).mean() == pytest.approx(0.5, abs=0.02)


def test_an_unknown_scale_is_taken_to_be_equal(domains):
    source, _, with_gsd = domains
    assert MatchScale(source, with_gsd(None)).ratio == 1


def test_factors_spread_evenly_about_the_ratio(domains):
    source, _, with_gsd = domains
    match = MatchScale(source, with_gsd(0.4), spread=1.5)
    np.random.seed(0)
    logs = [np.log(match.transform(sample((400, 400)))["img"].shape[0] / 400) for _ in range(300)]
    assert np.mean(logs) == pytest.approx(np.log(1.25), abs=0.05)
    assert np.log(1.25 / 1.5) - 0.01 <= min(logs) < np.log(1.25 / 1.4)
    assert np.log(1.25 * 1.4) < max(logs) <= np.log(1.25 * 1.5) + 0.01


def test_images_stay_large_enough_for_the_crop(domains):
    source, _, with_gsd = domains
    match = MatchScale(source, with_gsd(2.0), spread=1.2, min_size=50)
    assert match.transform(sample())["img"].shape == (50, 75, 3)


@pytest.mark.parametrize(("bands", "dtype"), [(1, np.uint16), (4, np.float32), (7, np.uint8)])
def test_bands_and_types_are_kept(domains, bands, dtype):
    source, _, with_gsd = domains
    found = MatchScale(source, with_gsd(1.0), spread=1).transform(sample(bands=bands, dtype=dtype))
    assert found["img"].shape == (32, 48, bands)
    assert found["img"].dtype == dtype


def test_a_spread_below_one_is_refused(domains):
    with pytest.raises(ConfigError, match=r"spread=0\.5` is below 1"):
        MatchScale(*domains[:2], spread=0.5)


def test_without_domains_the_size_varies_around_the_image_s_own():
    sizes = [MatchScale(spread=1.5)(sample())["img_shape"][0] / 64 for _ in range(30)]
    assert 0.66 <= min(sizes) < 0.9 and 1.1 < max(sizes) <= 1.51


def test_a_model_of_resized_images_remembers_the_targets_scale(domains):
    """`mmda predict` brings rasters to the scale that the network has seen."""
    source, _, with_gsd = domains

    def remembered(*steps):
        dataset = TiledDataset(source, pipeline=list(steps))
        return PairedDomainDataset(dataset).metainfo["training_data"]["gsd"]

    assert remembered() == [0.5, 0.5]
    assert remembered(MatchScale(spread=1.5)) == [0.5, 0.5]
    matched = MatchScale(source, with_gsd(0.8))
    assert remembered(matched) == [0.8, 0.8]
