"""How fast ``mmda predict`` is beside the bare network, and how much memory it takes.

A seeded raster of three bands is mapped with simulated networks, which wait as long as a device
would compute and then hand over probabilities: a slow one of 2 s and a fast one of 0.05 s per 100
megapixels of tiles. The bare network answers the same number of equal batches, and nothing else is
done. A plain accumulator holds the whole raster and all sums in memory. Every measurement is made
in a process of its own.

The last line is JSON: the slow network's wall time over the bare one's, the raster's megapixels per
second with the fast one for 2 and 19 classes, and peak memory (MiB) for rasters of two heights.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from prettytable import PrettyTable
from rasterio.transform import from_origin

SLOW, FAST = 2.0, 0.05  # seconds per 100 megapixels
TILE, BATCH = 512, 4
PLACE = {"crs": "EPSG:32633", "transform": from_origin(400_000, 5_300_000, 0.5, 0.5)}


def main() -> None:
    """Run the benchmark and print its table and figures."""
    args = _parse()
    if args.work is not None:
        side, raster, classes, seconds = json.loads(args.work)
        print(json.dumps(SIDES[side](Path(raster), classes, seconds)))
        return
    table = PrettyTable(["raster", "side", "classes", "s/100 Mpx", "wall s", "CPU s", "Mpx/s",
                         "peak MiB"])  # fmt: skip
    table.align = "r"
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        bench = Bench(Path(folder), table, args.repeats)
        figures = bench.sparse(args.sparse) if args.sparse else bench.dense(args.size, args.plain)
    print(table)
    print(json.dumps(figures))


class Bench:
    """Measures each case in a process of its own, the sides of a pair in turn."""

    def __init__(self, folder: Path, table: PrettyTable, repeats: int) -> None:
        self._folder, self._table, self._repeats = folder, table, repeats

    def dense(self, size: int, plain: bool) -> dict[str, float]:
        """Measure a square raster and one of a quarter of its height."""
        square, low = self._raster(size, size), self._raster(size // 4, size)
        slow, bare = self._run(square, [("mmda", 2, SLOW), ("bare", 2, SLOW)])
        two, many = self._run(square, [("mmda", 2, FAST), ("mmda", 19, FAST)])
        (small,) = self._run(low, [("mmda", 2, FAST)])
        self._run(square, [("bare", 2, FAST), ("bare", 19, FAST)])
        if plain:
            self._run(square, [("plain", 2, FAST)])
        pairs = zip(slow["walls"], bare["walls"], strict=True)
        return {
            "vs_bare_model": round(statistics.median(a / b for a, b in pairs), 3),
            "mpx_per_s_2": two["speed"],
            "mpx_per_s_19": many["speed"],
            f"peak_mib_{size // 4}": small["peak"],
            f"peak_mib_{size}": two["peak"],
        }

    def sparse(self, size: int) -> dict[str, float]:
        """Measure a sparse raster with data in a patch of 2,000 pixels."""
        path = self._folder / "sparse.tif"
        with rasterio.open(path, "w", **_profile(size, size), sparse_ok=True, nodata=0) as raster:
            start = max(size // 2 - 1000, 0)
            patch = _pattern(min(2000, size))
            box = rasterio.windows.Window(start, start, *patch.shape[1:])
            raster.write(patch, window=box)
        (found,) = self._run(path, [("mmda", 2, FAST)])
        return {"sparse_s": round(found["wall"], 1), "peak_mib_sparse": found["peak"]}

    def _raster(self, height: int, width: int) -> Path:
        """Write a raster of a pattern that is shifted from strip to strip."""
        path = self._folder / f"{height}.tif"
        pattern = _pattern(4096)
        with rasterio.open(path, "w", **_profile(height, width)) as raster:
            for top in range(0, height, 512):
                rows = np.roll(pattern[:, :512], top, axis=2)[:, : min(512, height - top)]
                rows = np.tile(rows, (1, 1, -(-width // 4096)))[:, :, :width]
                raster.write(rows, window=((top, top + rows.shape[1]), (0, width)))
        return path

    def _run(self, raster: Path, cases: list[tuple[str, int, float]]) -> list[dict[str, Any]]:
        found: list[list[dict[str, float]]] = [[] for _ in cases]
        for _ in range(self._repeats):
            for case, results in zip(cases, found, strict=True):
                work = json.dumps([case[0], str(raster), *case[1:]])
                done = subprocess.run(
                    [sys.executable, __file__, "--work", work], capture_output=True, text=True,
                    check=False,
                )  # fmt: skip
                assert done.returncode == 0, done.stderr
                results.append(json.loads(done.stdout.splitlines()[-1]))
        with rasterio.open(raster) as opened:
            shape, pixels = opened.shape, opened.width * opened.height / 1e6
        summaries = []
        for (side, classes, seconds), results in zip(cases, found, strict=True):
            medians = {key: statistics.median(r[key] for r in results) for key in results[0]}
            speed = round(pixels / medians["wall"], 1)
            size = " x ".join(map(str, shape))
            walls = [result["wall"] for result in results]
            self._table.add_row([size, side, classes, seconds, round(medians["wall"], 1),
                                 round(medians["cpu"], 1), speed, medians["peak"]])  # fmt: skip
            summaries.append({**medians, "walls": walls, "speed": speed})
        return summaries


class Simulated:
    """A network whose device takes a given time; the host only fetches what it answers.

    Args:
        classes: Number of classes.
        seconds: Per 100 megapixels of tiles.
    """

    def __init__(self, classes: int, seconds: float) -> None:
        import cv2

        coarse = np.random.default_rng(0).random((BATCH, TILE // 32, TILE // 32, classes))
        fine = [cv2.resize(one.astype(np.float32), (TILE, TILE)) for one in coarse]
        raw = np.ascontiguousarray(np.moveaxis(np.stack(fine), -1, 1)) + np.float32(0.01)
        self._answer = raw / raw.sum(1, keepdims=True)
        self._seconds = seconds / 1e8

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return probabilities after the time that the device takes."""
        time.sleep(self._seconds * len(pixels) * TILE**2)
        return self._answer[: len(pixels)]


