"""For any size, tile, stride, resolution and edge rule: tiles cover what they should."""

import shutil

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from raster_samples import noise, read_image, tile, write

from mmda.raster import RasterLabels, Scene, read_manifest


def covered(length, size, stride, edge):
    """Which pixels of an axis the tiles reach, from the documentation alone."""
    if edge != "drop":
        return np.ones(length, bool)
    last = (length - size) // stride * stride + size if length >= size else 0
    return np.arange(length) < last


def assemble(root, rows, kind, shape, tolerance):
    """Put tiles together; overlapping ones must agree."""
    result = np.full(shape, -1.0)
    for row in rows:
        part = result[:, row["row"] : row["row"] + row["height"]]
        part = part[:, :, row["col"] : row["col"] + row["width"]]
        array = read_image(root / row[kind])[..., : part.shape[-2], : part.shape[-1]]
        assert ((part == -1) | (abs(part - array) <= tolerance)).all()
        part[...] = array
    return result


def scene(folder, height, width, hole, bands, dtype):
    """Write a scene; also return what its tiles hold when nothing is resampled."""
    image = noise(bands, height, width, dtype)
    image[:, hole[0] : hole[0] + hole[2], hole[1] : hole[1] + hole[3]] = 0
    write(folder / "i.tif", image, nodata=0)
    write(folder / "exact.tif", image.astype(np.float32), nodata=0)
    ids = (noise(1, height, width, seed=1) % 3).astype(np.uint8)
    write(folder / "m.tif", ids)
    written = {"image": image, "label": np.where(image.any(axis=0), ids, 255)}
    return Scene("s", str(folder / "i.tif"), label=RasterLabels(str(folder / "m.tif"))), written


def exact(folder, options):
    """Return the resampled image before it is rounded to whole numbers."""
    tile([Scene("s", str(folder / "exact.tif"))], folder / "exact", tile=None, **options)
    return read_image(next((folder / "exact/train/images").iterdir()))


@settings(max_examples=20, deadline=None)
@given(
    height=st.integers(5, 120),
    width=st.integers(5, 120),
    size=st.integers(6, 40),
    overlap=st.floats(0, 0.7),
    ratio=st.sampled_from([1, 1, 0.6, 1.7, 2, 10 / 3]),
    edge=st.sampled_from(["shift", "pad", "drop"]),
    hole=st.tuples(*[st.integers(0, 60)] * 4),
    bands=st.integers(1, 4),
    dtype=st.sampled_from(["uint8", "uint16"]),
)
@example(43, 66, 7, 0.375, 1.7, "pad", (0, 0, 0, 0), 2, "uint16")  # rounds four ties otherwise
def test_tiles_cover_what_is_documented(
    tmp_path_factory, height, width, size, overlap, ratio, edge, hole, bands, dtype
):
    folder = tmp_path_factory.mktemp("coverage")
    assume(hole[0] or hole[1] or hole[2] < height or hole[3] < width)
    stride = max(1, int(size * (1 - overlap)))
    options = {"gsd": 0.5 * ratio, "classes": ("a", "b", "c"), "min_valid": 0}
    spec, written = scene(folder, height, width, hole, bands, dtype)
    shape = (max(1, round(height / ratio)), max(1, round(width / ratio)))
    reach = np.outer(*(covered(n, size, stride, edge) for n in shape))
    try:
        tile([spec], folder / "whole", tile=None, **options)
        whole = {k: read_image(next((folder / "whole/train" / f"{k}s").iterdir())) for k in KINDS}
        if ratio == 1:
            for kind in KINDS:
                np.testing.assert_array_equal(whole[kind], written[kind])
        valid = whole["label"][0] != 255
        if not (reach & valid).any():
            return
        info = tile([spec], folder / "o", tile=size, stride=stride, edge=edge, **options)
        rows = read_manifest(folder / "o")
        assert info["splits"]["train"] == len(rows) == len({(r["row"], r["col"]) for r in rows})
        for kind in KINDS:
            # GDAL rounds ties of resampled values as its window's offset falls.
            tolerance = 1 if kind == "image" and ratio != 1 else 0
            got = assemble(folder / "o", rows, kind, whole[kind].shape, tolerance)
            # Where no tile lies, all its pixels would have been invalid.
            want = np.where(reach & ((got[0] != -1) | valid), whole[kind].astype(float), -1)
            np.testing.assert_allclose(got, want, rtol=0, atol=tolerance)
            off = got != want
            if off.any():
                np.testing.assert_allclose(exact(folder, options)[off] % 1, 0.5, atol=0.01)
    finally:
        shutil.rmtree(folder)


KINDS = ("image", "label")
