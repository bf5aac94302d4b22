import geopandas
import numpy as np
import pytest
from raster_samples import ORIGIN, UTM, noise, read_image, tile, write
from shapely import LineString, Point, box

from mmda.errors import ConfigError, DataError
from mmda.raster import Scene, VectorLabels, read_manifest

X, Y = ORIGIN


def save(path, geometries, columns=None, crs=UTM):
    frame = geopandas.GeoDataFrame(columns or {}, geometry=geometries, crs=crs)
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_file(path)
    return str(path)


def label_of(tmp_path, spec, gsd=None, size=64, **options):
    image = write(tmp_path / "i.tif", noise(3, 64, 64))
    out = tmp_path / "out"
    tile([Scene("s", str(image), label=spec)], out, gsd=gsd, tile=size, **options)
    (row,) = read_manifest(out)
    return read_image(out / row["label"])[0]


@pytest.mark.parametrize("name", ["v.gpkg", "v.geojson", "v.shp", "v.parquet"])
def test_polygons_in_any_crs_and_format(tmp_path, name):
    # 20 m x 10 m from the top-left corner: 40 x 20 pixels of 0.5 m.
    frame = geopandas.GeoSeries([box(X, Y - 10, X + 20, Y)], crs=UTM).segmentize(1).to_crs(4326)
    path = save(tmp_path / name, list(frame), {"kind": ["house"]}, crs=4326)
    expected = np.zeros((64, 64), np.uint8)
    expected[:20, :40] = 1
    np.testing.assert_array_equal(label_of(tmp_path, VectorLabels(path)), expected)


def test_rasterised_at_the_target_grid(tmp_path):
    path = save(tmp_path / "v.gpkg", [box(X + 4, Y - 12, X + 20, Y - 8)])
    label = label_of(tmp_path, VectorLabels(path), gsd=2.0, size=16)
    expected = np.zeros((16, 16), np.uint8)
    expected[4:6, 2:10] = 1
    np.testing.assert_array_equal(label, expected)


def test_lines_get_their_width(tmp_path):
    lines = [LineString([(X, Y - 8), (X + 32, Y - 8)]), LineString([(X, Y - 24), (X + 32, Y - 24)])]
    path = save(tmp_path / "v.gpkg", lines, {"wide": [2.0, 6.0]})
    fixed = label_of(tmp_path, VectorLabels(path, width=4.0))
    assert fixed[:, 30].sum() == 16
    by_column = label_of(tmp_path, VectorLabels(path, width="wide"), overwrite=True)
    assert by_column[:32, 30].sum() == 4
    assert by_column[32:, 30].sum() == 12


def test_a_line_without_width_leaves_the_others_their_class(tmp_path):
    lines = [LineString([(X, Y - y), (X + 32, Y - y)]) for y in (4, 16, 24)]
    path = save(tmp_path / "v.gpkg", lines, {"wide": [None, 4.0, 4.0], "kind": [1, 2, 3]})
    spec = VectorLabels(path, attribute="kind", width="wide")
    label = label_of(tmp_path, spec, classes=("ground", "path", "road", "rail"))
    assert [label[y, 30] for y in (8, 32, 48)] == [0, 2, 3]


def test_a_width_is_for_lines_and_points(tmp_path):
    shapes = [box(X + 4, Y - 8, X + 8, Y - 4), Point(X + 20, Y - 20)]
    path = save(tmp_path / "v.geojson", shapes)
    label = label_of(tmp_path, VectorLabels(path, width=4.0))
    expected = np.zeros((32, 64), np.uint8)
    expected[8:16, 8:16] = 1
    np.testing.assert_array_equal(label[:32], expected)
    assert 44 <= label[32:].sum() <= 56  # a disc of 4 m in pixels of 0.25 m2


def test_a_width_that_is_no_number(tmp_path):
    path = save(tmp_path / "v.gpkg", [LineString([(X, Y), (X + 9, Y - 9)])], {"wide": ["broad"]})
    with pytest.raises(DataError, match="column `wide`: `broad` is no width"):
        label_of(tmp_path, VectorLabels(path, width="wide"))


@pytest.mark.parametrize("codes", [[1.0, None], ["1", None]])
def test_an_empty_class(tmp_path, codes):
    squares = [box(X, Y - 8, X + 8, Y), box(X + 8, Y - 8, X + 16, Y)]
    path = save(tmp_path / "v.gpkg", squares, {"code": codes})
    with pytest.raises(DataError, match="no class for null"):
        label_of(tmp_path, VectorLabels(path, attribute="code"))
    spec = VectorLabels(path, attribute="code", class_map={"1": 1, "null": 255})
    label = label_of(tmp_path, spec, overwrite=True)
    assert [label[0, 0], label[0, 20], label[60, 60]] == [1, 255, 0]


