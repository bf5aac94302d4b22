"""The folder of a tiled dataset: nothing of the user's is removed or mixed with the tiles."""

import shutil

import pytest
from raster_samples import make_scenes, noise, snapshot, tile, write

from mmda.errors import ConfigError, DataError
from mmda.raster import RasterLabels, Scene


def move(scene, folder):
    """Put a scene's files where tiles would go."""
    paths = []
    for kind, path in (("images", scene.image), ("labels", scene.label.path)):
        (folder / scene.split / kind).mkdir(parents=True, exist_ok=True)
        paths.append(shutil.move(path, folder / scene.split / kind))
    return Scene(scene.name, paths[0], scene.split, RasterLabels(paths[1]))


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("linked", [False, True])
def test_sources_where_the_tiles_go_are_refused_and_kept(tmp_path, overwrite, linked):
    scenes = [move(scene, tmp_path / "d") for scene in make_scenes(tmp_path / "in")]
    (tmp_path / "d/.scenes").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "d", target_is_directory=True)
    before = snapshot(tmp_path / "d")
    out = tmp_path / ("link" if linked else "d")
    with pytest.raises(DataError, match=r"The source `.*s0\.tif` lies in `.*another output folder"):
        tile(scenes, out, overwrite=overwrite)
    assert snapshot(tmp_path / "d") == before


def test_a_label_where_the_tiles_go_is_refused(tmp_path):
    scene = make_scenes(tmp_path / "in", count=1)[0]
    inside = move(scene, tmp_path / "d").label
    image = write(tmp_path / "in/s0.tif", noise(3, 100, 130))
    with pytest.raises(DataError, match=r"The source `.*m0\.tif`"):
        tile([Scene("s0", str(image), label=inside)], tmp_path / "d")


def test_sources_beside_the_tiles_are_welcome(tmp_path):
    scenes = make_scenes(tmp_path / "o")
    before = snapshot(tmp_path / "o")
    tile(scenes, tmp_path / "o")
    tile(scenes, tmp_path / "o", overwrite=True)
    assert before.items() <= snapshot(tmp_path / "o").items()


def test_overwrite_removes_only_tiles(tmp_path):
    scenes = make_scenes(tmp_path)
    tile(scenes, tmp_path / "o")
    mine = tmp_path / "o/val/images/mine.tif"
    mine.write_bytes(b"mine")
    tile(scenes[:1], tmp_path / "o", tile=32, overwrite=True)
    assert mine.read_bytes() == b"mine"
    mine.unlink()
    tile(scenes[:1], tmp_path / "straight", tile=32)
    assert snapshot(tmp_path / "o") == snapshot(tmp_path / "straight")


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_the_way(tmp_path, name):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(DataError, match=r"`.*file` is a file, expected a folder"):
        tile(make_scenes(tmp_path), tmp_path / name)


@pytest.mark.parametrize("name", ["", " "])
def test_no_folder(tmp_path, name):
    with pytest.raises(ConfigError, match="give its path"):
        tile(make_scenes(tmp_path), name)
