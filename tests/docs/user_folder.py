"""A user's folder with the files that the pages name, and short forms of what takes long."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock

import geopandas
import pandas
import rasterio
from core_samples import LOOK, draw_scene, write_scene
from PIL import Image
from rasterio.features import shapes
from shapely.geometry import shape

import mmda
from mmda.api import training
from mmda.cli import main

TILE = 64
LONG = 800  # iterations of the configs in the pages, after which they name their checkpoints
SHORT = {
    "train_cfg.max_iters": 2,
    "default_hooks.checkpoint.interval": 2,
    "default_hooks.selection": None,
    "train_dataloader.batch_size": 2,
    "log_level": "ERROR",
}
TRAINED = ("source_only", "adapted", "source_only_bn")
PARTS = {"images": "train", "labelled": "test"}


def make(folder: Path) -> Path:
    """Write two cities: images, outlines of the one's buildings, masks of the other's."""
    outlines = []
    for number in range(3):
        mask = _scene(number, "source", folder / f"city_a/images/scene_{number}.tif")
        outlines.append(_polygons(mask))
        for seed, part, name in ((5, "images", "scene"), (8, "labelled", "test")):
            image = folder / f"city_b/{part}/{name}_{number}.tif"
            truth = folder / f"city_b/masks/{name}_{number}.tif"
            truth.parent.mkdir(parents=True, exist_ok=True)
            _scene(seed + number, "target", image).rename(truth)
    pandas.concat(outlines).to_file(folder / "city_a/buildings.gpkg")
    shutil.copytree(folder / "city_b/labelled", folder / "archive/images")
    shutil.copytree(folder / "city_b/masks", folder / "archive/masks")
    _plain_images(folder)
    return folder


def prepare(folder: Path) -> None:
    """Tile both cities and train what the How-to pages start from."""
    names = "--task buildings --classes background building"
    lines = [
        f"tile geotiff city_a/images data/source --labels city_a/buildings.gpkg {names} "
        "--domain source --val-fraction 0.4",
        *(
            f"tile geotiff city_b/{part} data/target --labels city_b/masks --decode binary {names} "
            f"--domain target --split {split}"
            for part, split in PARTS.items()
        ),
        *(f"train mmda::custom/{name}.py" for name in TRAINED),
        "predict mmda::custom/adapted.py work_dirs/custom/adapted/iter_800.pth "
        "city_b/images/scene_1.tif --out maps --tile 64",
    ]
    for line in lines:
        run(shlex.split(line))
    tiles = sorted((folder / "data/target/train/images").iterdir())
    (folder / "tiles.txt").write_text(f"{tiles[0].stem}\n")


def _scene(seed: int, domain: str, image: Path) -> Path:
    label, pixels = draw_scene(seed, LOOK[domain])
    return write_scene(image, label, pixels)


def _polygons(mask: Path) -> geopandas.GeoDataFrame:
    with rasterio.open(mask) as raster:
        label = raster.read(1)
        found = shapes(label, label == 1, transform=raster.transform)
        outlines = [shape(outline) for outline, _ in found]
        crs = raster.crs
    mask.unlink()
    return geopandas.GeoDataFrame(geometry=outlines, crs=crs)


def _plain_images(folder: Path) -> None:
    """Write the folders of images without georeference, each with its kind of masks."""
    for country in ("japan", "india"):
        for part in ("images", "masks"):
            (folder / country / part).mkdir(parents=True)
    label, pixels = draw_scene(3, LOOK["source"])
    colours = label[..., None] * [255, 120, 80]
    Image.fromarray(pixels).save(folder / "japan/images/one.png")
    Image.fromarray(colours.astype("uint8")).save(folder / "japan/masks/one.png")
    Image.fromarray(pixels).save(folder / "india/images/one_sat.jpg")
    Image.fromarray(label * 200).save(folder / "india/masks/one_mask.png")
    (folder / "splits.csv").write_text("scene,split\none_sat,train\n")


def run(arguments: list[str]) -> None:
    """Run a command of mmda, short where it takes long."""
    with short(arguments):
        assert main(arguments) == 0, shlex.join(arguments)


@contextmanager
def short(arguments: list[str]) -> Iterator[None]:
    """Make a command short, and name its checkpoint as the whole training does."""
    command = arguments[0]
    if command == "tile":
        arguments += ["--tile", str(TILE), "--workers", "1"]
    if command in ("train", "compare", "ablation") and "--dry-run" not in arguments:
        if command == "train":
            _extend(arguments)
        else:
            arguments.append("--dry-run")
    yield
    if command == "train":
        for checkpoint in Path("work_dirs").rglob("iter_2.pth"):
            checkpoint.rename(checkpoint.with_name(f"iter_{LONG}.pth"))


def _extend(arguments: list[str]) -> None:
    """Add overrides to a command's own, which are weaker."""
    if "--cfg-options" not in arguments:
        arguments.append("--cfg-options")
    arguments += [f"{key}={value}" for key, value in SHORT.items()]


def run_python(text: str, folder: Path) -> None:
    """Run a script, or write it where it begins with the name of a file."""
    head = text.partition("\n")[0]
    if head.startswith("# ") and head.endswith(".py"):
        (folder / head.removeprefix("# ")).write_text(text, encoding="utf-8")
        return
    quick = {
        "train": partial(training.train, cfg_options=SHORT),
        "tile": partial(mmda.tile, tile=TILE, workers=1, progress=False),
    }
    with mock.patch.multiple(mmda, create=True, **quick):
        exec(compile(text, "page", "exec"), {})


def expand(word: str, folder: Path) -> list[str]:
    """Return the files of a pattern, as a shell does."""
    if "*" not in word or "=" in word:
        return [word]
    found = sorted(path.relative_to(folder).as_posix() for path in folder.glob(word))
    return found or [word]