def _mmda(raster: Path, classes: int, seconds: float) -> dict[str, float]:
    from mmda.raster.mapping.options import PredictOptions
    from mmda.raster.mapping.predict import predict_raster

    network = Simulated(classes, seconds)
    options = PredictOptions(tile=TILE, batch_size=BATCH, progress=False)
    with tempfile.TemporaryDirectory(dir=raster.parent) as folder:
        out = Path(folder, "mask.tif")
        return _timed(lambda: predict_raster(raster, out, network, options, num_classes=classes))


def _bare(raster: Path, classes: int, seconds: float) -> dict[str, float]:
    from mmda.raster.mapping.mosaic import MosaicGrid
    from mmda.raster.mapping.options import OVERLAP

    with rasterio.open(raster) as opened:
        grid = MosaicGrid(*opened.shape, TILE, OVERLAP)
    batches, rest = divmod(len(grid.rows) * len(grid.cols), BATCH)
    network = Simulated(classes, seconds)
    batch = np.zeros((BATCH, 3, TILE, TILE), np.uint8)

    def run() -> None:
        for size in [BATCH] * batches + [rest] * bool(rest):
            network(batch[:size])

    return _timed(run)


def _plain(raster: Path, classes: int, seconds: float) -> dict[str, float]:
    """Read all, add all tiles to sums of the raster's size, divide, and write all."""
    from mmda.raster.mapping.mosaic import MosaicGrid
    from mmda.raster.mapping.options import OVERLAP

    network = Simulated(classes, seconds)

    def run() -> None:
        with rasterio.open(raster) as opened:
            image, grid = opened.read(), MosaicGrid(*opened.shape, TILE, OVERLAP)
        sums = np.zeros((classes, *image.shape[1:]), np.float32)
        counts = np.zeros(image.shape[1:], np.float32)
        for top in grid.rows:
            for left in grid.cols:
                place = (slice(None), slice(top, top + TILE), slice(left, left + TILE))
                sums[place] += network(image[place][None])[0]
                counts[place[1:]] += 1
        mask = (sums / counts).argmax(0).astype(np.uint8)
        profile = {**_profile(*mask.shape), "count": 1}
        with rasterio.open(raster.with_name("plain_mask.tif"), "w", **profile) as written:
            written.write(mask[None])

    return _timed(run)


SIDES: dict[str, Callable[[Path, int, float], dict[str, float]]] = {
    "mmda": _mmda, "bare": _bare, "plain": _plain,
}  # fmt: skip


def _timed(run: Callable[[], Any]) -> dict[str, float]:
    """Return seconds and this process's peak memory."""
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # Not getrusage: its peak starts with that of the process which started this one.
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024  # type: ignore[index]
    return {"wall": wall, "cpu": cpu, "peak": peak}


def _profile(height: int, width: int) -> dict[str, Any]:
    size = {"height": height, "width": width, "count": 3, "dtype": "uint8"}
    blocks = {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate"}
    return {"driver": "GTiff", "bigtiff": "if_safer", "interleave": "pixel", **size, **blocks,
            **PLACE}  # fmt: skip


def _pattern(size: int) -> NDArray[np.uint8]:
    """Return blobs with a little noise, ``(3, size, size)``, from 1."""
    import cv2

    draw = np.random.default_rng(0)
    coarse = draw.integers(1, 250, (size // 8 + 1, size // 8 + 1, 3)).astype(np.uint8)
    image = cv2.resize(coarse, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.moveaxis(image + draw.integers(0, 5, image.shape, dtype=np.uint8), -1, 0)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=20_000, help="side of the raster [20000]")
    parser.add_argument("--sparse", type=int, metavar="SIZE", help="instead, map a sparse raster "
                        "of this side with data in 2,000 x 2,000 pixels, e.g. 60000")  # fmt: skip
    parser.add_argument("--plain", action="store_true", help="also the accumulator in memory")
    parser.add_argument("--repeats", type=int, default=3, help="timed repeats [3]")
    parser.add_argument("--folder", help="where rasters and masks go [the system's]")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
