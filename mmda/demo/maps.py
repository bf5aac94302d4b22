"""A whole scene of the target city, mapped by each of the demo's models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mmda import PredictOptions, load_model, predict
from mmda.ablation.cities import city_scenes
from mmda.ablation.run import CONFIG_FILE, Run

OPTIONS = PredictOptions(tile=256, progress=False)


def map_scene(runs: Mapping[str, Run], cities: Path, task: str) -> dict[str, Path]:
    """Map the first test scene of the target city with each model; a map that exists is kept.

    Args:
        runs: Finished runs by name.
        cities: Folder of the generated cities.
        task: Task of the models.

    Returns:
        The masks by name.
    """
    scene = next(s for s in city_scenes(cities / "target", task) if s.split == "test")
    return {name: _map(run, Path(scene.image)) for name, run in runs.items()}


def _map(run: Run, image: Path) -> Path:
    out = run.folder / "map.tif"
    if not out.is_file():
        predict(load_model(run.folder / CONFIG_FILE, run.checkpoint), image, out, OPTIONS)
    return out
