"""Maps made on a Dask cluster, with workers that die on the way."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from api_samples import map_names, pixel_model
from raster_samples import noise, snapshot, write

import mmda
from mmda.errors import ConfigError, DataError

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
cloudpickle = pytest.importorskip("cloudpickle")

QUIET = {"tile": 32, "progress": False, "band_strips": 1}


class Loaded:
    """Loads :func:`pixel_model`; the first process that predicts with it kills itself.

    Args:
        trap: A file that is there until then; ``None`` for no such trap.
        always: Whether every process dies.
    """

    def __init__(self, trap: Path | None = None, always: bool = False) -> None:
        self.trap, self.always = trap, always

    def __call__(self) -> mmda.Model:
        return replace(
            pixel_model(), predictor=self.predict, name=f"m.pth {self.always}", load=self
        )

    def predict(self, batch: np.ndarray) -> np.ndarray:
        if self.always:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.trap is not None:
            time.sleep(0.02)
            try:
                self.trap.unlink()
            except FileNotFoundError:
                pass
            else:
                os.kill(os.getpid(), signal.SIGKILL)
        return pixel_model().predictor(batch)


@pytest.fixture(scope="module")
def cluster():
    # By default the client waits half a minute for the results that a dead worker held.
    with (
        dask.config.set(
            {
                "distributed.comm.timeouts.connect": "2s",
                "distributed.scheduler.allowed-failures": 1,
            }
        ),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
    ):
        yield cluster


def maps(folder):
    return {name: digest for name, digest in snapshot(folder).items() if "stac" not in name}


def test_a_killed_worker_changes_nothing(tmp_path, cluster):
    image = write(tmp_path / "scene.tif", noise(3, 200, 50))
    mmda.predict(Loaded()(), image, tmp_path / "whole", mmda.PredictOptions(**QUIET))
    (tmp_path / "trap").touch()
    options = mmda.PredictOptions(**QUIET, scheduler=cluster.scheduler_address, polygons=True)
    images = [image, tmp_path / "gone.tif"]
    with pytest.raises(mmda.FailedPredictionsError, match="gone") as error:
        mmda.predict(Loaded(tmp_path / "trap")(), images, tmp_path / "out", options)
    assert not (tmp_path / "trap").exists()
    (done,) = error.value.predictions
    assert done.polygons.counts["building"] > 0 and sum(done.summary.class_pixels) == 200 * 50
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == map_names("scene") | {"scene_polygons.gpkg"}
    plain = mmda.PredictOptions(**QUIET, shard="1/1")
    mmda.predict_bands(Loaded()(), image, tmp_path / "bands", plain)
    mmda.mosaic(tmp_path / "bands")
    assert maps(tmp_path / "bands") == maps(tmp_path / "whole")
    with mmda_mask(tmp_path / "out") as found, mmda_mask(tmp_path / "whole") as expected:
        np.testing.assert_array_equal(found.read(), expected.read())


def mmda_mask(folder):
    return rasterio.open(folder / "scene_mask.tif")


def test_a_map_that_kills_its_workers_counts_as_failed(tmp_path, cluster):
    image = write(tmp_path / "scene.tif", noise(3, 40, 50))
    options = mmda.PredictOptions(**QUIET, scheduler=cluster.scheduler_address)
    with pytest.raises(DataError, match="one worker after the other died"):
        mmda.predict(Loaded(always=True)(), image, tmp_path / "out", options)


def test_models_that_cannot_be_loaded_elsewhere(tmp_path):
    image = write(tmp_path / "scene.tif", noise(3, 40, 50))
    options = mmda.PredictOptions(**QUIET, scheduler="tcp://127.0.0.1:9")
    with pytest.raises(ConfigError, match="its workers load it again"):
        mmda.predict(pixel_model(), image, tmp_path / "out", options)


def test_a_loaded_model_can_be_loaded_again(trained, config):
    model = mmda.load_model(config, trained.checkpoint, device="cpu")
    again = cloudpickle.loads(cloudpickle.dumps(model.load))()
    assert again.name == model.name
