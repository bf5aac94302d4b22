import io

import cv2
import numpy as np
import pytest
from PIL import Image

from mmda.raster.png import encode_png


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (63, 5), (64, 64), (65, 3), (130, 200)])
@pytest.mark.parametrize("bands", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_other_decoders_give_the_pixels_back(size, bands, dtype):
    draw = np.random.default_rng(0)
    pixels = draw.integers(0, np.iinfo(dtype).max + 1, (*size, bands)).astype(dtype)
    data = np.frombuffer(encode_png(pixels), np.uint8)
    read = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert read.dtype == dtype
    expected = pixels[..., 0] if bands == 1 else pixels[..., ::-1]  # OpenCV gives blue first
    np.testing.assert_array_equal(read, expected)


def test_smooth_images_are_as_small_as_opencvs():
    coarse = np.random.default_rng(0).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    pixels = cv2.resize(coarse, (256, 256), interpolation=cv2.INTER_CUBIC)
    assert len(encode_png(pixels)) < 1.2 * len(cv2.imencode(".png", pixels)[1])
    assert len(encode_png(np.zeros((512, 512), np.uint8))) < 5000


def test_checksums_hold():
    """Pillow checks each chunk's CRC and the deflate stream's Adler-32."""
    data = bytearray(encode_png(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)))
    image = Image.open(io.BytesIO(data))
    image.verify()
    Image.open(io.BytesIO(data)).load()
    data[-20] ^= 1
    with pytest.raises((OSError, SyntaxError)):
        Image.open(io.BytesIO(data)).load()
