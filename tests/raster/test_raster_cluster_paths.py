"""Workers of a cluster that were started in another folder."""

import os

import pytest
from raster_samples import make_scenes, snapshot, tile

from mmda.raster import RasterLabels, Scene

distributed = pytest.importorskip("distributed")


def test_relative_paths_reach_workers_elsewhere(tmp_path, monkeypatch):
    scenes = make_scenes(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "map.json").write_text('{"0": 1, "1": 0}')
    monkeypatch.chdir(tmp_path)
    scenes = [
        Scene(s.name, f"{s.name}.tif", s.split, RasterLabels(f"m{i}.tif", "idmap:map.json"))
        for i, s in enumerate(scenes)
    ]
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
            client.run(os.chdir, str(tmp_path / "elsewhere"))
        tile(scenes, tmp_path / "o", scheduler=cluster.scheduler_address)
    tile(scenes, tmp_path / "threads")
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "threads")
