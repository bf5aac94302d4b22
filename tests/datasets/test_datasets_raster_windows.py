"""Windows read from source rasters: the samples of the tiles, from any process, with few files."""

from __future__ import annotations

import json
import multiprocessing
import pickle

import geopandas
import numpy as np
import pytest
import rasterio
from raster_samples import ORIGIN, UTM, noise, tile, write
from shapely import box
from torch.utils.data import DataLoader

from mmda.datasets import RasterWindowDataset, TiledDataset
from mmda.datasets.transforms import LoadTile
from mmda.errors import DataError
from mmda.raster import RasterLabels, Scene, VectorLabels, read_manifest

PIPELINE = [LoadTile()]


def uint8_with_nodata(folder):
    """A no-data tag, a hole and a border of it; a 0/255 mask."""
    image = noise(3, 110, 120)
    image[:, 40:90, :60] = 9
    write(folder / "i.tif", image, nodata=9)
    write(folder / "m.tif", (255 * (noise(1, 110, 120, seed=1) > 128)).astype(np.uint8))
    return [Scene("a", str(folder / "i.tif"), label=RasterLabels(str(folder / "m.tif"), "binary"))]


def uint16_with_vectors(folder):
    """Four bands, vector labels in another CRS."""
    write(folder / "i.tif", noise(4, 110, 120, "uint16"))
    x, y = ORIGIN
    squares = [box(x + a, y - a - 9, x + a + 14, y - a) for a in (3, 20, 41)]
    geopandas.GeoDataFrame(geometry=squares, crs=UTM).to_crs(4326).to_file(folder / "v.gpkg")
    return [Scene("a", str(folder / "i.tif"), label=VectorLabels(str(folder / "v.gpkg")))]


def float32_with_nan(folder):
    """NaN in one band; no-data value -9999, which tiles replace by a mask band."""
    image = noise(1, 110, 120, "float32") / 7
    image[:, :30] = -9999
    image[0, 50:60, 50:60] = np.nan
    write(folder / "i.tif", image, nodata=-9999)
    write(folder / "m.tif", (noise(1, 110, 120, seed=1) % 2).astype(np.uint8))
    return [Scene("a", str(folder / "i.tif"), label=RasterLabels(str(folder / "m.tif")))]


def pair_of(make, folder, **options):
    """The same scenes as tiles and as windows."""
    scenes = make(folder)
    options = {"min_valid": 0.3, **options}
    tile(scenes, folder / "tiles", **options)
    tile(scenes, folder / "windows", format="none", **options)
    return folder / "tiles", folder / "windows"


def samples(kind, root, **options):
    dataset = kind(str(root), pipeline=PIPELINE, **options)
    return {sample["tile"]: sample for sample in map(dataset.__getitem__, range(len(dataset)))}


SHIFT, PAD = {}, {"edge": "pad", "stride": 40}
SHRUNK, ENLARGED = {"gsd": 0.9}, {"gsd": 0.4}


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (uint8_with_nodata, SHIFT),
        (uint8_with_nodata, PAD),
        (uint8_with_nodata, ENLARGED),
        (uint16_with_vectors, SHIFT),
        (uint16_with_vectors, SHRUNK),
        (float32_with_nan, SHIFT),
        (float32_with_nan, SHRUNK),
        (float32_with_nan, ENLARGED),
    ],
)
def test_windows_are_the_tiles_to_the_pixel(tmp_path, make, options):
    tiles, windows = pair_of(make, tmp_path, **options)
    for labelled in (True, False):
        expected = samples(TiledDataset, tiles, labelled=labelled)
        found = samples(RasterWindowDataset, windows, labelled=labelled)
        assert list(found) == list(expected)
        assert len(found) > 1
        for name, sample in expected.items():
            for key in ("img", "gt_seg_map" if labelled else "valid_map"):
                assert found[name][key].dtype == sample[key].dtype
                # GDAL's float arithmetic depends on where the window starts.
                rounding = 1e-6 if make is float32_with_nan and "gsd" in options else 0
                np.testing.assert_allclose(found[name][key], sample[key], rtol=rounding)
        assert labelled == ("gt_seg_map" in next(iter(found.values())))


def test_no_tiles_are_written_and_the_manifest_is_that_of_the_tiles(tmp_path):
    tiles, windows = pair_of(uint8_with_nodata, tmp_path)
    files = {path.name for path in windows.rglob("*") if path.is_file()}
    assert {"dataset.json", "manifest.parquet"} <= files
    assert not [name for name in files if name.endswith((".tif", ".png"))]
    keys = ("id", "row", "col", "valid_fraction", "class_pixels", "ignore_pixels", "transform")
    rows = [[{k: row[k] for k in keys} for row in read_manifest(r)] for r in (tiles, windows)]
    assert rows[0] == rows[1]
    infos = [json.loads((root / "dataset.json").read_text()) for root in (tiles, windows)]
    assert infos[0]["statistics"] == infos[1]["statistics"]
    assert infos[0]["dropped_tiles"] == infos[1]["dropped_tiles"]


