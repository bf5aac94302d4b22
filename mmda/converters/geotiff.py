"""GeoTIFFs (any raster that GDAL opens) to a tiled dataset.

Images: one file, folder, glob, VRT or URL; any CRS, any number of bands, uint8, uint16 or
float32. Labels: mask rasters on the images' pixel grid, vector files in any CRS, or none.
No-data (tag, alpha or mask band) becomes ignore; CRS, GSD and no-data are kept in the tiles.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from mmda.cli.tiling_arguments import (
    Label,
    add_dataset_arguments,
    add_split_arguments,
    make_scenes,
    run_tiling,
)
from mmda.errors import ConfigError, DataError
from mmda.raster.dataset.discovery import FoundFile, PairingRule, find_images, pair_labels
from mmda.raster.labels.vector_files import VECTOR_SUFFIXES
from mmda.raster.scene import RasterLabels, VectorLabels


def main(argv: Sequence[str]) -> int:
    """Tile GeoTIFFs; return 0, or 1 when a dry run met damaged files."""
    args = _parser().parse_args(argv)
    images, labels = _find_labels(args, find_images(*args.images))
    return run_tiling(args, make_scenes(args, images, labels))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mmda tile geotiff",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "images", metavar="IMAGES", nargs="+", help="rasters, folders, globs, VRTs or URLs"
    )
    parser.add_argument("out", metavar="OUT", help="folder of the tiled dataset")
    group = parser.add_argument_group("labels")
    group.add_argument("--labels", help="folder of masks or vectors, or one file")
    group.add_argument(
        "--pair",
        default="same-stem",
        help="pairing rule in a folder, e.g. {stem}.tif->{stem}_roads.gpkg [same-stem]",
    )
    group.add_argument("--decode", default="ids", help="mask values: ids, binary, threshold:V, ...")
    group.add_argument("--label-layer", help="layer of the vector file [the first]")
    group.add_argument("--label-attr", help="column that holds the class")
    group.add_argument("--label-map", help="its values to ids: VALUE=ID,...,*=ID")
    group.add_argument("--line-width", help="width of lines and points: metres, or a column")
    add_dataset_arguments(parser, tile=512)
    add_split_arguments(parser)
    return parser


def _find_labels(
    args: argparse.Namespace, images: Sequence[FoundFile]
) -> tuple[Sequence[FoundFile], list[Label]]:
    """Return the images that the pairing rule takes, and their labels."""
    if args.labels is None:
        return images, [None] * len(images)
    path = Path(args.labels)
    if path.is_dir():
        pairs = pair_labels(images, args.labels, PairingRule(args.pair), vectors=True)
        labels = [_label(args, label.path) for _, label in pairs]
        return [image for image, _ in pairs], labels
    if not path.is_file():
        raise DataError(f"The labels `{args.labels}` do not exist. Correct the path.")
    if len(images) > 1 and not _is_vector(args.labels):
        raise DataError(
            f"`{args.labels}` is one mask raster for {len(images)} images. Give a folder with one "
            "mask per image (same stem), or one vector file."
        )
    return images, [_label(args, args.labels)] * len(images)


def _label(args: argparse.Namespace, path: str) -> Label:
    if not _is_vector(path):
        return RasterLabels(path, args.decode)
    table = _parse_map(args.label_map) if args.label_map else None
    if table and not args.label_attr:
        raise ConfigError("--label-map needs --label-attr, the column whose values it maps.")
    return VectorLabels(
        path,
        layer=args.label_layer,
        attribute=args.label_attr,
        class_map=table,
        width=_parse_width(args.line_width),
    )


def _parse_map(text: str) -> dict[str, int]:
    try:
        pairs = [pair.rsplit("=", 1) for pair in text.split(",")]
        return {value.strip(): int(target) for value, target in pairs}
    except ValueError:
        raise ConfigError(
            f"Cannot read --label-map `{text}`; expected VALUE=ID,..., e.g. "
            "`residential=1,industrial=1,*=0`."
        ) from None


def _parse_width(text: str | None) -> float | str | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return text


def _is_vector(path: str) -> bool:
    return path.lower().endswith(VECTOR_SUFFIXES)
