"""From folders of real images to scores, pictures and maps, in a few iterations.

The samples lie in the folder named by MMDA_SAMPLE_DATA.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import rasterio

from mmda.cli import main
from mmda.raster import read_dataset_info

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif("MMDA_SAMPLE_DATA" not in os.environ, reason="MMDA_SAMPLE_DATA is not set"),
]
DATA = Path(os.environ.get("MMDA_SAMPLE_DATA", ""))
CONFIGS = Path(__file__).resolve().parents[2] / "configs" / "custom"
ITERATIONS = 4
SHORT = [
    f"train_cfg.max_iters={ITERATIONS}",
    "train_dataloader.batch_size=2",
    "model.segmentor.backbone.base_channels=8",
    "model.segmentor.backbone.norm_cfg.num_groups=4",
    "model.segmentor.decode_head.in_channels=[8,16,32,64]",
    "model.segmentor.decode_head.channels=8",
    "model.segmentor.decode_head.norm_cfg.num_groups=4",
    "default_hooks.selection.tiles=1",
]
COLOR = "color:255,120,80=1,0,0,0=0"
# task: the class, then (folder, pairing rule, decoding rule, nominal GSD) of source and target.
TRANSFERS = {
    "buildings": (
        "building",
        ("inria_tif", "same-stem", "binary", "0.3"),
        ("china_cities_buildings", "same-stem", "binary", "0.3"),
    ),
    "roads": (
        "road",
        ("gsi_japan_roads", "same-stem", COLOR, "0.2"),
        ("deepglobe_roads", "{stem}_sat.jpg->{stem}_mask.png", "threshold:128", "0.5"),
    ),
}
GSD = {"buildings": "0.3", "roads": "0.5"}  # metres/pixel, of both domains
TEST_SCENES = {"buildings": 3, "roads": 1}


def convert(task: str, domain: str, out: Path) -> dict:
    """Tile one domain; the target's last scenes are its labelled test split."""
    name, *transfer = TRANSFERS[task]
    folder, pair, decode, nominal = transfer[domain == "target"]
    images = DATA / folder / "images"
    table = out.with_suffix(".csv")
    stems = sorted(path.stem for path in images.iterdir())
    held = stems[-TEST_SCENES[task] :] if domain == "target" else []
    rows = [f"{stem},{'test' if stem in held else 'train'}" for stem in stems]
    table.write_text("\n".join(["scene,split", *rows]))
    options = ["--pair", pair, "--decode", decode, "--nominal-gsd", nominal, "--gsd", GSD[task]]
    options += ["--task", task, "--domain", domain, "--classes", "background", name]
    options += ["--split-csv", str(table), "--tile", "512" if domain == "target" else "224"]
    masks = DATA / folder / "masks"
    assert main(["tile", "folder", str(images), str(out), "--masks", str(masks), *options]) == 0
    return read_dataset_info(out)


@pytest.fixture(scope="module", params=sorted(TRANSFERS))
def domains(request, tmp_path_factory):
    """Both tiled domains of a task."""
    root = tmp_path_factory.mktemp(request.param)
    info = {name: convert(request.param, name, root / name) for name in ("source", "target")}
    assert {i["gsd"] for i in info.values()} == {float(GSD[request.param])}
    assert set(info["target"]["splits"]) == {"train", "test"}
    return root


def train(name: str, root: Path, monkeypatch) -> Path:
    """Train a custom config for a few iterations, once, and return its checkpoint."""
    monkeypatch.setenv("MMDA_SOURCE", str(root / "source"))
    monkeypatch.setenv("MMDA_TARGET", str(root / "target"))
    monkeypatch.setenv("MMDA_CROP", "64")
    options = list(SHORT)
    if name == "adapted":
        options.append("model.alignments.self_training.start=2")
    work_dir = root / name
    checkpoint = work_dir / f"iter_{ITERATIONS}.pth"
    if checkpoint.exists():
        return checkpoint
    config = str(CONFIGS / f"{name}.py")
    assert main(["train", config, "--work-dir", str(work_dir), "--cfg-options", *options]) == 0
    return checkpoint


def test_source_only_and_adapted_are_trained_scored_and_pictured(domains, monkeypatch):
    pictures, scores = {}, {}
    for name in ("source_only", "adapted"):
        checkpoint = train(name, domains, monkeypatch)
        folder, out = domains / name / "pictures", domains / name / "scores.json"
        paths = [str(CONFIGS / f"{name}.py"), str(checkpoint), "--work-dir", str(domains / "test")]
        outputs = ["--out", str(out), "--show-dir", str(folder)]
        assert main(["test", *paths, *outputs, "--cfg-options", *SHORT]) == 0
        scores[name] = json.loads(out.read_text())
        pictures[name] = {path.name: cv2.imread(str(path)) for path in folder.glob("*.png")}
    classes = read_dataset_info(domains / "target")["classes"]
    for result in scores.values():
        assert all(0 <= result[f"IoU/{c}"] <= 100 for c in classes)
    tiles = read_dataset_info(domains / "target")["splits"]["test"]
    assert len(pictures["source_only"]) == tiles
    assert pictures["source_only"].keys() == pictures["adapted"].keys()
    pairs = [(pictures["source_only"][n], pictures["adapted"][n]) for n in pictures["adapted"]]
    for plain, adapted in pairs:
        height = plain.shape[0]
        assert plain.shape == adapted.shape == (height, 3 * height, 3)
        np.testing.assert_array_equal(plain[:, : 2 * height], adapted[:, : 2 * height])
        assert (plain[:, :height] != plain[:, height : 2 * height]).any()
    assert any((plain != adapted).any() for plain, adapted in pairs)


@pytest.mark.parametrize("domains", ["buildings"], indirect=True)
def test_real_geotiffs_are_mapped_where_they_lie(domains, tmp_path, monkeypatch):
    checkpoint = train("source_only", domains, monkeypatch)
    images = sorted((DATA / "geotiff_rgb" / "images").glob("*.tif"))
    names = ["--classes", "background", "building", "--task", "buildings", "--domain", "target"]
    tiled = ["tile", "geotiff", str(images[0].parent), str(tmp_path / "tiled"), "--tile", "256"]
    assert main([*tiled, *names]) == 0
    assert read_dataset_info(tmp_path / "tiled")["scenes"] == len(images) == 2

    config = str(CONFIGS / "source_only.py")
    paths = [str(checkpoint), *map(str, images), "--out", str(tmp_path / "maps"), "--tile", "256"]
    assert main(["predict", config, *paths, "--device", "cpu", "--cfg-options", *SHORT]) == 0
    for image in images:
        with (
            rasterio.open(image) as before,
            rasterio.open(tmp_path / "maps" / f"{image.stem}_mask.tif") as after,
        ):
            assert after.crs == before.crs is not None
            assert after.transform == before.transform
            assert (after.shape, after.nodata) == (before.shape, 255)
            valid = before.dataset_mask() > 0
            mask = after.read(1)
            np.testing.assert_array_equal(mask == 255, ~valid)
            assert set(np.unique(mask[valid])) <= {0, 1}
