"""How fast mmda cuts tiles, beside gdal_retile.py, torchgeo, a plain loop and the encoder alone.

Seeded rasters in three layouts with masks are cut with the same codecs by all. mmda's time is that
of the whole run, from the plan to the manifest; the start of Python is taken off on both sides.
Contenders take turns within a repeat, and ratios are medians over the repeats. Every tile is
compared with the raster, pixel by pixel, and counted, outside of the time.

The last line is JSON: the smallest ratio to ``gdal_retile.py`` with two workers for zstd GeoTIFF
and for PNG (``null`` where it is not installed: Debian's gdal-bin and python3-gdal), the smallest
ratio to mmda with GDAL's GeoTIFF encoder in place of its own ("mmda by GDAL"), the smallest ratio
to the encoder alone with as many threads on the uncompressed layout (the others must
decompress, too: see the table), and the peak memory (MiB) of tiling a sparse raster of 50,000 x
50,000 pixels in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from itertools import product
from pathlib import Path

import rasterio
from prettytable import PrettyTable
from rasterio.errors import NotGeoreferencedWarning
from tiling_checks import check
from tiling_contenders import (
    LAYOUTS,
    PLACE,
    EncoderAlone,
    Task,
    has_retile,
    has_torchgeo,
    make_rasters,
    run_loop,
    run_mmda,
    run_mmda_by_gdal,
    run_retile,
    run_torchgeo,
)

Row = tuple[str, int, str]  # layout, stride, codec


def main() -> None:
    """Run the benchmark and print its table and figures."""
    args = _parse()
    if args.peak_of is not None:
        print(_peak_here(args.peak_of))
        return
    warnings.simplefilter("ignore", NotGeoreferencedWarning)
    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        rates = _measure(args, folder)
        print(_table(rates))
        _print_resampling(args, folder)
        peaks = [_peak(folder, args.peak_size, tiled) for tiled in (True, False)]
    print(f"peak memory, {args.peak_size} x {args.peak_size} pixels: {peaks[0]} MiB (tiled file), ")
    print(f"{peaks[1]} MiB (file of strips)")
    print(json.dumps({**_ratios(rates), "peak_mib": max(peaks)}))


def _measure(args: argparse.Namespace, folder: Path) -> dict[Row, dict[str, list[float]]]:
    """Return tiles per second of every contender in every repeat."""
    images, mask = make_rasters(folder, args.size)
    start = _seconds(lambda: _call("gdal_retile.py", "--help")) if has_retile() else 0.0
    rates: dict[Row, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for layout, stride, codec in product(args.layouts, args.strides, args.codecs):
        task = Task(images[layout], mask, stride, codec)
        encoder = EncoderAlone(task)
        contenders: dict[str, Callable[[Path], None]] = {
            "plain loop": lambda out, task=task: run_loop(task, out),
        }
        if has_retile():
            contenders["gdal_retile"] = lambda out, task=task: run_retile(task, out)
        if has_torchgeo():
            contenders["torchgeo"] = lambda out, task=task: run_torchgeo(task, out)
        for n in args.workers:
            contenders[f"encoder x{n}"] = lambda out, n=n, e=encoder: e.run(out, n)
            contenders[f"mmda x{n}"] = lambda out, n=n, task=task: run_mmda(task, out, n)
            if codec == "zstd":
                contenders[f"mmda by GDAL x{n}"] = lambda out, n=n, task=task: run_mmda_by_gdal(
                    task, out, n
                )
        for repeat in range(args.repeats + 1):  # the first one warms up
            for name, contender in contenders.items():
                out = folder / "out"
                out.mkdir()
                seconds = _seconds(lambda out=out, contender=contender: contender(out))
                seconds -= 2 * start if name == "gdal_retile" else 0
                if repeat:
                    rates[layout, stride, codec][name].append(len(encoder.tiles) / seconds)
                else:
                    count = check(name, task, out)
                    assert count == len(encoder.tiles), f"{name} made {count} tiles"
                shutil.rmtree(out)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rates


def _table(rates: dict[Row, dict[str, list[float]]]) -> PrettyTable:
    names = list(dict.fromkeys(name for found in rates.values() for name in found))
    table = PrettyTable(["layout", "stride", "codec", *names], title="tiles/s, medians")
    table.align = "r"
    for row, found in rates.items():
        medians = {name: f"{statistics.median(values):.0f}" for name, values in found.items()}
        table.add_row([*row, *(medians.get(name, "-") for name in names)])
    return table


def _ratios(rates: dict[Row, dict[str, list[float]]]) -> dict[str, float | None]:
    def smallest(other: str, **wanted: str) -> float | None:
        ratios = []
        for (layout, _, codec), found in rates.items():
            if layout != wanted.get("layout", layout) or codec != wanted.get("codec", codec):
                continue
            most = max(name for name in found if name.startswith("mmda x"))
            if (name := other.format(most[-1])) in found:
                pairs = zip(found[most], found[name], strict=True)
                ratios.append(statistics.median(ours / theirs for ours, theirs in pairs))
        return round(min(ratios), 2) if ratios else None

    return {
        "vs_gdal_retile_zstd": smallest("gdal_retile", codec="zstd"),
        "vs_gdal_retile_png": smallest("gdal_retile", codec="png"),
        "vs_gdal_encoder": smallest("mmda by GDAL x{}"),
        "vs_encoder": smallest("encoder x{}", layout="strip raw"),
    }


def _print_resampling(args: argparse.Namespace, folder: Path) -> None:
    """Print the speed of tiling from 0.3 m to 1 m, in source pixels, relative to plain tiling."""
    for layout in args.layouts:
        path = folder / f"{layout.replace(' ', '_')}.tif"
        task = Task(path, folder / "mask.tif", 512, "zstd")
        ratios = []
        for _ in range(args.repeats):
            seconds = []
            for gsd in (None, 1.0):
                out = folder / "out"
                seconds.append(
                    _seconds(lambda out=out, gsd=gsd, task=task: run_mmda(task, out, 2, gsd))
                )
                shutil.rmtree(out)
            ratios.append(seconds[0] / seconds[1])
        ratio = statistics.median(ratios)
        print(f"0.3 m to 1 m, {layout}: {ratio:.2f} times the source pixels/s of plain tiling")


def _peak(folder: Path, size: int, tiled: bool) -> int:
    """Return the peak memory (MiB) of tiling a sparse raster, in a process of its own."""
    path = folder / f"sparse_{tiled}.tif"
    blocks = {"tiled": True, "blockxsize": 512, "blockysize": 512} if tiled else {}
    options = {"compress": "lzw", "sparse_ok": True, "bigtiff": True, "interleave": "pixel"}
    with rasterio.open(
        path, "w", driver="GTiff", height=size, width=size, count=3, dtype="uint8",
        **options, **blocks, **PLACE,
    ):  # fmt: skip
        pass
    command = [sys.executable, "-W", "ignore", __file__, "--peak-of", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    shutil.rmtree(path.with_suffix(""), ignore_errors=True)
    return int(done.stdout.split()[-1])


def _peak_here(path: Path) -> int:
    from mmda.raster import RunOptions, Scene, TileOptions, tile_dataset

    scenes, options = [Scene("s", str(path))], TileOptions("t", "d", ("a", "b"))
    tile_dataset(scenes, path.with_suffix(""), options, RunOptions(progress=False))
    # Not getrusage: its peak starts with that of the process which started this one.
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024  # type: ignore[index]


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _call(*command: str) -> None:
    subprocess.run(command, capture_output=True, check=False)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=5000, help="side of the rasters [5000]")
    parser.add_argument("--repeats", type=int, default=5, help="timed repeats [5]")
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS, default=list(LAYOUTS))
    parser.add_argument("--strides", nargs="+", type=int, default=[512, 256])
    parser.add_argument("--codecs", nargs="+", choices=["zstd", "png"], default=["zstd", "png"])
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--peak-size", type=int, default=50000, help="side of the sparse raster")
    parser.add_argument("--folder", help="where the rasters and tiles go [the system's]")
    parser.add_argument("--peak-of", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
