"""How fast ``mmda vectorise`` is, and how much memory it takes, beside tracing the mask at once.

A seeded mask of turned rectangular buildings is vectorised by both sides in turn, each time in a
process of its own; imports are outside of the time. The areas of the polygons must add up to the
mask's. The times of the processors are given as well, which other programs disturb less.

The last line is JSON: megapixels per second of both sides (medians) by the wall and by the
processor, and peak memory (MiB); for the larger mask, with ``--large``, under names that end in
``_large``.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from prettytable import PrettyTable
from rasterio.transform import from_origin

from mmda.raster.mapping.rasters import mask_writer
from mmda.raster.mapping.write import Frame

SIDES = ("mmda", "whole")
PIXEL = 0.5  # metres


def main() -> None:
    """Run the benchmark and print its table and figures."""
    args = _parse()
    if args.work is not None:
        print(json.dumps(_work(args.work, *map(Path, args.files), args)))
        return
    figures: dict[str, float] = {}
    table = PrettyTable(["mask", "side", "Mpx/s", "Mpx/s of CPU time", "peak MiB"])
    table.align = "r"
    sizes = [(args.size, args.buildings, "")]
    sizes += [(2 * args.size, 4 * args.buildings, "_large")] if args.large else []
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        for size, buildings, suffix in sizes:
            runs = _measure(Path(folder), size, buildings, args)
            for side, found in runs.items():
                wall, cpu, peak = (
                    statistics.median(one[n] for one in found) for n in ("wall", "cpu", "peak")
                )
                speeds = [round(size**2 / 1e6 / seconds, 1) for seconds in (wall, cpu)]
                end = ("" if side == "mmda" else "_whole") + suffix
                figures |= {f"mpx_per_s{end}": speeds[0], f"mpx_per_cpu_s{end}": speeds[1],
                            f"peak_mib{end}": peak}  # fmt: skip
                table.add_row([f"{size} x {size}, {found[0]['count']}", side, *speeds, peak])
    print(table)
    print(json.dumps(figures))


def _measure(
    folder: Path, size: int, buildings: int, args: argparse.Namespace
) -> dict[str, list[dict[str, Any]]]:
    """Return what every run of both sides took."""
    mask, out = folder / f"{size}.tif", folder / "polygons.gpkg"
    pixels = make_mask(mask, size, buildings)
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for _ in range(args.repeats):
        for side, found in runs.items():
            command = [sys.executable, __file__, str(mask), str(out)]
            command += ["--work", side, "--block", str(args.block)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            found.append(json.loads(done.stdout.splitlines()[-1]))
            out.unlink()
    counts = {one["count"] for found in runs.values() for one in found}
    assert len(counts) == 1, f"the sides found {sorted(counts)} polygons"
    for found in runs.values():
        assert found[0]["pixels"] == pixels, f"{found[0]['pixels']} of {pixels} pixels"
    return runs


def make_mask(path: Path, size: int, buildings: int) -> int:
    """Write a mask of buildings on a jittered grid, row by row of the grid; return their pixels."""
    draw = np.random.default_rng(0)
    side = math.isqrt(buildings)
    cell, pixels = size / side, 0
    place = {"crs": "EPSG:32633", "transform": from_origin(400_000, 5_300_000, PIXEL, PIXEL)}
    with mask_writer(path, Frame(size, size, place), ["background", "building"]) as writer:
        for i in range(side):
            top, bottom = round(i * cell), round((i + 1) * cell)
            rows = np.zeros((bottom - top, size), np.uint8)
            for j in range(side):
                centre = ((j + 0.5) * cell, cell / 2) + draw.uniform(-0.08, 0.08, 2) * cell
                sides = draw.uniform(0.15, 0.55, 2) * cell
                box = cv2.boxPoints((centre, sides, float(draw.uniform(0, 90))))
                cv2.fillPoly(rows, [np.rint(box).astype(np.int32)], 1)
            pixels += int(rows.sum())
            writer.write(rows[None])
    return pixels


def _work(side: str, mask: Path, out: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Vectorise on one side; return seconds, peak memory and what was found."""
    import geopandas as gpd
    from vectorise_whole import vectorise_whole

    from mmda.raster.mapping.vectorise import vectorise

    wall, cpu = time.perf_counter(), time.process_time()
    if side == "whole":
        vectorise_whole(mask, out)
    else:
        vectorise(mask, out, block=args.block, progress=False)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # Not getrusage: its peak starts with that of the process which started this one.
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024  # type: ignore[index]
    found = gpd.read_file(out)
    pixels = round(float(found.area.sum()) / PIXEL**2)
    return {"wall": wall, "cpu": cpu, "peak": peak, "count": len(found), "pixels": pixels}


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=10_000, help="side of the mask [10000]")
    parser.add_argument("--buildings", type=int, default=50_000, help="in the mask [50000]")
    parser.add_argument("--large", action="store_true", help="also twice the side, four times the "
                        "buildings")  # fmt: skip
    parser.add_argument("--repeats", type=int, default=3, help="timed repeats [3]")
    parser.add_argument("--block", type=int, default=2048, help="as in mmda vectorise [2048]")
    parser.add_argument("--folder", help="where the masks and polygons go [the system's]")
    parser.add_argument("--work", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