def test_tiles_that_lie_on_disk_can_be_read_as_windows(tmp_path):
    tiles, _ = pair_of(uint8_with_nodata, tmp_path)
    expected = samples(TiledDataset, tiles)
    for path in (tiles / "train").rglob("*.tif"):
        path.unlink()
    found = samples(RasterWindowDataset, tiles)
    for name, sample in expected.items():
        np.testing.assert_array_equal(found[name]["img"], sample["img"])


@pytest.fixture
def many(tmp_path):
    """Windows of four scenes of two tiles each."""
    scenes = []
    for index in range(4):
        image = write(tmp_path / f"i{index}.tif", noise(3, 64, 128, seed=index))
        mask = write(tmp_path / f"m{index}.tif", noise(1, 64, 128, seed=9 + index) % 2)
        scenes.append(Scene(f"s{index}", str(image), label=RasterLabels(str(mask))))
    tile(scenes, tmp_path / "o", format="none")
    return tmp_path / "o"


def test_open_files_are_bounded(many, monkeypatch):
    opened = []
    original = rasterio.open
    monkeypatch.setattr(
        rasterio, "open", lambda *a, **k: opened.append(original(*a, **k)) or opened[-1]
    )
    dataset = RasterWindowDataset(str(many), pipeline=PIPELINE, max_open=2)
    for index in [0, 2, 4, 6, 0, 1, 0]:
        dataset[index]
        assert sum(not handle.closed for handle in opened) <= 2 * 2
    before = len(opened)
    dataset[1]
    assert len(opened) == before  # its files were still open
    dataset[2]
    assert len(opened) > before
    dataset.reader.close()
    assert all(handle.closed for handle in opened)


def read_in_child(dataset, index, inherited, queue):
    sample = dataset[index]
    now = list(dataset.reader._open().values())
    queue.put((sample["img"], any(reader is other for reader in now for other in inherited)))


def test_a_forked_process_opens_files_of_its_own(many):
    dataset = RasterWindowDataset(str(many), pipeline=PIPELINE)
    expected = dataset[0]["img"]
    inherited = list(dataset.reader._open().values())
    assert len(inherited) == 1
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=read_in_child, args=(dataset, 0, inherited, queue))
    child.start()
    image, shared = queue.get()
    child.join()
    np.testing.assert_array_equal(image, expected)
    assert not shared
    np.testing.assert_array_equal(
        dataset[1]["img"], samples(RasterWindowDataset, many)["s0_000000_000064"]["img"]
    )


def test_workers_of_a_data_loader_give_the_same_samples(many):
    dataset = RasterWindowDataset(str(many), pipeline=PIPELINE, max_open=1)
    expected = [dataset[index]["img"] for index in range(len(dataset))]
    loader = DataLoader(dataset, batch_size=None, num_workers=2, collate_fn=lambda sample: sample)
    for sample, image in zip(loader, expected, strict=True):
        np.testing.assert_array_equal(sample["img"], image)


def test_a_pickled_dataset_travels_without_files(many):
    dataset = RasterWindowDataset(str(many), pipeline=PIPELINE)
    expected = dataset[3]["img"]
    other = pickle.loads(pickle.dumps(dataset))
    assert not other.reader._open()
    np.testing.assert_array_equal(other[3]["img"], expected)


def test_a_dataset_of_tiles_says_what_to_use_without_tiles(many):
    with pytest.raises(DataError, match=r"no tiles.*--format none.*RasterWindowDataset"):
        TiledDataset(str(many))


def test_a_raster_that_shrank(many):
    dataset = RasterWindowDataset(str(many), pipeline=PIPELINE)
    write(many.parent / "i0.tif", noise(3, 64, 60))
    write(many.parent / "m0.tif", noise(1, 64, 60) % 2)
    message = r"i0\.tif` has changed.*its width was 128, is 60.*converter again"
    with pytest.raises(DataError, match=message):
        dataset[1]


def test_a_manifest_of_an_earlier_version(many, monkeypatch):
    rows = [{k: v for k, v in row.items() if k != "scene_spec"} for row in read_manifest(many)]
    monkeypatch.setattr("mmda.raster.dataset.domain.read_manifest", lambda root: rows)
    with pytest.raises(DataError, match=r"earlier version.*--overwrite"):
        RasterWindowDataset(str(many))
