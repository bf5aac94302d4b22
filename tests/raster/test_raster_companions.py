"""Style, picture and catalogue item beside a map."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import datetime, timezone

import cv2
import numpy as np
import pystac
import pytest
import rasterio
from affine import Affine
from pystac.validation import validate_dict
from raster_samples import affine

from mmda.raster.mapping.companions import Companions, write_companions
from mmda.raster.mapping.rasters import mask_writer, share_writer
from mmda.raster.mapping.write import Frame

PLACE = {"transform": affine(0.5), "crs": "EPSG:32633"}
CLASSES = ["background", 'a "road" & <path>', "Gebäude"]
PALETTE = [[0, 0, 0], [200, 100, 0], [1, 2, 255]]


def companions(folder, image, place=PLACE, classes=CLASSES, palette=PALETTE, tags=None, shares=()):
    """Write a mask and what stands beside it; return their paths by kind."""
    frame = Frame(*image.shape, place)
    assets = {"mask": folder / "x_mask.tif"}
    with mask_writer(assets["mask"], frame, classes, palette, tags) as writer:
        writer.write(image[None])
    for kind in shares:
        assets[kind] = folder / f"x_{kind}.tif"
        with share_writer(assets[kind], frame, 1, [kind]) as writer:
            writer.write(image[None])
    files = Companions(folder / "x_mask.qml", folder / "x.png", folder / "x.json")
    write_companions(files, assets)
    return files


def ids(height=40, width=50):
    image = np.zeros((height, width), np.uint8)
    image[: height // 2, : width // 2] = 1
    image[height // 2 :, width // 2 :] = 2
    image[:2] = 255
    return image


def test_the_style_has_the_colours_and_names(tmp_path):
    files = companions(tmp_path, ids())
    root = ET.fromstring(files.style.read_text(encoding="utf-8").partition("\n")[2])
    renderer = root.find("pipe/rasterrenderer")
    assert (renderer.get("type"), renderer.get("band")) == ("paletted", "1")
    entries = [dict(entry.attrib) for entry in renderer.iter("paletteEntry")]
    assert [entry["label"] for entry in entries] == CLASSES
    assert [entry["color"] for entry in entries] == ["#000000", "#c86400", "#0102ff"]
    assert [entry["value"] for entry in entries] == ["0", "1", "2"]


@pytest.mark.parametrize("shape", [(40, 50), (1500, 2050)])
def test_the_quicklook_is_small_and_has_the_colours(tmp_path, shape):
    files = companions(tmp_path, ids(*shape))
    picture = cv2.imread(str(files.quicklook), cv2.IMREAD_UNCHANGED)
    height, width = picture.shape[:2]
    assert max(height, width) <= 1024 and height / width == pytest.approx(shape[0] / shape[1], 0.01)
    assert picture[height // 4, width // 4].tolist() == [0, 100, 200, 255]  # BGRA
    assert picture[-1, -1].tolist() == [255, 2, 1, 255]
    assert picture[0, 0, 3] == 0


def test_a_mask_without_names_and_colours_gets_some(tmp_path):
    files = companions(tmp_path, ids(), classes=None, palette=None)
    entries = list(ET.fromstring(files.style.read_text().partition("\n")[2]).iter("paletteEntry"))
    assert [entry.get("label") for entry in entries] == ["0", "1", "2"]
    assert len({entry.get("color") for entry in entries}) == 3


def valid_item(path):
    """Read an item and check it against STAC's own schema; those of extensions are elsewhere."""
    item = json.loads(path.read_text(encoding="utf-8"))
    validate_dict({**item, "stac_extensions": []})
    assert pystac.Item.from_dict(item).to_dict()["id"] == item["id"]
    return item


def test_the_item_is_valid_and_tells_what_the_map_is(tmp_path):
    tags = {
        "MODEL": "m.pth 12",
        "METRICS": '{"mIoU": 71.5}',
        "TIFFTAG_DATETIME": "2024:05:06 07:08:09",
    }
    files = companions(tmp_path, ids(), tags=tags, shares=["confidence"])
    item = valid_item(files.item)
    properties, assets = item["properties"], item["assets"]
    assert properties["datetime"] == "2024-05-06T07:08:09Z"
    made = datetime.fromtimestamp(int((tmp_path / "x_mask.tif").stat().st_mtime), timezone.utc)
    assert properties["created"] == made.isoformat().replace("+00:00", "Z")
    assert properties["proj:code"] == "EPSG:32633"
    assert (properties["proj:shape"], properties["proj:transform"][:3]) == ([40, 50], [0.5, 0, 5e5])
    assert (properties["mmda:model"], properties["mmda:metrics"]) == ("m.pth 12", {"mIoU": 71.5})
    assert set(assets) == {"mask", "confidence", "quicklook", "style"}
    for asset in assets.values():
        assert (tmp_path / asset["href"]).exists()
    legend = assets["mask"]["classification:classes"]
    assert [entry["title"] for entry in legend] == CLASSES
    assert all(entry["name"].replace("_", "").replace("-", "").isalnum() for entry in legend)
    assert all(entry["name"].isascii() for entry in legend)
    assert [entry["color_hint"] for entry in legend] == ["000000", "C86400", "0102FF"]
    assert assets["confidence"]["bands"][0]["raster:scale"] == pytest.approx(1 / 254)
    west, south, east, north = item["bbox"]
    assert 15 <= west < east < 15.001 and 45.15 < south < north < 45.16


@pytest.mark.parametrize("turned", [False, True])
def test_the_footprint_runs_anticlockwise(tmp_path, turned):
    transform = Affine(0.5, 0.2, 5e5, 0.2, 0.5, 5e6) if turned else affine(0.5)
    files = companions(tmp_path, ids(), {"transform": transform, "crs": "EPSG:32633"})
    ring = np.array(valid_item(files.item)["geometry"]["coordinates"][0])
    x, y = ring[:-1].T
    assert (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() > 0
    assert ring[0].tolist() == ring[-1].tolist()


@pytest.mark.parametrize("place", [{}, {"transform": affine(0.5)}])
def test_a_map_without_a_place_has_an_item_without_geometry(tmp_path, place):
    item = valid_item(companions(tmp_path, ids(), place).item)
    assert item["geometry"] is None and "bbox" not in item
    assert item["properties"]["datetime"] == item["properties"]["created"]
    assert "mmda:model" not in item["properties"]


def test_a_crs_without_a_code_is_written_out(tmp_path):
    crs = rasterio.crs.CRS.from_proj4("+proj=laea +lat_0=10 +lon_0=15 +ellps=GRS80 +units=m")
    item = valid_item(companions(tmp_path, ids(), {**PLACE, "crs": crs}).item)
    assert item["properties"]["proj:code"] is None
    assert item["properties"]["proj:wkt2"].startswith("PROJCRS")
