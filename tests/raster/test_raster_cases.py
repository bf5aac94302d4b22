"""Rasters and labels as people have them, and what is right for each."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from PIL import Image
from raster_samples import affine, noise, predict_raster, tile, write
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp
from shapely.geometry import LineString, box

from mmda.errors import DataError
from mmda.raster import RasterLabels, Scene, VectorLabels, read_manifest
from mmda.raster.dataset.tile_files import read_label
from mmda.raster.io.header import read_header
from mmda.raster.mapping.vectorise import vectorise

UTM = "EPSG:32633"


def bright(batch):
    """Class 1 from 150 on."""
    return np.stack([batch[:, 0] < 150, batch[:, 0] >= 150], axis=1).astype(np.float32)


def counts(out: Path) -> np.ndarray:
    """Return the pixels of class 0, of class 1, and ignored ones, over all tiles."""
    rows = read_manifest(out)
    total = np.sum([row["class_pixels"] for row in rows], axis=0)
    return np.array([*total, sum(row["ignore_pixels"] for row in rows)])


def one_tile(folder: Path, size: int = 100, **scene) -> Path:
    """Tile one scene into one tile; return the dataset's folder."""
    options = scene.pop("options", {})
    tile([Scene("s", **scene)], folder / "o", **{"tile": size, "min_valid": 0, **options})
    return folder / "o"


def labelled(folder: Path, image=None, label=None, *, image_options=(), **options) -> Scene:
    """Write an image and a mask of 100 x 100 pixels; return the scene."""
    image = noise(3, 100, 100) if image is None else image
    write(folder / "i.tif", image, **dict(image_options))
    write(folder / "m.tif", square() if label is None else label, **options)
    return Scene("s", str(folder / "i.tif"), label=RasterLabels(str(folder / "m.tif")))


def square() -> np.ndarray:
    label = np.zeros((1, 100, 100), np.uint8)
    label[:, 20:60, 30:70] = 1
    return label


# --- where rasters lie ---------------------------------------------------------------------------


def gcp_scene(folder: Path, bend: float = 0.0) -> Path:
    """Write a raster that is placed by control points alone, bent by so many metres."""
    places = [(row, col) for row in (0, 50, 100) for col in (0, 50, 100)]
    gcps = [
        GroundControlPoint(
            row=r, col=c, x=5e5 + c * 0.5 + (bend if r == 50 else 0), y=5e6 - r * 0.5
        )
        for r, c in places
    ]
    with rasterio.open(
        folder / "g.tif", "w", driver="GTiff", height=100, width=100, count=3, dtype="uint8",
        gcps=gcps, crs=UTM,
    ) as out:  # fmt: skip
        out.write(noise(3, 100, 100) // 2)
    return folder / "g.tif"


def test_control_points_on_a_straight_grid_place_a_raster(tmp_path):
    path = gcp_scene(tmp_path)
    shape = box(500010, 4999970, 500020, 4999980)
    gpd.GeoDataFrame(geometry=[shape], crs=UTM).to_file(tmp_path / "l.gpkg")
    out = one_tile(tmp_path, image=str(path), label=VectorLabels(str(tmp_path / "l.gpkg")))
    assert read_manifest(out)[0]["gsd"] == pytest.approx(0.5)
    assert counts(out).tolist() == [9600, 400, 0]
    predict_raster(path, tmp_path / "m.tif", bright, num_classes=2, tile=100)
    with rasterio.open(tmp_path / "m.tif") as mask:
        assert mask.crs == UTM
        assert mask.transform.almost_equals(affine(0.5))


def test_bent_control_points_are_refused_where_a_place_is_needed(tmp_path):
    path = gcp_scene(tmp_path, bend=5.0)
    gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=UTM).to_file(tmp_path / "l.gpkg")
    with pytest.raises(DataError, match=r"9 ground control points.*gdalwarp"):
        one_tile(tmp_path, image=str(path), label=VectorLabels(str(tmp_path / "l.gpkg")))
    with pytest.raises(DataError, match=r"ground control points.*gdalwarp"):
        predict_raster(path, tmp_path / "m.tif", bright, num_classes=2, gsd=1.0)
    predict_raster(path, tmp_path / "m.tif", bright, num_classes=2, tile=100)
    with rasterio.open(tmp_path / "m.tif") as mask:
        assert len(mask.gcps[0]) == 9  # the map keeps the place that the raster has
    with pytest.raises(DataError, match=r"ground control points.*gdalwarp"):
        vectorise(tmp_path / "m.tif", tmp_path / "p.gpkg", progress=False)


