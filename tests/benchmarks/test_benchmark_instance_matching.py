"""AIM's benchmark runs, compares equal sides, and refuses sides that differ."""

from __future__ import annotations

import importlib
import json

import pytest
from scripts import BENCHMARKS, run


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    for name in ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "")  # which the script sets for good
    return importlib.import_module("instance_matching")


def test_last_line_is_json_and_the_loop_is_slower():
    sizes = ["--size", "256", "--channels", "256", "--rounds", "1"]
    figures = json.loads(run("instance_matching.py", *sizes)[-1])
    assert set(figures) == {"time_ratio"}
    assert figures["time_ratio"] > 2


@pytest.mark.parametrize(("instances", "classes"), [(10, 1), (45, 5), (100, 10)])
def test_scenes_have_the_instances_that_they_say(benchmark, instances, classes):
    scene = benchmark.Scene.draw(size=512, stride=8, instances=instances, channels=2)
    loop = benchmark.InstanceLoop(range(1, scene.classes))
    found = [len(loop.masks(scene.labels[0].numpy(), k)) for k in range(1, scene.classes)]
    assert (len(found), sum(found)) == (classes, instances)


def test_sides_that_differ_are_not_compared(benchmark, monkeypatch):
    scene = benchmark.Scene.draw(size=128, stride=8, instances=10, channels=2)
    figures = benchmark.measure(scene, rounds=2)
    assert figures["difference"] < 1e-5
    right = benchmark.InstanceLoop.loss
    monkeypatch.setattr(benchmark.InstanceLoop, "loss", lambda *args: 1.001 * right(*args))
    with pytest.raises(SystemExit, match="differ by"):
        benchmark.measure(scene, rounds=1)
