"""What ``mmda tile`` prints: the plan of a run, or what the tiled dataset holds."""

from __future__ import annotations

import sys
from typing import Any

from mmda.api.tiling import TileJob
from mmda.raster.dataset.manifest import read_manifest
from mmda.raster.tiling.plan import Plan
from mmda.raster.tiling.result import TileResult
from mmda.report.preview import write_preview


def print_plan(plan: Plan, format: str) -> None:
    """Print what a run would write, and which rasters cannot be read."""
    counts = ", ".join(f"{split} {n}" for split, n in plan.tiles_per_split().items()) or "no"
    size = sum(scene.tile_bytes(format) for scene in plan.scenes) / 2**20
    print(f"Would cut {len(plan.scenes)} scenes into {counts} tiles, at most {size:.0f} MiB.")
    for _, message in plan.damaged:
        print(f"warning: {message}", file=sys.stderr)


def print_result(result: TileResult, job: TileJob, *, decodes: bool, preview: bool) -> None:
    """Print what was made, which is no dataset yet while other shards are not ready.

    Args:
        result: What was made.
        job: What was to be made.
        decodes: Whether the user chooses how labels are decoded.
        preview: Whether to draw a sample of the tiles.
    """
    if result.pending_scenes:
        print(f"`{result.root}`: shard {job.run.shard} is done;", end=" ")
        print(f"{result.pending_scenes} scenes of other shards are not.")
        print("  The shard that is ready last completes the dataset.")
    elif result.info:
        _print_summary(result, decodes)
        if preview:
            print(f"  `{write_preview(result.root)}` shows a sample of its tiles")


def _print_summary(result: TileResult, decodes: bool) -> None:
    """Print what a tiled dataset holds, and what looks wrong about it."""
    out, info = result.root, result.info
    counts = ", ".join(f"{split} {n}" for split, n in info["splits"].items())
    size = "whole images" if info["tile"] is None else f"tiles of {info['tile']} pixels"
    rows = read_manifest(out)
    nominal = " (nominal: the files do not tell)" if any(r["nominal_gsd"] for r in rows) else ""
    print(f"`{out}`: {info['task']}, domain {info['domain']}")
    print(
        f"  {info['scenes']} scenes, {size}: {counts}; {info['dropped_tiles']} dropped as invalid"
    )
    print(f"  {info['bands']} bands of {info['dtype']}, {_gsd(rows)}{nominal}")
    for split, pixels in (info["class_pixels"] or {}).items():
        total = max(sum(pixels), 1)
        shares = zip(info["classes"], pixels, strict=True)
        print(f"  {split}: " + ", ".join(f"{name} {n / total:.1%}" for name, n in shares))
        absent = [name for name, n in zip(info["classes"], pixels, strict=True) if n == 0]
        if absent:
            _warn_of_absent(absent, split, decodes)


def _gsd(rows: list[dict[str, Any]]) -> str:
    known = sorted({row["gsd"] for row in rows if row["gsd"] is not None})
    if not known:
        return "unknown GSD"
    ends = dict.fromkeys((known[0], known[-1]))
    return " to ".join(f"{value:g}" for value in ends) + " m/pixel"


def _warn_of_absent(names: list[str], split: str, decodes: bool) -> None:
    advice = (
        "Check the labels and their decoding rule (--decode binary for masks of 0 and 255)."
        if decodes
        else "That is well in a part of the dataset; otherwise check the labels."
    )
    print(
        f"warning: {', '.join(names)}: no pixel in the split `{split}`. {advice}", file=sys.stderr
    )