def degrees_at_60_north(folder: Path) -> Path:
    """Write pixels of 1e-5 degrees: 1.114 m down, 0.558 m across."""
    transform = Affine(1e-5, 0, 24.9, 0, -1e-5, 60.2)
    return write(folder / "n.tif", noise(3, 80, 160), crs="EPSG:4326", transform=transform)


def test_tiles_and_maps_have_square_ground_pixels_in_a_geographic_crs(tmp_path):
    path = degrees_at_60_north(tmp_path)
    down, across = read_header(str(path)).pixel
    assert down == pytest.approx(1.1141, rel=1e-3)
    assert across == pytest.approx(0.5547, rel=1e-3)
    out = one_tile(tmp_path, None, image=str(path), options={"gsd": 1.2})
    row = read_manifest(out)[0]
    assert (row["height"], row["width"]) == (74, 74)
    summary = predict_raster(
        path, tmp_path / "m.tif", bright, num_classes=2, tile=32, gsd=1.2, grid="model"
    )
    assert (summary.height, summary.width) == (74, 74)
    with rasterio.open(tmp_path / "m.tif") as mask:
        assert mask.transform.almost_equals(Affine(*row["transform"]))
    with pytest.warns(UserWarning, match=r"0\.555 m wide and 1\.11 m high.*--gsd 1\.1"):
        tile([Scene("s", str(path))], tmp_path / "native")


def test_web_mercator_is_measured_on_the_ground(tmp_path):
    transform = Affine(1.0, 0, 2771864.0, 0, -1.0, 8399738.0)
    image = write(tmp_path / "w.tif", noise(3, 100, 100), crs="EPSG:3857", transform=transform)
    assert read_header(str(image)).gsd == pytest.approx(0.5, rel=0.01)
    mask = write(tmp_path / "m.tif", square(), crs="EPSG:3857", transform=transform)
    assert vectorise(mask, tmp_path / "p.gpkg", progress=False).counts == {"1": 1}
    assert gpd.read_file(tmp_path / "p.gpkg").area_m2[0] == pytest.approx(401, rel=0.01)
    over = {"overwrite": True, "progress": False}
    assert vectorise(mask, tmp_path / "p.gpkg", min_area=800, **over).counts == {"1": 0}
    # Steps of one pixel, 0.5 m on the ground and 1 m in the CRS, mostly go at a tolerance of 0.7 m:
    # there are 123 corners.
    stairs = np.zeros((1, 100, 100), np.uint8)
    for i in range(60):
        stairs[0, i, : i + 10] = 1
    write(tmp_path / "s.tif", stairs, crs="EPSG:3857", transform=transform)
    vectorise(tmp_path / "s.tif", tmp_path / "p.gpkg", tolerance=0.7, **over)
    assert len(gpd.read_file(tmp_path / "p.gpkg").geometry[0].exterior.coords) < 30


FIJI = Affine(1e-5, 0, 179.9995, 0, -1e-5, -16.5)


def test_areas_and_labels_across_180_degrees(tmp_path):
    mask = write(tmp_path / "m.tif", square(), crs="EPSG:4326", transform=FIJI)
    vectorise(mask, tmp_path / "p.gpkg", progress=False)
    area = gpd.read_file(tmp_path / "p.gpkg").area_m2[0]
    assert area == pytest.approx(1600 * 1.0670 * 1.1066, rel=0.01)
    image = write(tmp_path / "i.tif", noise(3, 100, 100), crs="EPSG:4326", transform=FIJI)
    west, east = (
        box(179.9996, -16.5003, 179.9998, -16.5001),
        box(-180, -16.5006, -179.9997, -16.5004),
    )
    layer = gpd.GeoDataFrame(geometry=[west, east], crs=4326)
    layer.to_file(tmp_path / "l.gpkg")
    layer.to_crs(32760).to_file(tmp_path / "u.gpkg")
    for name in ("l.gpkg", "u.gpkg"):
        label = VectorLabels(str(tmp_path / name))
        out = one_tile(tmp_path / name[0], image=str(image), label=label)
        assert counts(out).tolist() == [10000 - 400 - 600, 1000, 0]


