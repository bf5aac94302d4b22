"""``mmda score``, from masks and layers to a table."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
import torch
from mmengine.registry import init_default_scope
from rasterio.transform import from_origin

import mmda
from mmda.cli import main
from mmda.evaluation.map_metric import MapMetric
from mmda.registry import METRICS

PIXEL = 0.5  # metres


def write(path, mask, left=5e5, crs="EPSG:32633"):
    path.parent.mkdir(exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", height=mask.shape[0], width=mask.shape[1], count=1,
        dtype="uint8", crs=crs, transform=from_origin(left, 5e6, PIXEL, PIXEL), nodata=255,
    ) as raster:  # fmt: skip
        raster.write(mask.astype(np.uint8), 1)
        raster.update_tags(CLASSES=json.dumps(["background", "road"]))
    return path


def road(row: int, gap: int = 0) -> np.ndarray:
    mask = np.zeros((60, 200), np.uint8)
    mask[row : row + 8, : 100 - gap] = mask[row : row + 8, 100 + gap :] = 1
    mask[:, 150:158] = 1
    return mask


@pytest.fixture
def folders(tmp_path):
    write(tmp_path / "maps" / "a_mask.tif", road(20))
    write(tmp_path / "truth" / "a.tif", road(22))
    write(tmp_path / "maps" / "b_mask.tif", road(30, 20))
    write(tmp_path / "truth" / "b_mask.tif", road(30))
    write(tmp_path / "maps" / "b_entropy.tif", road(30))  # what predict writes beside a mask
    return tmp_path


def test_folders_are_scored_together_and_scene_by_scene(folders, capsys):
    out = folders / "scores.json"
    command = ["score", str(folders / "maps"), str(folders / "truth"), "--road", "1"]
    assert main([*command, "--out", str(out), "--radius", "1", "--repeats", "200"]) == 0
    printed, found = capsys.readouterr().out, json.loads(out.read_text())
    assert found["scenes"] == ["a", "b"] and found["classes"] == ["background", "road"]
    pairs = [(road(20), road(22)), (road(30, 20), road(30))]
    hits = [(p & t).sum() for p, t in pairs]
    unions = [(p | t).sum() for p, t in pairs]
    assert found["pooled"]["IoU"][1] == pytest.approx(100 * sum(hits) / sum(unions))
    assert [scene[1] for scene in found["per_scene"]["IoU"]] == pytest.approx(
        [100 * hit / union for hit, union in zip(hits, unions, strict=True)]
    )
    low, high = (end[1] for end in found["intervals"]["IoU"])
    assert low == min(s[1] for s in found["per_scene"]["IoU"]) < found["pooled"]["IoU"][1] < high
    # A metre is two pixels: the road that lies two pixels too high is right everywhere.
    assert found["per_scene"]["relaxed precision"][0][1] == 100
    assert found["per_scene"]["object F1"][1][1] == pytest.approx(100 * 2 * 1 / 3)  # it is broken
    assert 50 < found["apls"][0] < 100
    assert f"{found['apls'][0]:.1f}" in printed and "| a |" in printed


def test_one_map_has_no_interval_and_a_layer_is_burnt(folders, capsys):
    box = shapely.box(5e5, 5e6 - 19, 5e5 + 100, 5e6 - 15)  # rows 30 to 37
    up = shapely.box(5e5 + 75, 5e6 - 30, 5e5 + 79, 5e6)
    layer = gpd.GeoDataFrame(geometry=[box, up], crs="EPSG:32633").to_crs(4326)
    layer.to_file(folders / "roads.gpkg")
    found = mmda.score(folders / "truth" / "b_mask.tif", folders / "roads.gpkg")
    assert found.pooled["IoU"][1] > 99 and found.apls is None
    assert np.isnan(found.intervals["IoU"]).all()
    assert main(["score", *[str(folders / "truth" / "a.tif")] * 2]) == 0
    assert "100.0 | 100.0" in capsys.readouterr().out


def test_layers_of_classes_and_of_lines_are_burnt(folders):
    shapes = [
        shapely.box(5e5, 5e6 - 19, 5e5 + 100, 5e6 - 15),
        shapely.box(5e5, 5e6 - 9, 5e5 + 9, 5e6),
    ]
    names = ["road", "background"]
    layer = gpd.GeoDataFrame({"class": names, "id": [1, 0]}, geometry=shapes, crs="EPSG:32633")
    layer.to_file(folders / "classes.gpkg")
    mask = np.zeros((60, 200), np.uint8)
    mask[30:38] = 1
    map_ = write(folders / "bar_mask.tif", mask)
    for options in (mmda.ScoreOptions(), mmda.ScoreOptions(class_column="id")):
        found = mmda.score(map_, folders / "classes.gpkg", options)
        assert found.pooled["IoU"].tolist() == [100, 100]
    line = shapely.LineString([(5e5, 5e6 - 17), (5e5 + 100, 5e6 - 17)])
    gpd.GeoDataFrame(geometry=[line], crs="EPSG:32633").to_file(folders / "line.gpkg")
    found = mmda.score(map_, folders / "line.gpkg", mmda.ScoreOptions(line_width=4.0))
    assert found.pooled["IoU"].tolist() == [100, 100]
    layer["class"] = "lake"
    layer.to_file(folders / "lake.gpkg")
    with pytest.raises(mmda.DataError, match=r"no class for lake.*--class-column none"):
        mmda.score(map_, folders / "lake.gpkg")
    found = mmda.score(map_, folders / "lake.gpkg", mmda.ScoreOptions(class_column="none"))
    assert found.pooled["recall"][1] == 100 * 1600 / (1600 + 18 * 18)  # both features


def test_cities_are_scenes_whose_names_differ_in_a_number(tmp_path, capsys):
    rows = {"austin1": 22, "austin2": 24, "tyrol-w_07": 20}
    for name, row in rows.items():
        write(tmp_path / "maps" / f"{name}_mask.tif", road(row))
        write(tmp_path / "truth" / f"{name}.tif", road(20))
    assert main(["score", str(tmp_path / "maps"), str(tmp_path / "truth")]) == 0
    printed = capsys.readouterr().out
    found = mmda.score(tmp_path / "maps", tmp_path / "truth")
    assert found.cities == ["austin", "tyrol-w"]
    masks = [(road(row), road(20)) for row in (22, 24)]
    hits, unions = (
        sum(part.sum() for part in parts)
        for parts in zip(*((one & other, one | other) for one, other in masks), strict=True)
    )
    assert found.per_city["IoU"][0, 1] == pytest.approx(100 * hits / unions)
    assert found.per_city["IoU"][1].tolist() == [100, 100]
    assert "| austin | " in printed and "| tyrol-w | 100.0 | 100.0 |" in printed
    (tmp_path / "maps" / "austin2_mask.tif").unlink()
    assert mmda.score(tmp_path / "maps", tmp_path / "truth").cities == []


def test_pixels_without_data_or_label_do_not_count(tmp_path):
    label, prediction = road(20), road(20)
    label[:, :50], prediction[:, 50:60] = 255, 255
    prediction[:, :50] = 1 - prediction[:, :50]
    one, other = write(tmp_path / "p.tif", prediction), write(tmp_path / "t.tif", label)
    found = mmda.score(one, other)
    for name in ("IoU", "boundary IoU", "relaxed F1", "object F1"):
        assert found.pooled[name].tolist() == [100, 100], name


def test_pixels_of_a_geographic_crs_are_metres_on_the_ground(tmp_path):
    """At 60 degrees north a degree of longitude is half as long as one of latitude."""
    paths = []
    for name, row, column in (("map", 20, 40), ("north", 22, 40), ("east", 20, 42)):
        mask = np.zeros((60, 80), np.uint8)
        mask[row : row + 10, column : column + 10] = 1
        paths.append(tmp_path / f"{name}.tif")
        with rasterio.open(
            paths[-1], "w", driver="GTiff", height=60, width=80, count=1, dtype="uint8",
            crs="EPSG:4326", transform=from_origin(10, 60, 9e-6, 9e-6),
        ) as raster:  # fmt: skip
            raster.write(mask, 1)
    options = mmda.ScoreOptions(radius=1.2, boundary=1.2)
    north, east = (mmda.score(paths[0], path, options) for path in paths[1:])
    assert east.pooled["relaxed F1"][1] == 100  # two pixels are a metre
    assert north.pooled["relaxed F1"][1] == pytest.approx(90, abs=0.1)  # two pixels are two metres
    with rasterio.open(paths[1], "r+") as raster:
        raster.transform = from_origin(10, 60, 18e-6, 18e-6)
    with pytest.raises(mmda.DataError, match="have not the same pixels"):
        mmda.score(paths[0], paths[1])


def test_roads_are_judged_as_they_are_mapped(tmp_path):
    one = road(20)
    one[:, 190:] = 255
    path = write(tmp_path / "one.tif", one)
    for index in (0, 1):  # what is unknown is no road
        found = mmda.score(path, path, mmda.ScoreOptions(road=index))
        assert found.apls[0] == pytest.approx(100)
    broken = write(tmp_path / "broken.tif", road(20, 4))
    whole = write(tmp_path / "whole.tif", road(20))
    found = mmda.score(broken, whole, mmda.ScoreOptions(road=1))
    assert found.apls[0] < 95  # a gap of 4 m is not bridged before it is judged
    (tmp_path / "m").mkdir(), (tmp_path / "t").mkdir()
    for folder, names in (("m", ("a", "b")), ("t", ("a",))):
        for name in names:
            write(tmp_path / folder / f"{name}.tif", road(20))
    write(tmp_path / "t" / "b.tif", np.zeros((60, 200), np.uint8))  # a scene without roads
    found = mmda.score(tmp_path / "m", tmp_path / "t", mmda.ScoreOptions(road=1))
    assert found.apls[0] == pytest.approx(50)


def test_what_does_not_fit(folders, tmp_path, capsys):
    maps, truth = str(folders / "maps"), str(folders / "truth")
    moved = str(write(tmp_path / "moved.tif", road(20), left=5e5 + 1))
    odd = str(write(tmp_path / "odd.tif", road(20) * 3))
    one = str(folders / "maps" / "a_mask.tif")
    nowhere = str(write(tmp_path / "nowhere.tif", road(20), crs=None))
    lines, far, broken = (tmp_path / f"{name}.gpkg" for name in ("lines", "far", "broken"))
    line = shapely.LineString([(5e5, 5e6 - 10), (5e5 + 50, 5e6 - 10)])
    gpd.GeoDataFrame(geometry=[line], crs="EPSG:32633").to_file(lines)
    gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 9, 9)], crs="EPSG:32633").to_file(far)
    broken.write_bytes(b"no layer")
    double = tmp_path / "double"
    for name in ("a", "a_mask"):
        write(double / f"{name}.tif", road(20))
    (folders / "truth" / "a.tif").unlink()
    for arguments, words in (
        ([maps, truth], "no truth for 1 of 2 maps"),
        ([maps, one], "must be the folder of the truth"),
        ([one, str(tmp_path / "gone.tif")], "does not exist"),
        ([one, moved], "have not the same pixels"),
        ([one, odd], "has the value 3"),
        ([one, one, "--iou", "2"], "`iou` is 2"),
        ([one, one, "--boundary", "nan"], "`boundary` is nan"),
        ([one, one, "--iou", "0"], "`iou` is 0; expected a number above 0"),
        ([one, one, "--seed", "-1"], "`seed` is -1"),
        ([one, one, "--road", "7"], "`road` is 7, but the classes are"),
        ([nowhere, nowhere], "--gsd METRES"),
        ([one, str(lines)], "--line-width METRES"),
        ([one, str(far)], "lie elsewhere"),
        ([one, str(broken)], "Cannot read"),
        ([one, one, "--out", str(broken / "scores.json")], "cannot be written"),
        ([str(double), truth], "several files of the scene `a`"),
    ):
        assert main(["score", *arguments]) == 2, arguments
        assert words in capsys.readouterr().err, arguments


def test_the_metric_of_a_test_sums_over_tiles(folders):
    init_default_scope("mmda")
    metric = METRICS.build(dict(type="MapMetric", gsd=PIXEL, radius=1.0))
    assert isinstance(metric, MapMetric)
    metric.dataset_meta = {"classes": ["background", "road"]}
    for prediction, label in ((road(20), road(22)), (road(30, 20), road(30))):
        data = {"pred_sem_seg": prediction, "gt_sem_seg": label}
        sample = {name: {"data": torch.from_numpy(mask)[None]} for name, mask in data.items()}
        metric.process({}, [sample])
    found = metric.compute_metrics(metric.results)
    whole = mmda.score(folders / "maps", folders / "truth", mmda.ScoreOptions(radius=1.0))
    for name in ("boundary IoU", "relaxed F1", "object F1"):
        assert [found[f"{name}/{c}"] for c in whole.classes] == pytest.approx(
            whole.pooled[name].tolist()
        )
