"""NAM of the demo's recipe over seeds, presets and domain shifts that nothing was tuned on."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from mmda.cli import main as mmda

# Each changes every kind of parameter: scale, light, materials, season, colour response, optics.
UNSEEN = {
    "unseen-a": {
        "gsd_ratio": 0.8,
        "sun_azimuth": -120,
        "sun_elevation": 15,
        "roof_mix": 0.3,
        "ground_mix": 0.2,
        "season": 0.2,
        "red_gain": 0.85,
        "blue_gain": 1.15,
        "gamma": 1.25,
        "saturation": 0.7,
        "contrast": 0.8,
        "haze": 0.2,
        "blur": 0.6,
    },
    "unseen-b": {
        "gsd_ratio": 1.5,
        "sun_azimuth": 160,
        "roof_mix": 0.4,
        "season": 0.7,
        "green_gain": 0.9,
        "gamma": 0.75,
        "saturation": 0.4,
        "contrast": 1.1,
        "haze": 0.0,
        "noise": 0.02,
        "density": 0.8,
    },
    "unseen-c": {
        "gsd_ratio": 1.0,
        "sun_azimuth": -60,
        "sun_elevation": -15,
        "roof_mix": 0.5,
        "ground_mix": 0.6,
        "road_mix": 0.6,
        "season": 0.0,
        "red_gain": 1.15,
        "blue_gain": 0.8,
        "gamma": 1.1,
        "saturation": 0.3,
        "haze": 0.25,
        "building_size": 0.9,
    },
}


def run(shift: str, task: str, seed: int, out: Path) -> dict:
    """Return the summary of one demo run; a finished one is not repeated."""
    folder = out / f"{shift}-{task}-{seed}"
    summary = folder / "summary.json"
    if not summary.exists():
        preset = "default" if shift in UNSEEN else shift
        values = [f"{name}={value}" for name, value in UNSEEN.get(shift, {}).items()]
        options = [part for value in values for part in ("--set", value)]
        arguments = ["--task", task, "--seed", str(seed), "--preset", preset, *options]
        if code := mmda(["demo", *arguments, "--out", str(folder)]):
            raise SystemExit(code)
    return json.loads(summary.read_text())


def statistics(summaries: list[dict]) -> dict[str, float]:
    """Return means and standard deviations over seeds, in percent."""
    values = {
        run: [summary["runs"][run]["miou"] for summary in summaries]
        for run in ("source_only", "adapted", "target_only")
    }
    values["nam"] = [np.nan if s["nam"] is None else s["nam"] for s in summaries]
    result = {f"{name}_mean": float(np.mean(v)) for name, v in values.items()}
    result |= {f"{name}_std": float(np.std(v)) for name, v in values.items()}
    return {**result, "nam_min": float(np.min(values["nam"])), "seeds": len(summaries)}


def main() -> int:
    """Run all cases, print a Markdown table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shifts", nargs="+", default=["default", "mild", "hard", *UNSEEN])
    parser.add_argument("--tasks", nargs="+", default=["buildings"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--out", type=Path, default=Path("work_dirs/toy_adaptation"))
    args = parser.parse_args()
    lines, figures = [], {}
    for task in args.tasks:
        for shift in args.shifts:
            row = statistics([run(shift, task, seed, args.out) for seed in args.seeds])
            figures[f"{shift}-{task}"] = {key: round(value, 2) for key, value in row.items()}
            cells = [
                f"{row[f'{name}_mean']:.1f} ± {row[f'{name}_std']:.1f}"
                for name in ("source_only", "adapted", "target_only", "nam")
            ]
            lines.append(
                f"| {task} | {shift} | " + " | ".join([*cells, f"{row['nam_min']:.1f}"]) + " |"
            )
    print("\n| task | shift | source only | adapted | target only | NAM | lowest NAM |")
    print("|---|---|---|---|---|---|---|")
    print("\n".join(lines))
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
