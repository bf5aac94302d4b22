"""The contact sheet of a tiled dataset."""

import cv2
import numpy as np
import pytest
from raster_samples import make_scenes, noise, tile, write

from mmda.errors import ConfigError
from mmda.raster import Scene
from mmda.report.preview import write_preview

RED = (255, 0, 0)


def reddish(path):
    picture = cv2.imread(str(path))[:, :, ::-1].astype(int)
    return (picture[..., 0] > picture[..., 1] + 60).mean()


def test_tiles_of_every_split_with_their_labels(tmp_path):
    scenes = make_scenes(tmp_path, count=3)
    for index in range(3):
        write(tmp_path / f"s{index}.tif", np.full((3, 100, 130), 90, np.uint8))
        write(tmp_path / f"m{index}.tif", np.ones((1, 100, 130), np.uint8))
    tile(scenes, tmp_path / "o", palette=[(0, 0, 0), RED])
    path = write_preview(tmp_path / "o", per_split=4)
    assert path == tmp_path / "o/preview.png"
    height, width = cv2.imread(str(path)).shape[:2]
    assert 0.25 < height / width < 0.4  # two lines of four pairs
    assert 0.3 < reddish(path) < 0.55  # every other picture


def test_the_sample_hangs_on_the_seed(tmp_path):
    tile(make_scenes(tmp_path), tmp_path / "o")
    first = write_preview(tmp_path / "o", per_split=2).read_bytes()
    assert write_preview(tmp_path / "o", per_split=2).read_bytes() == first
    assert write_preview(tmp_path / "o", per_split=2, seed=1).read_bytes() != first


def test_unlabelled_bands(tmp_path):
    image = write(tmp_path / "i.tif", noise(5, 70, 70, "float32"))
    tile([Scene("s", str(image))], tmp_path / "o")
    height, width = cv2.imread(str(write_preview(tmp_path / "o"))).shape[:2]
    assert width > 2 * height  # one line of four images


def test_a_manifest_alone_shows_nothing(tmp_path):
    tile(make_scenes(tmp_path), tmp_path / "o", format="none")
    with pytest.raises(ConfigError, match="nothing to show"):
        write_preview(tmp_path / "o")
