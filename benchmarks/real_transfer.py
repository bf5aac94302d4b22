"""Every method of the toolkit between real cities: `mmda compare` on the samples of four transfers.

The samples are those of the folder that MMDA_SAMPLE_DATA names. Started again, it goes on.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mmda import tile
from mmda.cli import main as mmda

SIDE = 192  # pixels of the training crops


@dataclass(frozen=True)
class City:
    """A folder of images and masks.

    Attributes:
        folder: Its name among the samples.
        gsd: Its ground sample distance in metres per pixel, as far as it is known.
        decode: How its masks tell the classes.
        shares: Shares of val and test of the scenes where no `splits.csv` tells the splits.
    """

    folder: str
    gsd: float
    decode: str
    shares: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Transfer:
    """Two cities and what is mapped.

    Attributes:
        source: The labelled city.
        target: The other; its labels score, and train the bound.
        classes: Their classes.
        gsd: Metres per pixel that both are resampled to; None where they agree.
    """

    source: City
    target: City
    classes: tuple[str, str]
    gsd: float | None = None


ROADS, BUILDINGS = ("background", "road"), ("background", "building")
CHICAGO = City("roads_chicago", 0.5, "threshold:128", (0.15, 0.0))
CHICAGO_TARGET = replace(CHICAGO, shares=(0.1, 0.3))
LOS_ANGELES = City("roads_la", 0.5, "binary")
JAPAN = City("gsi_japan_roads", 0.2, "color:255,120,80=1,*=0", (0.15, 0.0))
CHINA = City("buildings_china", 0.45, "binary")
INRIA = City("inria_tif", 0.3, "binary", (0.0, 0.5))
TRANSFERS = {
    "chicago2la": Transfer(CHICAGO, LOS_ANGELES, ROADS),
    "la2chicago": Transfer(LOS_ANGELES, CHICAGO_TARGET, ROADS),
    "japan2la": Transfer(JAPAN, LOS_ANGELES, ROADS, 0.5),
    # Inria's tiles of 256 pixels become 192, the side of the crops.
    "china2inria": Transfer(CHINA, INRIA, BUILDINGS, 0.4),
}


def tiled(city: City, transfer: Transfer, samples: Path, out: Path) -> Path:
    """Tile a city for a transfer, unless that is done, and return the folder."""
    metres = transfer.gsd or city.gsd
    role = "source" if city is transfer.source else "target"
    folder = out / f"{city.folder}-{role}-{metres:g}m"
    if (folder / "dataset.json").is_file():
        return folder
    files = samples / city.folder
    table = files / "splits.csv"
    if not table.is_file():
        table = out / f"{city.folder}-{role}-splits.csv"
        write_splits([path.stem for path in (files / "images").iterdir()], city.shares, table)
    tile(
        "folder",
        files / "images",
        folder,
        masks=str(files / "masks"),
        decode=city.decode,
        split_csv=str(table),
        task=transfer.classes[1],
        domain=city.folder,
        classes=transfer.classes,
        nominal_gsd=city.gsd,
        gsd=transfer.gsd,
        workers=1,
    )
    return folder


def write_splits(scenes: Sequence[str], shares: tuple[float, float], path: Path) -> None:
    """Place scenes by a hash of their names, the first shares in val and test."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ranked = sorted(scenes, key=lambda scene: hashlib.sha1(scene.encode()).hexdigest())
    val = round(shares[0] * len(scenes))
    test = val + round(shares[1] * len(scenes))
    places = [
        (s, "val" if i < val else "test" if i < test else "train") for i, s in enumerate(ranked)
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("scene", "split"), *sorted(places)])


def figures(folder: Path) -> Mapping[str, Mapping[str, Mapping[str, float | int | None]]]:
    """Return mean, deviation and number of seeds by row and column of a finished table."""
    found: dict[str, dict] = {}
    with (folder / "table.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            column = line["metric"] + (f" - {line['minus']}" if line["minus"] else "")
            values = {k: float(line[k]) if line[k] else None for k in ("mean", "std")}
            found.setdefault(line["row"], {})[column] = {**values, "seeds": int(line["seeds"])}
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Tile and compare; print each table and write it as `table.md` and `table.json`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", nargs="+", choices=TRANSFERS, default=list(TRANSFERS))
    parser.add_argument("--samples", type=Path, default=os.environ.get("MMDA_SAMPLE_DATA"))
    parser.add_argument("--out", type=Path, default=Path("work_dirs/real_transfer"))
    args, options = parser.parse_known_args(argv)
    if args.samples is None:
        parser.error("set MMDA_SAMPLE_DATA or give --samples, the folder of the samples")
    failed = 0
    for name in args.transfers:
        transfer, folder = TRANSFERS[name], args.out / name
        cities = (transfer.source, transfer.target)
        roots = [str(tiled(city, transfer, args.samples, args.out / "tiles")) for city in cities]
        given = ["--work-dir", str(folder), "--crop", str(SIDE), *options]
        failed |= mmda(["compare", *roots, *given])
        if (folder / "table.csv").is_file():
            text = json.dumps(figures(folder), indent=1)
            (folder / "table.json").write_text(text + "\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
