"""A handful of labelled target tiles in the training."""

from __future__ import annotations

import cv2
import geopandas
import numpy as np
import pytest
from mmengine.dataset import ConcatDataset
from shapely.geometry import box

from mmda.datasets import PairedDomainDataset, RasterWindowDataset, TiledDataset
from mmda.datasets.few_labels import without_matching
from mmda.datasets.sampler import PairIndex
from mmda.datasets.transforms import LoadTile, MatchDomain, MatchScale, PackDomainInputs
from mmda.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def roots(toy_root):
    return {name: str(toy_root / "buildings" / name) for name in ("source", "target")}


@pytest.fixture(scope="module")
def tiles(roots):
    """Return the ids of the target's training tiles."""
    dataset = TiledDataset(roots["target"], labelled=False)
    return [dataset.get_data_info(index)["tile"] for index in range(len(dataset))]


def few(roots, labelled_tiles, **options):
    return TiledDataset(roots["target"], labelled_tiles=labelled_tiles, **options)


def names(dataset):
    return [dataset.get_data_info(index)["tile"] for index in range(len(dataset))]


def test_tiles_are_named_by_ids_a_file_or_a_layer(roots, tiles, tmp_path):
    wanted = [tiles[3], tiles[1]]
    text, layer = tmp_path / "tiles.txt", tmp_path / "suggested.gpkg"
    text.write_text("\n".join(wanted) + "\n\n")
    geopandas.GeoDataFrame({"tile": wanted}, geometry=[box(0, 0, 1, 1)] * 2, crs=3857).to_file(
        layer
    )
    for given in (wanted, str(text), str(layer)):
        dataset = few(roots, given, pipeline=[LoadTile()])
        assert names(dataset) == [tiles[1], tiles[3]]
        assert "gt_seg_map" in dataset[0]
    assert names(few(roots, wanted, labelled=False)) == tiles  # kept for the pair


@pytest.mark.parametrize("kind", [TiledDataset, RasterWindowDataset])
def test_labels_of_a_folder_stand_in_for_the_datasets(roots, tiles, tmp_path, kind):
    (tmp_path / "labels").mkdir()
    label = np.random.default_rng(0).choice([0, 1, 255], (64, 64)).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "labels" / f"{tiles[2]}.png"), label)
    dataset = kind(roots["target"], labelled_tiles=str(tmp_path), pipeline=[LoadTile()])
    assert names(dataset) == [tiles[2]]
    np.testing.assert_array_equal(dataset[0]["gt_seg_map"], label)
    label[0, 0] = 7
    cv2.imwrite(str(tmp_path / "labels" / f"{tiles[2]}.png"), label)
    with pytest.raises(DataError, match="has the value 7; expected class ids from 0 to 1"):
        kind(roots["target"], labelled_tiles=str(tmp_path))
    cv2.imwrite(str(tmp_path / "labels" / f"{tiles[2]}.png"), label[:32])
    with pytest.raises(DataError, match="has 32 x 64 pixels, its tile 64 x 64"):
        kind(roots["target"], labelled_tiles=str(tmp_path))


def test_what_is_refused(roots, tiles, tmp_path):
    for given, words in (
        ([tiles[0] + "x"], "is no tile of this split.*Did you mean"),
        ([], "names no tile"),
        (str(tmp_path / "none.txt"), "does not exist"),
        (str(tmp_path), "names no tile"),
    ):
        with pytest.raises(DataError, match=words):
            few(roots, given)
    described = dict(type="TiledDataset", data_root=roots["target"], labelled=False)
    described["labelled_tiles"] = tiles[:1]
    with pytest.raises(ConfigError, match="there is no source"):
        PairedDomainDataset(None, described)
    with pytest.raises(ConfigError, match=r"probability in \[0, 1\], got 2"):
        PairedDomainDataset(TiledDataset(roots["source"]), None, labelled_share=2)


def test_a_share_of_the_source_samples_are_labelled_target_tiles(roots, tiles):
    steps = [LoadTile(), MatchDomain(**roots), MatchScale(**roots), PackDomainInputs()]
    source = TiledDataset(roots["source"], pipeline=steps)
    target = dict(type="TiledDataset", data_root=roots["target"], labelled=False)
    target |= dict(labelled_tiles=tiles[:3], pipeline=[LoadTile(), PackDomainInputs()])

    def seen(share, order):
        pair = PairedDomainDataset(source, target, labelled_share=share)
        samples = {i: pair[PairIndex(i % len(source), 0, i, 5)] for i in order}
        found = {i: sample["source"]["data_samples"] for i, sample in samples.items()}
        assert all("gt_sem_seg" in sample for sample in found.values())
        assert all(
            "gt_sem_seg" not in sample["target"]["data_samples"] for sample in samples.values()
        )
        return {i: (sample.domain, sample.tile) for i, sample in found.items()}

    half = seen(0.5, range(40))
    assert half == seen(0.5, reversed(range(40)))  # a sample depends on its position alone
    mixed = [tile for domain, tile in half.values() if domain == "target"]
    assert set(mixed) == set(tiles[:3]) and 10 < len(mixed) < 30
    assert {domain for domain, _ in seen(0.0, range(9)).values()} == {"source"}
    assert {domain for domain, _ in seen(1.0, range(9)).values()} == {"target"}


def test_of_several_sources_the_first_has_the_pipeline(roots, tiles):
    one = TiledDataset(roots["source"], pipeline=[LoadTile(), PackDomainInputs()])
    both = ConcatDataset([one, one])
    target = dict(type="TiledDataset", data_root=roots["target"], labelled=False)
    target |= dict(labelled_tiles=tiles[:1], indices=2, pipeline=[LoadTile(), PackDomainInputs()])
    pair = PairedDomainDataset(both, target, labelled_share=1.0)
    assert pair[PairIndex(0, 0, 0, 0)]["source"]["data_samples"].tile == tiles[0]


def test_target_tiles_are_not_matched_to_the_target(roots):
    steps = [LoadTile(), MatchDomain(**roots), MatchScale(spread=1.0), PackDomainInputs()]
    steps[2].ratio = 2.0
    kept = without_matching(steps)
    assert [type(step) for step in kept] == [LoadTile, MatchScale, PackDomainInputs]
    assert kept[1].ratio == 1 and steps[2].ratio == 2
