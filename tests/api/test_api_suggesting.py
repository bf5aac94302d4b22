"""``mmda suggest`` from a trained model and a tiled target to a GeoPackage."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import torch
from core_samples import LOOK, TILE, draw_scene, write_scene
from mmengine.registry import DefaultScope

import mmda
from mmda import ConfigError, DataError, SuggestOptions
from mmda.cli import main
from mmda.engine.inference import load_model, probabilities
from mmda.models.batch_norm import TestTime
from mmda.raster import Scene, TileOptions, tile_dataset
from mmda.raster.io.fill import fill_invalid


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    """An unlabelled target of two scenes; the right half of the second is 0, its no-data value."""
    folder = tmp_path_factory.mktemp("suggest")
    scenes = []
    for number in range(2):
        label, image = draw_scene(50 + number, LOOK["target"])
        image = np.maximum(image, 1)
        image[:, TILE + 20 :] *= 1 - number
        write_scene(folder / f"s{number}.tif", label, image)
        scenes.append(Scene(f"s{number}", str(folder / f"s{number}.tif"), nodata=0))
    options = TileOptions("buildings", "target", ("background", "building"), TILE, min_valid=0.0)
    tile_dataset(scenes, folder / "tiles", options, mmda.RunOptions(workers=1, progress=False))
    return folder / "tiles"


def mean_entropies(config, checkpoint, tiles) -> dict[str, float]:
    """Predict tile after tile, gaps filled, and average over the pixels that are not 0."""
    model = load_model(config, checkpoint, "cpu")
    found = {}
    for path in sorted((tiles / "train" / "images").glob("*.tif")):
        with rasterio.open(path) as raster:
            pixels = raster.read()
        valid = (pixels != 0).all(0)
        filled = np.moveaxis(fill_invalid(np.moveaxis(pixels, 0, -1), valid), -1, 0)
        inputs = model.data_preprocessor({"inputs": [torch.from_numpy(filled.copy())]})["inputs"]
        with torch.no_grad():
            p = probabilities(model, inputs)[0].double().numpy()
        found[path.stem] = float(-(p * np.log(p)).sum(0)[valid].mean() / np.log(2))
    return found


@pytest.fixture
def fresh(monkeypatch):
    """MMEngine's registries as in a process that has built nothing yet."""
    monkeypatch.setattr(DefaultScope, "_instance_dict", OrderedDict())


@pytest.mark.usefixtures("fresh")
def test_the_command_writes_diverse_uncertain_tiles(trained, config, target, tmp_path, capsys):
    out = tmp_path / "deep" / "next.gpkg"
    command = ["suggest", str(trained.checkpoint), "--data", str(target), "--out", str(out)]
    assert main([*command, "--count", "5", "--device", "cpu", "--batch-size", "3"]) == 0
    printed = capsys.readouterr().out
    assert f"{out}: 5 of 8 tiles to label next" in printed
    frame = gpd.read_file(out)
    assert frame.crs == "EPSG:32633" and set(frame.columns) == {
        "tile", "rank", "scene", "mean_entropy", "score", "geometry",
    }  # fmt: skip
    assert frame["rank"].tolist() == [1, 2, 3, 4, 5] and frame["tile"].is_unique
    expected = mean_entropies(config, trained.checkpoint, target)
    assert frame["mean_entropy"].tolist() == pytest.approx(
        [expected[name] for name in frame["tile"]], abs=1e-4
    )
    assert frame["tile"][0] == max(expected, key=expected.__getitem__)
    assert frame["score"][0] == frame["mean_entropy"][0]
    for name, scene, polygon in zip(frame["tile"], frame["scene"], frame.geometry, strict=True):
        assert name.startswith(scene)
        with rasterio.open(target / "train" / "images" / f"{name}.tif") as raster:
            assert polygon.bounds == pytest.approx(tuple(raster.bounds))