def test_footprints_across_180_degrees_are_small(tmp_path):
    import pyarrow.parquet
    import shapely

    image = write(tmp_path / "i.tif", noise(3, 100, 100), crs="EPSG:4326", transform=FIJI)
    out = one_tile(tmp_path, image=str(image))
    table = pyarrow.parquet.read_table(out / "manifest.parquet", columns=["geometry"])
    outline = shapely.from_wkb(table["geometry"][0].as_py())
    assert outline.area == pytest.approx(1e-6)
    assert abs(shapely.get_coordinates(outline)[:, 0]).max() <= 180


def test_a_label_in_another_crs_is_refused(tmp_path):
    scene = labelled(tmp_path, crs="EPSG:32634")
    with pytest.raises(DataError, match=r"EPSG:32633.*EPSG:32634.*gdalwarp"):
        tile([scene], tmp_path / "o")


@pytest.mark.parametrize("turned", [False, True])
def test_vector_labels_that_lie_elsewhere_are_refused(tmp_path, turned):
    image = write(tmp_path / "i.tif", noise(3, 100, 100))
    x, y = (45.153, 15.0) if turned else (35.0, 12.0)
    shape = box(x, y, x + 1e-4, y + 1e-4)
    gpd.GeoDataFrame(geometry=[shape], crs=4326).to_file(tmp_path / "l.gpkg")
    advice = "swapped" if turned else "UTM zone"
    pattern = rf"elsewhere: longitude {x}.*rasters cover longitude 15\.0000.*{advice}"
    with pytest.raises(DataError, match=pattern):
        one_tile(tmp_path, image=str(image), label=VectorLabels(str(tmp_path / "l.gpkg")))


# --- what is no data -----------------------------------------------------------------------------


def test_alpha_behind_other_bands_masks_tiles_and_maps_alike(tmp_path):
    image = np.concatenate([noise(4, 60, 60), np.full((1, 60, 60), 255, np.uint8)])
    image[4, :, 30:] = 0
    path = write(tmp_path / "i.tif", image, photometric="RGB")
    with rasterio.open(path, "r+") as out:
        out.colorinterp = [
            *(ColorInterp.red, ColorInterp.green, ColorInterp.blue),
            *(ColorInterp.undefined, ColorInterp.alpha),
        ]
    rows = read_manifest(one_tile(tmp_path, 60, image=str(path)))
    assert rows[0]["valid_fraction"] == 0.5
    for bands in (None, [1, 2, 3], [4, 1]):
        summary = predict_raster(
            path, tmp_path / "m.tif", bright, num_classes=2, tile=60, bands=bands
        )
        assert summary.ignore_pixels == 1800
    # The band that is chosen as an image band masks nothing.
    summary = predict_raster(path, tmp_path / "m.tif", bright, num_classes=2, tile=60, bands=[5])
    assert summary.ignore_pixels == 0


def test_a_given_no_data_value_counts_in_tiles_and_maps(tmp_path):
    image = noise(3, 60, 60)
    image[:, :, 40:] = 0
    path = write(tmp_path / "i.tif", image)
    rows = read_manifest(one_tile(tmp_path, 60, image=str(path), nodata=0))
    assert rows[0]["valid_fraction"] == pytest.approx(2 / 3)
    for nodata, missing in ((None, 0), (0, 1200)):
        summary = predict_raster(
            path, tmp_path / "m.tif", bright, num_classes=2, tile=60, nodata=nodata
        )
        assert summary.ignore_pixels == missing


def test_floats_are_missing_where_any_band_is(tmp_path):
    image = noise(3, 60, 60, "float32")
    image[1, 20:30, 20:30] = -9999
    path = write(tmp_path / "i.tif", image, nodata=-9999)
    row = read_manifest(one_tile(tmp_path, 60, image=str(path)))[0]
    assert row["valid_fraction"] == 1 - 100 / 3600


def test_a_rounded_no_data_value_of_floats_counts(tmp_path):
    image = noise(3, 60, 60, "float32")
    image[:, 30:] = np.float32(-3.4028231e38)
    path = write(tmp_path / "i.tif", image, nodata=-3.4028234663852886e38)
    row = read_manifest(one_tile(tmp_path, 60, image=str(path)))[0]
    assert row["valid_fraction"] == 0.5


