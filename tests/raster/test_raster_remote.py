"""Rasters behind URLs are read by GDAL, whose options are the user's first."""

import subprocess
import sys
import textwrap

import pytest
import rasterio
from raster_samples import make_scenes, read_image, snapshot, tile
from rasterio.env import get_gdal_config

from mmda.errors import DataError
from mmda.raster import RasterLabels, Scene, read_manifest
from mmda.raster.io.handles import (
    BLOCK_CACHE,
    BLOCK_CACHE_BYTES,
    GDAL_OPTIONS,
    REMOTE_OPTIONS,
    gdal_options,
    gdal_path,
    gdal_process,
)

# In a process of its own: rasterio holds the interpreter's lock while it opens a file.
SERVER = """
    import re, sys
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Ranges(SimpleHTTPRequestHandler):
        # Serves parts of files, as object stores do.
        def do_GET(self):
            try:
                with open(self.translate_path(self.path), "rb") as file:
                    data = file.read()
            except OSError:
                return self.send_error(404)
            match = re.fullmatch(r"bytes=(\\d+)-(\\d+)", self.headers.get("Range", ""))
            self.send_response(206 if match else 200)
            if match:
                first, last = int(match[1]), min(int(match[2]), len(data) - 1)
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
                data = data[first : last + 1]
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=sys.argv[1]))
    print(server.server_port, flush=True)
    server.serve_forever()
"""


@pytest.fixture
def server(tmp_path):
    (tmp_path / "www/bucket").mkdir(parents=True)
    command = [sys.executable, "-c", textwrap.dedent(SERVER), str(tmp_path / "www")]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) as process:
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture
def store(server, monkeypatch):
    """The server as an object store."""
    monkeypatch.setenv("AWS_S3_ENDPOINT", f"127.0.0.1:{server}")
    for name, value in (("HTTPS", "NO"), ("VIRTUAL_HOSTING", "FALSE"), ("NO_SIGN_REQUEST", "YES")):
        monkeypatch.setenv(f"AWS_{name}", value)
    return server


@pytest.mark.parametrize("kind", ["http", "s3", "vsis3"])
def test_remote_rasters_give_the_same_tiles(tmp_path, store, kind):
    make_scenes(tmp_path / "www/bucket")
    prefix = {
        "http": f"http://127.0.0.1:{store}/bucket",
        "s3": "s3://bucket",
        "vsis3": "/vsis3/bucket",
    }[kind]
    remote, local = (
        [Scene("s0", f"{place}/s0.tif", label=RasterLabels(f"{place}/m0.tif"))]
        for place in (prefix, tmp_path / "www/bucket")
    )
    tile(remote, tmp_path / "remote")
    tile(local, tmp_path / "local")
    images, expected = (
        {k: v for k, v in snapshot(tmp_path / name).items() if k.endswith(("tif", "png"))}
        for name in ("remote", "local")
    )
    assert images == expected
    assert read_manifest(tmp_path / "remote")[0]["source"] == f"{prefix}/s0.tif"


def test_a_no_data_value_for_a_remote_raster(tmp_path, store):
    make_scenes(tmp_path / "www/bucket", count=1)
    value = int(read_image(tmp_path / "www/bucket/s0.tif")[0, 0, 0])
    tile([Scene("s", "s3://bucket/s0.tif", nodata=value)], tmp_path / "o")
    with rasterio.open(tmp_path / "o/train/images/s_000000_000000.tif") as dataset:
        assert dataset.nodata == value


def test_a_missing_remote_raster_is_named(tmp_path, store):
    with pytest.raises(DataError, match=r"`s3://bucket/gone\.tif`(.|\n)*check the URL"):
        tile([Scene("s", "s3://bucket/gone.tif")], tmp_path / "o")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("s3://b/k.tif", "/vsis3/b/k.tif"),
        ("gs://b/k.tif", "/vsigs/b/k.tif"),
        ("https://h/k.tif?x=1", "/vsicurl/https://h/k.tif?x=1"),
        ("/vsis3/b/k.tif", "/vsis3/b/k.tif"),
        ("vrt://k.tif?bands=1", "vrt://k.tif?bands=1"),
        ("/data/k.tif", "/data/k.tif"),
    ],
)
def test_names_for_gdal(url, path):
    assert gdal_path(url) == path


def test_options_are_set_where_the_user_did_not(monkeypatch):
    for name in GDAL_OPTIONS | REMOTE_OPTIONS:
        monkeypatch.delenv(name, raising=False)
    assert gdal_options("/data/a.tif") == GDAL_OPTIONS
    assert gdal_options("s3://b/a.tif") == GDAL_OPTIONS | REMOTE_OPTIONS
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "9")
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="FALSE"):
        options = gdal_options("s3://b/a.tif")
    assert set(GDAL_OPTIONS | REMOTE_OPTIONS) - set(options) == {
        "GDAL_HTTP_MAX_RETRY",
        "GDAL_DISABLE_READDIR_ON_OPEN",
    }


def test_the_block_cache_is_bounded_unless_the_user_has_set_it(monkeypatch):
    monkeypatch.delenv(BLOCK_CACHE, raising=False)
    with rasterio.Env():
        before = get_gdal_config(BLOCK_CACHE)
        with gdal_process():
            assert get_gdal_config(BLOCK_CACHE) == BLOCK_CACHE_BYTES
        assert get_gdal_config(BLOCK_CACHE) == before
        monkeypatch.setenv(BLOCK_CACHE, "512")
        with gdal_process():
            assert get_gdal_config(BLOCK_CACHE) == before
