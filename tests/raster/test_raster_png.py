import io
import os
import subprocess
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from mmda.errors import ConfigError
from mmda.raster.tiling.png import encode_png


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


def test_views_are_encoded_as_they_look():
    pixels = np.random.default_rng(0).integers(0, 2**16, (3, 20, 30)).astype(np.uint16)
    view = pixels.transpose(1, 2, 0)[::2, ::-1]
    assert encode_png(view) == encode_png(np.ascontiguousarray(view))


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4), np.float32), np.zeros((4, 4), np.int16), np.zeros((4, 4, 2), np.uint8)],
)
def test_what_a_png_cannot_hold_is_refused(pixels):
    with pytest.raises(ConfigError, match="1 or 3 bands of uint8 or uint16"):
        encode_png(pixels)


def test_equal_pixels_give_equal_bytes_in_threads_and_processes():
    """The same with other content in fresh memory: a resumed run equals an undisturbed one."""
    with ThreadPoolExecutor(4) as threads:
        sums = set(threads.map(lambda _: checksum(), range(8)))
    script = "import test_raster_png; print(test_raster_png.checksum())"
    for filling in ("0", "85", "255"):
        environment = {**os.environ, "MALLOC_PERTURB_": filling}
        command = [sys.executable, "-c", script]
        done = subprocess.run(
            command, env=environment, cwd=Path(__file__).parent, capture_output=True, check=True
        )
        sums.add(int(done.stdout))
    assert len(sums) == 1


def checksum() -> int:
    draw, total = np.random.default_rng(0), 0
    for size in range(40, 400, 40):
        coarse = draw.integers(0, 3, (9, 9)).astype(np.uint8)
        label = cv2.resize(coarse, (size, size + 7), interpolation=cv2.INTER_NEAREST)
        noise = draw.integers(0, 9, (size + 7, size, 3)).astype(np.uint8)
        total = zlib.crc32(encode_png(label), total)
        total = zlib.crc32(encode_png(noise + label[..., None]), total)
    return total


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


def test_equal_pixels_give_equal_bytes_wherever_the_compressor_lies():
    """ISA-L failed here in a few images: the addresses of its state, on the heap or on the
    thread's stack, had a say."""
    first, padding = repeating_checksums(), [bytes(size) for size in range(1000, 200000, 3500)]
    assert repeating_checksums() == first
    del padding  # until here, so that the second round has other addresses
    for stack in (256 * 1024, 3 * 2**20):
        before = threading.stack_size(stack)
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(repeating_checksums).result() == first
        threading.stack_size(before)


def repeating_checksums() -> list[int]:
    """Checksums of PNGs whose first differences come again soon."""
    draw, sums = np.random.default_rng(0), []
    for _ in range(6000):
        start, middle, end = draw.bytes(7), draw.bytes(20), draw.bytes(300)
        differences = np.frombuffer(start + middle + start + start[1:] + end + start, np.uint8)
        mask = np.cumsum(differences, dtype=np.uint8)[None]
        image = np.cumsum(differences[:345].reshape(1, -1, 3), axis=1, dtype=np.uint8)
        sums += [zlib.crc32(encode_png(mask)), zlib.crc32(encode_png(image))]
    return sums