def test_the_model_adapts_to_the_tiles_as_in_mapping(trained, target, tmp_path, monkeypatch):
    def suggested() -> dict[str, float]:
        options = SuggestOptions(count=3, batch_size=1, progress=False)
        found = mmda.suggest(trained.checkpoint, tmp_path / "l.gpkg", target, options)
        return {tile.tile: tile.mean_entropy for tile in found.tiles}

    plain = suggested()
    monkeypatch.setattr(TestTime, "adapted", without_differences)
    assert plain.keys() and all(value == pytest.approx(1) for value in suggested().values())
    assert all(value < 0.999 for value in plain.values())
    monkeypatch.setattr(TestTime, "keeps", True)
    with pytest.raises(ConfigError, match="predictions depend on their order"):
        suggested()


@contextmanager
def without_differences(self, network, images, counted):
    """Stand in for what adapts a network to its images: give all classes the same logit."""
    parts = (network.decode_head.conv_seg.weight, network.decode_head.conv_seg.bias)
    before = [part.data.clone() for part in parts]
    for part in parts:
        part.data.zero_()
    yield
    for part, value in zip(parts, before, strict=True):
        part.data.copy_(value)


def test_again_with_the_first_labelled(trained, config, target, tmp_path):
    def names(number, **options) -> list[str]:
        chosen = SuggestOptions(progress=False, **options)
        found = mmda.suggest(trained.checkpoint, tmp_path / f"{number}.gpkg", target, chosen)
        return [tile.tile for tile in found.tiles]

    first, whole = names(0, count=3), names(1)
    assert len(whole) == 8 and whole[:3] == first
    assert names(2, labelled=str(tmp_path / "0.gpkg")) == whole[3:]
    of_config = config.with_name("few.py")
    few = f'dict(type="TiledDataset", data_root="{target}", labelled_tiles={first})'
    of_config.write_text(config.read_text() + f'train_dataloader["dataset"]["target"] = {few}')
    quiet = SuggestOptions(progress=False)
    found = mmda.suggest(trained.checkpoint, tmp_path / "3.gpkg", options=quiet, config=of_config)
    assert [tile.tile for tile in found.tiles] == whole[3:] and found.candidates == 5


def test_tiles_without_data_are_never_suggested(trained, target, tmp_path, monkeypatch):
    from mmda.engine import target_batches

    real = target_batches.DomainImages.mask
    monkeypatch.setattr(  # the tiles of the second scene hold nothing
        target_batches.DomainImages,
        "mask",
        lambda self, size: (
            real(self, size)
            if "s0" in self.samples[0].tile
            else torch.zeros(len(self.images), *size, dtype=torch.bool)
        ),
    )
    options = SuggestOptions(batch_size=1, progress=False)
    found = mmda.suggest(trained.checkpoint, tmp_path / "a.gpkg", target, options, device="cpu")
    assert {tile.scene for tile in found.tiles} == {"s0"}
    assert (found.candidates, found.empty) == (4, 4)


def test_what_does_not_fit(trained, target, toy_root, tmp_path):
    with pytest.raises(ConfigError, match=r"must end in \.gpkg"):
        mmda.suggest(trained.checkpoint, tmp_path / "a.shp", target)
    with pytest.raises(ConfigError, match=r"has no target dataset\. Name one with --data"):
        mmda.suggest(trained.checkpoint, tmp_path / "a.gpkg")
    with pytest.raises(ConfigError, match="`count` must be 1 or more"):
        SuggestOptions(count=0)
    with pytest.raises(ConfigError, match=r"`gone\.pth` does not exist"):
        mmda.suggest("gone.pth", tmp_path / "a.gpkg", target)
    every = tmp_path / "every.txt"
    every.write_text("\n".join(p.stem for p in (target / "train" / "images").iterdir()))
    more = SuggestOptions(labelled=str(every), progress=False)
    with pytest.raises(DataError, match="no tile of this split"):
        mmda.suggest(
            trained.checkpoint, tmp_path / "a.gpkg", toy_root / "buildings" / "target", more
        )
    with pytest.raises(DataError, match="8 are labelled; none is left"):
        mmda.suggest(trained.checkpoint, tmp_path / "a.gpkg", target, more)
    assert not (tmp_path / "a.gpkg").exists()