def test_a_line_outside_reaches_in(tmp_path):
    path = save(tmp_path / "v.gpkg", [LineString([(X - 5, Y + 2), (X + 40, Y + 2)])])
    assert label_of(tmp_path, VectorLabels(path, width=8.0))[:, 30].sum() == 4


@pytest.mark.parametrize("name", ["v.gpkg", "v.geojson", "v.parquet"])
def test_classes_from_a_column_of_true_and_false(tmp_path, name):
    squares = [box(X, Y - 8, X + 8, Y), box(X + 8, Y - 8, X + 16, Y)]
    path = save(tmp_path / name, squares, {"paved": [True, False]})
    spec = VectorLabels(path, attribute="paved", class_map={"true": 1, "false": 255})
    label = label_of(tmp_path, spec)
    assert [label[0, 0], label[0, 20], label[60, 0]] == [1, 255, 0]


def test_classes_from_a_column(tmp_path):
    squares = [box(X, Y - 8, X + 8, Y), box(X + 8, Y - 8, X + 16, Y), box(X, Y - 32, X + 8, Y - 24)]
    columns = {"kind": ["house", "road", "pond"], "code": [1, 2, 255]}
    path = save(tmp_path / "v.gpkg", squares, columns)
    options = {"classes": ("ground", "house", "road"), "overwrite": True}
    spec = VectorLabels(path, attribute="kind", class_map={"house": 1, "road": 2, "*": 255})
    by_map = label_of(tmp_path, spec, **options)
    by_code = label_of(tmp_path, VectorLabels(path, attribute="code"), **options)
    np.testing.assert_array_equal(by_map, by_code)
    assert [by_map[0, 0], by_map[0, 20], by_map[60, 0], by_map[40, 40]] == [1, 2, 255, 0]


def test_tiles_join_to_the_whole(tmp_path):
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 60, (30, 2))
    boxes = [box(X + a, Y - b - 5, X + a + 7, Y - b).buffer(1.3) for a, b in corners]
    path = save(tmp_path / "v.gpkg", boxes)
    image = write(tmp_path / "i.tif", noise(3, 150, 130))
    scene = Scene("s", str(image), label=VectorLabels(path))
    tile([scene], tmp_path / "whole", tile=None)
    tile([scene], tmp_path / "tiles", tile=32)
    whole = read_image(tmp_path / "whole" / read_manifest(tmp_path / "whole")[0]["label"])[0]
    assert whole.any()
    for row in read_manifest(tmp_path / "tiles"):
        part = whole[row["row"] : row["row"] + 32, row["col"] : row["col"] + 32]
        np.testing.assert_array_equal(read_image(tmp_path / "tiles" / row["label"])[0], part)


@pytest.mark.parametrize(
    ("spec", "error", "message"),
    [
        ({"attribute": "knd"}, DataError, "no column `knd`.*Did you mean `kind`"),
        ({"width": "wdth"}, DataError, "no column `wdth`"),
        ({"attribute": "kind"}, DataError, "no class for house"),
        ({"attribute": "kind", "class_map": {"house": 7}}, ConfigError, "mapped to class 7"),
    ],
)
def test_columns_and_classes_that_do_not_fit(tmp_path, spec, error, message):
    path = save(tmp_path / "v.gpkg", [box(X, Y - 8, X + 8, Y)], {"kind": ["house"]})
    with pytest.raises(error, match=message):
        label_of(tmp_path, VectorLabels(path, **spec))


def test_missing_crs_of_either_side(tmp_path):
    with pytest.warns(UserWarning, match="'crs' was not provided"):
        path = save(tmp_path / "v.gpkg", [box(0, 0, 8, 8)], crs=None)
    with pytest.raises(DataError, match=r"v\.gpkg` have no CRS.*ogr2ogr"):
        label_of(tmp_path, VectorLabels(path))
    known = save(tmp_path / "k.gpkg", [box(X, Y - 8, X + 8, Y)])
    bare = write(tmp_path / "bare.tif", noise(3, 64, 64), gsd=None)
    with pytest.raises(DataError, match=r"k\.gpkg` cannot be placed on a raster without CRS"):
        tile([Scene("s", str(bare), label=VectorLabels(known))], tmp_path / "o")


def test_broken_vector_file(tmp_path):
    (tmp_path / "v.gpkg").write_bytes(b"not a database")
    with pytest.raises(DataError, match=r"Cannot read the vector labels `.*v\.gpkg`"):
        label_of(tmp_path, VectorLabels(str(tmp_path / "v.gpkg")))
