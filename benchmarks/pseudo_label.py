"""Memory of pseudo-labelling over the number of tiles, and the share of its time in the network.

Memory: the toy network labels a set of 10 tiles and one of 1000, each in a process of its own, and
the peak resident memory is read. Time: DeepLab-v2 with ResNet-101 (random weights) labels a few
tiles; the share is that of the network's forward pass in the time of the whole sweep, from the
first tile read to the report. A sweep of two tiles before it loads the libraries.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the figures are the CPU's; set before torch is imported
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

if TYPE_CHECKING:
    from mmda.pseudo.sweep import SweepSummary

# What a child's peak counts starts from what its parent held: here nothing heavy is imported.
CONFIGS = Path(__file__).resolve().parents[1] / "configs"
MODELS = {
    "toy": CONFIGS / "_base_/models/toy_r18.py",
    "deeplab": CONFIGS / "_base_/models/deeplabv2_r101.py",
}


def write_tiles(root: Path, count: int, size: int) -> None:
    """Tile a random scene into ``count`` tiles of ``size`` pixels."""
    import numpy as np
    import rasterio
    from rasterio.transform import from_origin

    from mmda.raster import RunOptions, Scene, TileOptions, tile_dataset

    shape = (2 * size, -(-count // 2) * size)
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (3, shape[0] // 16, shape[1] // 16))
    pixels = np.kron(coarse, np.ones((1, 16, 16))) + rng.normal(0, 12, (3, *shape))
    scene = root / "scene.tif"
    with rasterio.open(
        scene, "w", driver="GTiff", count=3, height=shape[0], width=shape[1], dtype="uint8",
        crs=32633, transform=from_origin(500000, 5000000, 0.5, 0.5),
    ) as raster:  # fmt: skip
        raster.write(np.clip(pixels, 0, 255).astype("uint8"))
    options = TileOptions(
        "buildings", "target", ("background", "building"), size, format="png",
        palette=((0, 0, 0), (255, 0, 0)),
    )  # fmt: skip
    run = RunOptions(workers=1, progress=False)
    tile_dataset([Scene("scene", str(scene), "train")], root / "tiles", options, run)


def label(root: Path, network: str, batch: int) -> SweepSummary:
    """Label the tiles in ``root`` and return the sweep's summary."""
    import torch
    from mmengine.config import Config
    from mmengine.registry import init_default_scope

    from mmda.engine.inference import without_pretrained
    from mmda.engine.unlabelled_data import unlabelled
    from mmda.pseudo import ThresholdRule
    from mmda.pseudo.sweep import Sweep
    from mmda.registry import MODELS as REGISTRY

    torch.set_num_threads(1)
    init_default_scope("mmda")
    config = Config.fromfile(MODELS[network]).model
    without_pretrained(config)
    torch.manual_seed(0)
    model = REGISTRY.build(config).eval()
    described = dict(type="TiledDataset", data_root=str(root / "tiles"))
    pipeline = [dict(type="LoadTile"), dict(type="PackDomainInputs")]
    rule = ThresholdRule.parse("median")
    for name, indices in (("warm-up", 2), ("labels", None)):
        dataset = unlabelled({**described, "indices": indices}, pipeline)
        sweep = Sweep(
            model, dataset, str(root / name), rule, batch_size=batch, progress=sys.stderr.isatty()
        )
        summary = sweep.run()
    return summary


def run_alone(args: argparse.Namespace) -> None:
    """Write tiles or label them, and print what was measured as JSON."""
    import resource

    if args.role == "tiles":
        write_tiles(args.root, args.count, args.size)
        return
    summary = label(args.root, args.network, args.batch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    share = summary.network_seconds / summary.seconds
    print(json.dumps({"peak": peak, "share": share, "seconds": summary.seconds}))


def measure(network: str, count: int, size: int, batch: int) -> dict[str, float]:
    """Label ``count`` tiles in a process of its own; return peak (MiB), share and seconds."""
    with tempfile.TemporaryDirectory() as root:
        for role in ("tiles", network):
            command = [sys.executable, __file__, "--role", role, "--root", root]
            command += ["--count", str(count), "--size", str(size), "--batch", str(batch)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Run the benchmark; the last line of standard output is JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, nargs=2, default=[10, 1000], help="of the two sets")
    parser.add_argument("--size", type=int, default=128, help="their side, in pixels")
    parser.add_argument("--share-tiles", type=int, default=8, help="tiles that DeepLab-v2 labels")
    parser.add_argument("--share-size", type=int, default=256, help="their side, in pixels")
    parser.add_argument("--batch", type=int, default=4, help="tiles at once")
    parser.add_argument("--role", choices=["tiles", *MODELS], help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.role:
        args.network = args.role
        run_alone(args)
        return
    few, many = (measure("toy", count, args.size, args.batch) for count in args.tiles)
    deep = measure("deeplab", args.share_tiles, args.share_size, args.batch)
    rows = [
        ("toy ResNet-18", args.tiles[0], args.size, few),
        ("toy ResNet-18", args.tiles[1], args.size, many),
        ("DeepLab-v2, ResNet-101", args.share_tiles, args.share_size, deep),
    ]
    print(f"{'network':<24}{'tiles':>7}{'pixels':>8}{'peak MiB':>10}{'s / tile':>10}{'network':>9}")
    for name, count, size, got in rows:
        print(
            f"{name:<24}{count:>7}{size:>8}{got['peak']:>10.0f}"
            f"{got['seconds'] / count:>10.4f}{got['share']:>9.1%}"
        )
    figures = {
        "peak_mib_10": round(few["peak"], 1),
        "peak_mib_1000": round(many["peak"], 1),
        "forward_share": round(deep["share"], 4),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
