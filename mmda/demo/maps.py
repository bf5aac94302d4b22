"""A whole scene of the target city, mapped by each of the demo's models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mmda import PredictOptions, load_model, predict
from mmda.ablation.cities import city_scenes
from mmda.ablation.run import CONFIG_FILE, Run
from mmda.raster import RasterLabels

OPTIONS = PredictOptions(tile=256, progress=False)


@dataclass(frozen=True)
class MappedScene:
    """A scene, its truth and what models make of it.

    Attributes:
        image: The raster.
        truth: Its mask.
        maps: The predicted masks by name of the model.
    """

    image: Path
    truth: Path
    maps: Mapping[str, Path]


def map_scene(runs: Mapping[str, Run], cities: Path, task: str) -> MappedScene:
    """Map the first test scene of the target city with each model; a map that exists is kept.

    Args:
        runs: Finished runs by name.
        cities: Folder of the generated cities.
        task: Task of the models.
    """
    scene = next(s for s in city_scenes(cities / "target", task) if s.split == "test")
    truth = cast(RasterLabels, scene.label)
    maps = {name: _map(run, Path(scene.image)) for name, run in runs.items()}
    return MappedScene(Path(scene.image), Path(truth.path), maps)


def _map(run: Run, image: Path) -> Path:
    out = run.folder / "map.tif"
    if not out.is_file():
        predict(load_model(run.folder / CONFIG_FILE, run.checkpoint), image, out, OPTIONS)
    return out
