"""Translated copies: what stays, what changes, and what a kill leaves."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from core_samples import REPO
from mmengine.registry import init_default_scope
from raster_samples import make_scenes, snapshot, tile

from mmda.cli import main
from mmda.engine.launch import load_config
from mmda.errors import ConfigError, DataError
from mmda.raster import RasterLabels, Scene
from mmda.raster.dataset.manifest import read_dataset_info, read_manifest
from mmda.raster.dataset.tile_files import read_tile
from mmda.raster.dataset.verify import verify_dataset
from mmda.registry import MODELS
from mmda.style.translate import TranslatedCopy
from mmda.style.translators import METHODS, NetworkTranslator, training_free


@pytest.fixture
def folders(toy_root):
    return str(toy_root / "buildings" / "source"), str(toy_root / "buildings" / "target")


class Inverse:
    """255 minus the image: what it does is seen in every pixel."""

    def __init__(self, name: str = "inverse") -> None:
        self.description = {"method": name}

    def __call__(self, image: np.ndarray, tile: str, valid=None) -> np.ndarray:
        return 255 - image


def copy_of(source, out, translator=None, **options) -> TranslatedCopy:
    return TranslatedCopy(source, out, translator or Inverse(), progress=False, **options)


def test_the_copy_is_the_dataset_with_other_images(folders, tmp_path):
    source, out = Path(folders[0]), tmp_path / "out"
    done = copy_of(source, out).write()
    assert (done.tiles, done.translated, done.linked, done.copied) == (12, 12, 12, 0)
    assert verify_dataset(out, progress=False).problems == []
    before, after = read_manifest(source), read_manifest(out)
    own = {"image_bytes", "image_crc32"}
    for old, new in zip(before, after, strict=True):
        assert {k: v for k, v in old.items() if k not in own} == {
            k: v for k, v in new.items() if k not in own
        }
        image, translated = (read_tile(str(root / old["image"]))[0] for root in (source, out))
        np.testing.assert_array_equal(translated, 255 - image)
        assert os.path.samefile(source / old["label"], out / old["label"])
        with rasterio.open(source / old["image"]) as a, rasterio.open(out / old["image"]) as b:
            assert (a.crs, a.transform, a.nodata) == (b.crs, b.transform, b.nodata)
            assert b.crs is not None
    old, new = read_dataset_info(source), read_dataset_info(out)
    mean = [255 - value for value in old["statistics"]["mean"]]
    assert new["statistics"]["mean"] == pytest.approx(mean)
    assert new["statistics"]["std"] == pytest.approx(old["statistics"]["std"])
    changed = {key for key in {*old, *new} if old.get(key) != new.get(key)}
    assert changed == {"statistics", "translation"}


def test_labels_are_copied_on_request_and_where_links_fail(folders, tmp_path, monkeypatch):
    done = copy_of(folders[0], tmp_path / "a", copy_labels=True).write()
    assert (done.linked, done.copied) == (0, 12)

    def refuse(*_):
        raise OSError("cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    done = copy_of(folders[0], tmp_path / "b").write()
    assert (done.linked, done.copied) == (0, 12)
    for name in ("a", "b"):
        assert verify_dataset(tmp_path / name, progress=False).problems == []


def killed_in_the_middle(source, out, after):
    """Write a copy in a process that is killed while it writes a tile."""

    def work():
        written = []
        replace = os.replace

        def half(temporary, path):
            if Path(path).suffix == ".tif":
                written.append(path)
                if len(written) > after:
                    os.truncate(temporary, os.path.getsize(temporary) // 2)
                    os.kill(os.getpid(), signal.SIGKILL)
            replace(temporary, path)

        os.replace = half
        copy_of(source, out, workers=1).write()

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("after", [0, 5, 11])
def test_a_killed_translation_goes_on_and_ends_in_the_same_files(folders, tmp_path, after):
    copy_of(folders[0], tmp_path / "whole").write()
    out = tmp_path / "killed"
    killed_in_the_middle(folders[0], out, after)
    assert len(list(out.rglob("*.tif"))) == after + 1  # one of them half, under a temporary name
    assert not (out / "manifest.parquet").exists()
    done = copy_of(folders[0], out).write()
    assert done.translated == 12 - after
    assert snapshot(out) == snapshot(tmp_path / "whole")


def test_a_finished_translation_is_left_alone(folders, tmp_path):
    copy_of(folders[0], tmp_path / "out").write()
    times = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")}
    assert copy_of(folders[0], tmp_path / "out").write().translated == 0
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*")} == times


def test_another_translation_needs_overwrite(folders, tmp_path):
    out = tmp_path / "out"
    copy_of(folders[0], out).write()
    with pytest.raises(ConfigError, match=r"differs in method\. Replace it with --overwrite"):
        copy_of(folders[0], out, Inverse("other")).write()
    assert copy_of(folders[0], out, Inverse("other")).write(overwrite=True).translated == 12
    assert json.loads((out / "translation.json").read_text())["method"] == "other"
    assert verify_dataset(Path(folders[0]), progress=False).problems == []  # links, not the files


def test_folders_that_are_refused(folders, tmp_path):
    with pytest.raises(ConfigError, match="is the dataset to be translated"):
        copy_of(folders[0], folders[0]).write()
    with pytest.raises(ConfigError, match="is not empty and not a translation"):
        copy_of(folders[0], folders[1]).write(overwrite=True)
    tile(make_scenes(tmp_path / "scenes", 1), tmp_path / "windows", format="none")
    with pytest.raises(DataError, match="has no tiles, only a manifest of windows"):
        copy_of(tmp_path / "windows", tmp_path / "out").write()


@pytest.mark.parametrize("nodata", [0, 255, None])
def test_no_data_stays_no_data_and_data_stays_data(tmp_path, nodata):
    scenes = make_scenes(tmp_path, 1, height=128, width=128)
    with rasterio.open(scenes[0].image) as raster:
        pixels, profile = raster.read(), raster.profile
    hole = np.zeros((128, 128), bool)
    hole[:40, :30] = True
    pixels[:, hole] = 0 if nodata is None else nodata
    pixels[:, 60:, 60:] = 255 if nodata == 0 else 0  # what its inverse would turn to no-data
    path = tmp_path / "holed.tif"
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(path, "w", **{**profile, "nodata": nodata}) as raster,
    ):
        raster.write(pixels)
        if nodata is None:
            raster.write_mask(~hole)
    scene = Scene("s", str(path), "train", RasterLabels(scenes[0].label.path))
    source, out = tmp_path / "tiled", tmp_path / "out"
    tile([scene], source)
    copy_of(source, out).write()
    assert verify_dataset(out, progress=False).problems == []
    holes = 0
    for row in read_manifest(source):
        (image, valid), (translated, kept) = (
            read_tile(str(root / row["image"])) for root in (source, out)
        )
        if valid is None:
            assert kept is None
            valid = np.ones(image.shape[:2], bool)
        else:
            np.testing.assert_array_equal(kept, valid)
            holes += (~valid).sum()
        np.testing.assert_array_equal(translated[~valid], image[~valid])
        np.testing.assert_allclose(
            translated[valid].astype(int), 255 - image[valid].astype(int), atol=1
        )
    assert holes == hole.sum()


@pytest.mark.parametrize("fmt", ["png", "jpg"])
def test_plain_formats(tmp_path, fmt):
    tile(make_scenes(tmp_path / "scenes", 1), tmp_path / "tiled", format=fmt)
    copy_of(tmp_path / "tiled", tmp_path / "out").write()
    assert verify_dataset(tmp_path / "out", progress=False).problems == []


@pytest.mark.parametrize("method", METHODS)
def test_methods_without_training(folders, tmp_path, method, capsys):
    argv = ["translate", folders[0], str(tmp_path / "out"), "--method", method]
    assert main([*argv, "--target", folders[1]]) == 0
    assert (
        "12 tiles (12 translated now), labels: 12 hard-linked, 0 copied" in capsys.readouterr().out
    )
    found, wanted, before = (
        read_dataset_info(root)["statistics"]["mean"]
        for root in (tmp_path / "out", folders[1], folders[0])
    )
    far = np.abs(np.subtract(before, wanted))
    assert (np.abs(np.subtract(found, wanted)) < 0.5 * far.clip(8)).all()


def test_the_drawn_tile_depends_on_the_tile_and_the_seed_alone(folders):
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    one, same, other = (training_free("fda", *folders, seed=seed) for seed in (0, 0, 1))
    names = [f"tile{n}" for n in range(12)]
    looks = [one(image, name).tobytes() for name in names]
    assert [same(image, name).tobytes() for name in reversed(names)] == looks[::-1]
    assert [other(image, name).tobytes() for name in names] != looks
    assert len(set(looks)) == 4  # all tiles of the target's training split


def save_cyclegan(path):
    init_default_scope("mmda")
    config = load_config(f"{REPO}/configs/style/toy.py")
    torch.manual_seed(0)
    model = MODELS.build(config.model)
    model.init_weights()
    torch.save({"state_dict": model.state_dict(), "meta": {}}, path)
    return model.eval()


def test_cyclegan_translates_as_its_generator_does(folders, tmp_path):
    model = save_cyclegan(tmp_path / "gan.pth")
    config = f"{REPO}/configs/style/toy.py"
    image = np.random.default_rng(0).integers(0, 256, (33, 46, 3), np.uint8)
    for look in ("target", "source"):
        translator = NetworkTranslator(config, str(tmp_path / "gan.pth"), look, "cpu")
        scaled = torch.from_numpy(image).permute(2, 0, 1)[None] / 127.5 - 1
        with torch.no_grad():
            expected = (model.generators[look](scaled)[0] + 1) * 127.5
        got = translator(image, "t").astype(float)
        assert np.abs(got - expected.permute(1, 2, 0).numpy()).max() <= 0.51
    with pytest.raises(ConfigError, match=r"has 4 bands, but the CycleGAN was trained on 3"):
        translator(np.zeros((8, 8, 4), np.uint8), "t")
    argv = ["translate", folders[0], str(tmp_path / "out"), "--cyclegan", config]
    assert main([*argv, str(tmp_path / "gan.pth"), "--device", "cpu"]) == 0
    assert verify_dataset(tmp_path / "out", progress=False).problems == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--method", "fda"], "needs --target"),
        (["--method", "fda", "--target", "T", "--beta", "0.7"], "must be in [0, 0.5)"),
        (["--method", "fda", "--target", "T", "--workers", "0"], "--workers must be at least 1"),
    ],
)
def test_options_that_do_not_fit(folders, tmp_path, options, message, capsys):
    options = [folders[1] if option == "T" else option for option in options]
    assert main(["translate", folders[0], str(tmp_path / "out"), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("method", ["tile_histogram", "fda"])
def test_the_values_of_no_data_do_not_change_the_data(folders, tmp_path, method):
    """The copies of two datasets that differ in their no-data value alone agree where data is."""
    copies = []
    for nodata in (0, 255):
        folder = tmp_path / str(nodata)
        (scene,) = make_scenes(folder, 1, height=64, width=64)
        with rasterio.open(scene.image) as raster:
            pixels, profile = raster.read().clip(1, 254), raster.profile
        pixels[:, :, :32] = nodata
        with rasterio.open(folder / "holed.tif", "w", **{**profile, "nodata": nodata}) as raster:
            raster.write(pixels)
        holed = Scene("s", str(folder / "holed.tif"), "train", scene.label)
        tile([holed], folder / "tiled")
        translator = training_free(method, str(folder / "tiled"), folders[1])
        copy_of(folder / "tiled", folder / "out", translator).write()
        (row,) = read_manifest(folder / "out")
        copies.append(read_tile(str(folder / "out" / row["image"])))
    (first, valid), (second, _) = copies
    assert valid.sum() == 64 * 32
    clear = valid & (first > 1).all(2) & (second > 1).all(2)  # values next to no-data are moved
    clear &= (first < 254).all(2) & (second < 254).all(2)
    assert clear.sum() > 1500
    np.testing.assert_array_equal(first[clear], second[clear])


def test_ignored_pixels_of_a_plain_tile_are_no_part_of_its_look(folders, tmp_path):
    """PNG tiles do not record their no-data, but the label ignores it."""
    (scene,) = make_scenes(tmp_path, 1, height=64, width=64)
    with rasterio.open(scene.image) as raster:
        pixels, profile = raster.read(), raster.profile
    pixels[:, :, :32] = 0
    with rasterio.open(tmp_path / "holed.tif", "w", **{**profile, "nodata": 0}) as raster:
        raster.write(pixels)
    tile(
        [Scene("s", str(tmp_path / "holed.tif"), "train", scene.label)],
        tmp_path / "t",
        format="png",
    )
    translator = training_free("tile_histogram", str(tmp_path / "t"), folders[1])
    copy_of(tmp_path / "t", tmp_path / "out", translator).write()
    mean = read_dataset_info(tmp_path / "out")["statistics"]["mean"]
    (row,) = read_manifest(tmp_path / "out")
    image, valid = read_tile(str(tmp_path / "out" / row["image"]))
    original = np.moveaxis(pixels, 0, -1)
    mask = np.zeros((64, 64), bool)
    mask[:, 32:] = True
    expected = translator(original, row["id"], mask)
    assert valid is None
    np.testing.assert_array_equal(image[:, 32:], expected[:, 32:])
    np.testing.assert_allclose(mean, image[:, 32:].mean((0, 1)))