# --- labels --------------------------------------------------------------------------------------


def test_a_label_that_draws_0_as_white_is_read_as_it_looks(tmp_path):
    mask = 1 - square()
    path = write(tmp_path / "m.tif", mask, gsd=None, nbits=1, photometric="MINISWHITE")
    assert np.asarray(Image.open(path)).sum() == 1600
    write(tmp_path / "i.tif", noise(3, 100, 100), gsd=None)
    for decode in ("binary", "ids"):
        label = RasterLabels(str(path), decode)
        out = one_tile(tmp_path / decode, image=str(tmp_path / "i.tif"), label=label)
        assert counts(out).tolist() == [8400, 1600, 0]


@pytest.mark.parametrize("kind", ["mask", "alpha"])
def test_rows_of_a_label_that_are_not_annotated_become_ignore(tmp_path, kind):
    known = np.full((1, 100, 100), 255, np.uint8)
    known[:, 50:] = 0
    label, options = square(), {}
    if kind == "alpha":
        label, options = np.concatenate([label, known]), {"alpha": "YES"}
    scene = labelled(tmp_path, label=label, **options)
    if kind == "mask":
        with rasterio.open(tmp_path / "m.tif", "r+") as out:
            out.write_mask(known[0])
    tile([scene], tmp_path / "o", tile=100)
    assert counts(tmp_path / "o").tolist() == [5000 - 1200, 1200, 5000]


@pytest.mark.parametrize(
    ("dtype", "value", "missing"),
    [("int16", -1, True), ("float32", np.nan, True), ("float32", -9999, True), ("int16", 0, False)],
)
def test_a_labels_own_no_data_value_becomes_ignore(tmp_path, dtype, value, missing):
    """Unless the rule gives it a class: many masks have 0, their background, as no data."""
    label = square().astype(dtype)
    label[:, 90:] = value
    for decode in ("ids", "binary", "threshold:1", "idmap:1=1,*=0"):
        scene = labelled(tmp_path, label=label, nodata=value)
        scene = Scene("s", scene.image, label=RasterLabels(str(tmp_path / "m.tif"), decode))
        out = tmp_path / decode.replace(":", "")
        tile([scene], out, tile=100)
        ignored = 1000 if missing else 0
        assert counts(out).tolist() == [8400 - ignored, 1600, ignored], decode


def test_255_as_no_data_of_a_binary_mask(tmp_path):
    label = square()
    label[:, 90:] = 255
    scene = labelled(tmp_path, label=label, nodata=255)
    scene = Scene("s", scene.image, label=RasterLabels(str(tmp_path / "m.tif"), "binary"))
    tile([scene], tmp_path / "o", tile=100)
    assert counts(tmp_path / "o").tolist() == [7400, 1600, 1000]
    write(tmp_path / "m.tif", square() * 255, nodata=255)
    with pytest.raises(DataError, match=r"no-data value.*threshold:255.*idmap:0=0,255=255"):
        tile([scene], tmp_path / "p", tile=100)


