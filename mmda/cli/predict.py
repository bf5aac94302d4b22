"""``mmda predict CONFIG CHECKPOINT IMAGES... --out DIR_OR_FILE``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmda.cli.options import CfgOptions
from mmda.errors import ConfigError, DataError, MMDAError
from mmda.raster.mapping.predict import PredictionSummary, Predictor, predict_raster
from mmda.utils.shipped_configs import config_file


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of ``mmda predict``."""
    parser = argparse.ArgumentParser(
        prog="mmda predict", description="Map whole rasters to georeferenced class masks."
    )
    parser.add_argument("config", type=Path, help="config of the model")
    parser.add_argument("checkpoint", type=Path, help="its checkpoint (.pth)")
    parser.add_argument("images", nargs="+", help="rasters (GeoTIFF, VRT, /vsi path, ...)")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for IMAGE_mask.tif; or, for one image, a file ending in .tif or .tiff",
    )
    parser.add_argument("--tile", type=int, default=512, help="tile side in pixels (512)")
    parser.add_argument("--overlap", type=float, default=0.25, help="share of a tile (0.25)")
    parser.add_argument("--batch-size", type=int, default=4, help="tiles at once (4)")
    parser.add_argument("--bands", type=int, nargs="+", help="bands to read, from 1; all but alpha")
    parser.add_argument("--gsd", type=float, help="predict at this many metres per pixel")
    parser.add_argument("--device", help="cpu, cuda, cuda:1, ...; the first GPU if there is one")
    parser.add_argument(
        "--probabilities", action="store_true", help="also write IMAGE_probabilities.tif"
    )
    parser.add_argument("--polygons", action="store_true", help="also write IMAGE_polygons.gpkg")
    parser.add_argument(
        "--min-area", type=float, default=0.0, help="smallest polygon in square metres (0)"
    )
    parser.add_argument(
        "--tolerance", type=float, default=0.0, help="simplify polygons, in metres (0)"
    )
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=CfgOptions,
        metavar="KEY=VALUE",
        help="override the config",
    )
    return parser


def main(argv: Sequence[str]) -> int:
    """Map every image; go on after a bad one.

    Args:
        argv: The command line without ``mmda predict``.

    Returns:
        0 when every image was mapped, 2 when at least one was not.

    Raises:
        MMDAError: If the options, config or checkpoint do not fit.
    """
    args = build_parser().parse_args(argv)
    jobs = [Outputs.of(image, args) for image in args.images]
    _check_jobs(args, jobs)
    model = _Model.load(args)
    failed = 0
    for job in jobs:
        try:
            _map_one(job, model, args)
        except MMDAError as error:
            failed += 1
            print(f"error: {error}", file=sys.stderr)
    if len(jobs) > 1 or failed:
        print(f"mapped {len(jobs) - failed} of {len(jobs)} images")
    return DataError.exit_code if failed else 0


@dataclass(frozen=True)
class Outputs:
    """The files written for one image."""

    image: str
    mask: Path
    probabilities: Path | None
    polygons: Path | None

    @classmethod
    def of(cls, image: str, args: argparse.Namespace) -> Outputs:
        """Derive the names from ``--out``."""
        if args.out.suffix.lower() in (".tif", ".tiff"):
            mask, base = args.out, args.out.with_suffix("")
        else:
            base = args.out / Path(image).stem
            mask = base.with_name(f"{base.name}_mask.tif")
        probabilities = base.with_name(f"{base.name}_probabilities.tif")
        polygons = base.with_name(f"{base.name}_polygons.gpkg")
        return cls(
            image,
            mask,
            probabilities if args.probabilities else None,
            polygons if args.polygons else None,
        )


def _check_jobs(args: argparse.Namespace, jobs: Sequence[Outputs]) -> None:
    """Refuse outputs that overwrite each other, and a missing config or checkpoint."""
    seen: dict[Path, str] = {}
    for job in jobs:
        if job.mask in seen:
            raise ConfigError(
                f"`{seen[job.mask]}` and `{job.image}` would both be written to `{job.mask}`. Give "
                "`--out` as a folder, and images of equal name in separate runs."
            )
        seen[job.mask] = job.image
    for path, kind in ((config_file(args.config), "Config"), (args.checkpoint, "Checkpoint")):
        if not path.is_file():
            raise ConfigError(f"{kind} `{path}` does not exist; check the path.")


@dataclass(frozen=True)
class _Model:
    """A loaded model as whole-scene mapping needs it."""

    predict: Predictor
    num_bands: int | None
    classes: list[str]
    palette: list[list[int]] | None

    @classmethod
    def load(cls, args: argparse.Namespace) -> _Model:
        """Load the checkpoint; torch is imported here, after the options were checked."""
        import torch

        from mmda.engine.inference import load_model, make_predictor

        device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
        model = load_model(args.config, args.checkpoint, device, args.cfg_options)
        meta: dict[str, Any] = getattr(model, "dataset_meta", None) or {}
        if not meta.get("classes"):
            raise ConfigError(
                f"Neither `{args.checkpoint}` nor `{args.config}` names the classes; set "
                "`metainfo=dict(classes=..., palette=...)` in the config's dataset."
            )
        bands = getattr(model.data_preprocessor, "num_bands", None)
        return cls(make_predictor(model), bands, list(meta["classes"]), meta.get("palette"))


def _map_one(job: Outputs, model: _Model, args: argparse.Namespace) -> None:
    summary = predict_raster(
        job.image,
        job.mask,
        model.predict,
        num_classes=len(model.classes),
        tile=args.tile,
        overlap=args.overlap,
        batch_size=args.batch_size,
        bands=args.bands,
        num_bands=model.num_bands,
        gsd=args.gsd,
        classes=model.classes,
        palette=model.palette,
        probabilities=job.probabilities,
    )
    _print_summary(summary, model.classes)
    if job.polygons is not None:
        from mmda.raster.mapping.vectorise import vectorise

        counts = vectorise(job.mask, job.polygons, min_area=args.min_area, tolerance=args.tolerance)
        listed = ", ".join(f"{count} {name}" for name, count in counts.items())
        print(f"  polygons: {job.polygons} ({listed})")


def _print_summary(summary: PredictionSummary, classes: Sequence[str]) -> None:
    for warning in summary.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    total = max(sum(summary.class_pixels), 1)
    shares = ", ".join(
        f"{name} {100 * count / total:.1f} %"
        for name, count in zip(classes, summary.class_pixels, strict=True)
    )
    print(
        f"{summary.image} -> {summary.out}: {summary.width} x {summary.height} pixels, "
        f"{summary.tiles} tiles in {summary.seconds:.1f} s; {shares}"
        + (f"; {summary.ignore_pixels} pixels without data" if summary.ignore_pixels else "")
    )
