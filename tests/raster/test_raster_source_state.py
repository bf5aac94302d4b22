"""Files that changed and kept their size are noticed."""

import json
import os

import pytest
from raster_samples import make_scenes, tile

from mmda.errors import DataError
from mmda.raster import Scene
from mmda.raster.dataset.source_state import _BLOCK, _BLOCKS, check_source, source_state
from mmda.raster.dataset.verify import verify_dataset
from mmda.raster.io.header import read_header


def flip(path, place):
    """Change one byte of a file and put its time back."""
    status = os.stat(path)
    with open(path, "r+b") as file:
        file.seek(place, os.SEEK_END if place < 0 else os.SEEK_SET)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("kind", ["image", "label"])
def test_verify_notices_a_pixel_of_a_raster_without_tiles(tmp_path, kind):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o", format="none")
    assert verify_dataset(tmp_path / "o", progress=False).problems == []
    path = scenes[1].image if kind == "image" else scenes[1].label.path
    flip(path, os.path.getsize(path) - 5)
    (problem,) = verify_dataset(tmp_path / "o", progress=False).problems
    assert f"`{path}` has changed since the manifest was made: its checksum was" in problem


def test_large_files_are_sampled_from_end_to_end(tmp_path):
    (scene,) = make_scenes(tmp_path, count=1, height=1200, width=1200)
    header, size = read_header(scene.image), os.path.getsize(scene.image)
    assert size > 4 * _BLOCK * _BLOCKS
    state = source_state(scene, header)
    for place in (size - 1, size // 15 * 7 - 7 * _BLOCK // 15 + _BLOCK // 2, 5):
        flip(scene.image, place)
        with pytest.raises(DataError, match="its checksum was"):
            check_source(scene, header, state)
        flip(scene.image, place)
        check_source(scene, header, state)


def test_states_of_earlier_versions_have_no_checksum(tmp_path):
    (scene,) = make_scenes(tmp_path, count=1)
    header = read_header(scene.image)
    state = json.loads(source_state(scene, header))
    del state["image_checksum"], state["label_checksum"]
    flip(scene.image, -1)
    check_source(scene, header, json.dumps(state))


def test_a_file_that_is_not_local_has_no_checksum(tmp_path):
    (scene,) = make_scenes(tmp_path, count=1)
    far = Scene("s", f"/vsizip/{tmp_path}/a.zip/s.tif")
    state = json.loads(source_state(far, read_header(scene.image)))
    assert state["image_bytes"] is state["image_checksum"] is state["label_checksum"] is None