def test_a_photograph_that_viewers_turn_is_refused(tmp_path):
    exif = Image.Exif()
    exif[274] = 6
    pixels = np.zeros((100, 100, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "turned.jpg", exif=exif)
    Image.fromarray(pixels).save(tmp_path / "upright.jpg")
    with pytest.raises(DataError, match=r"turned\.jpg.*EXIF orientation 6.*mogrify"):
        tile([Scene("s", str(tmp_path / "turned.jpg"))], tmp_path / "o")
    with pytest.raises(DataError, match=r"EXIF orientation 6"):
        predict_raster(tmp_path / "turned.jpg", tmp_path / "m.tif", bright, num_classes=2)
    tile([Scene("s", str(tmp_path / "upright.jpg"))], tmp_path / "o")


def test_a_column_may_hold_the_names_of_the_classes(tmp_path):
    image = write(tmp_path / "i.tif", noise(3, 100, 100))
    shapes = [box(500010, 4999970, 500020, 4999980), box(500030, 4999970, 500040, 4999980)]
    frame = gpd.GeoDataFrame({"kind": ["building", "ground"]}, geometry=shapes, crs=UTM)
    frame.to_file(tmp_path / "l.gpkg")
    label = VectorLabels(str(tmp_path / "l.gpkg"), attribute="kind")
    out = one_tile(tmp_path, image=str(image), label=label)
    assert counts(out).tolist() == [9600, 400, 0]
    frame.kind = ["building", "shed"]
    frame.to_file(tmp_path / "l.gpkg")
    with pytest.raises(DataError, match=r"no class for shed; known are ground, building, 0"):
        one_tile(tmp_path / "2", image=str(image), label=label)


def test_scale_and_offset_tags_that_differ_are_named(tmp_path):
    scenes = []
    for name, offset in (("a", -0.1), ("b", -0.2), ("c", None)):
        path = write(tmp_path / f"{name}.tif", noise(3, 40, 40, "uint16"))
        if offset is not None:
            with rasterio.open(path, "r+") as out:
                out.scales, out.offsets = [1e-4] * 3, [offset] * 3
        scenes.append(Scene(name, str(path)))
    for pair in (scenes[:2], scenes[1:]):
        pattern = rf"{pair[0].name}\.tif.*scale.*{pair[1].name}\.tif"
        with pytest.warns(UserWarning, match=pattern):
            tile(pair, tmp_path / f"o{pair[0].name}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        tile(scenes[:1], tmp_path / "same")


def test_labels_are_read_back(tmp_path):
    """The counts above are those of the files."""
    tile([labelled(tmp_path)], tmp_path / "o", tile=100)
    row = read_manifest(tmp_path / "o")[0]
    np.testing.assert_array_equal(read_label(str(tmp_path / "o" / row["label"])), square()[0])


@pytest.mark.parametrize(("code", "x", "y"), [(27700, 530000, 180000), (31467, 3500000, 5500000)])
def test_widened_lines_lie_right_on_rasters_of_another_datum(tmp_path, code, x, y):
    transform = Affine(0.5, 0, x, 0, -0.5, y)
    image = write(tmp_path / "i.tif", noise(3, 100, 100), crs=f"EPSG:{code}", transform=transform)
    line = LineString([(x + 25, y), (x + 25, y - 50)])
    frame = gpd.GeoDataFrame(geometry=[line], crs=code).to_crs(4326)
    frame.to_file(tmp_path / "l.gpkg")
    label = VectorLabels(str(tmp_path / "l.gpkg"), width=4)
    out = one_tile(tmp_path, image=str(image), label=label)
    burnt = read_label(str(out / read_manifest(out)[0]["label"]))
    columns = np.flatnonzero(burnt.any(axis=0))
    assert (abs(columns[0] - 46), abs(columns[-1] - 53)) <= (3, 3)


@pytest.mark.filterwarnings("ignore:The pixels of")  # they are 0.717 m wide and 1.11 m high
def test_polygons_that_reach_around_the_globe_cover_the_raster(tmp_path):
    transform = Affine(1e-5, 0, 10, 0, -1e-5, 50)
    image = write(tmp_path / "i.tif", noise(3, 100, 100), crs="EPSG:4326", transform=transform)
    for name, shape in (("a", box(-180, -89, 180, 89)), ("b", box(-175, 10, 100, 80))):
        gpd.GeoDataFrame(geometry=[shape], crs=4326).to_file(tmp_path / f"{name}.gpkg")
        label = VectorLabels(str(tmp_path / f"{name}.gpkg"))
        assert counts(one_tile(tmp_path / name, image=str(image), label=label))[1] == 10000


def test_coordinates_off_the_globe_are_refused(tmp_path):
    path = write(tmp_path / "i.tif", noise(3, 100, 100), crs="EPSG:4326")
    with pytest.raises(DataError, match=r"outside of the globe in EPSG:4326.*gdal_edit"):
        one_tile(tmp_path, image=str(path))


def test_control_points_on_a_line_do_not_place_a_raster(tmp_path):
    gcps = [GroundControlPoint(row=i, col=i, x=5e5 + i, y=5e6 - i) for i in (0, 50, 100)]
    with rasterio.open(
        tmp_path / "g.tif", "w", driver="GTiff", height=100, width=100, count=3, dtype="uint8",
        gcps=gcps, crs=UTM,
    ) as out:  # fmt: skip
        out.write(noise(3, 100, 100))
    with pytest.raises(DataError, match="do not determine a grid"):
        one_tile(tmp_path, image=str(tmp_path / "g.tif"), options={"gsd": 1.0})
