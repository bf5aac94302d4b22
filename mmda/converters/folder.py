"""Plain image and mask folders (PNG, JPEG, TIFF without georeference) to a tiled dataset.

Pairing rules (``--pair``): ``same-stem``; ``{stem}_sat.jpg->{stem}_mask.png``;
``re:PATTERN->REPLACEMENT`` on the file name.
Decoding rules (``--decode``): ``ids``; ``binary`` (0/1 or 0/255, told apart per file);
``threshold:128``; ``color:255,0,0=1,*=0``; ``idmap:0=255,1=0,...`` or ``idmap:FILE.json``.
Images in sub-folders train, val and test belong to that split.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from mmda.cli.tiling_arguments import (
    Label,
    add_dataset_arguments,
    add_split_arguments,
    make_scenes,
    run_tiling,
)
from mmda.raster.dataset.discovery import PairingRule, find_images, pair_labels
from mmda.raster.scene import RasterLabels


def main(argv: Sequence[str]) -> int:
    """Convert image folders; return 0, or 1 when a dry run met damaged files."""
    args = _parser().parse_args(argv)
    images = find_images(*args.images)
    labels: list[Label] = [None] * len(images)
    if args.masks is not None:
        pairs = pair_labels(images, args.masks, PairingRule(args.pair))
        images = [image for image, _ in pairs]
        labels = [RasterLabels(label.path, args.decode) for _, label in pairs]
    return run_tiling(args, make_scenes(args, images, labels))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mmda tile folder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("images", metavar="IMAGES", nargs="+", help="folders or globs of images")
    parser.add_argument("out", metavar="OUT", help="folder of the tiled dataset")
    group = parser.add_argument_group("labels")
    group.add_argument("--masks", help="folder of the masks; none for an unlabelled domain")
    group.add_argument("--pair", default="same-stem", help="pairing rule [same-stem]")
    group.add_argument("--decode", default="ids", help="decoding rule [ids]")
    add_dataset_arguments(parser, tile=None)
    add_split_arguments(parser)
    return parser
