"""A translated copy of a tiled dataset: the same tiles in another look.

Ids, splits, georeference and labels are those of the original; the label files are linked. No image
is left incomplete, and the manifest is written last, so that a run that was killed continues where
it stopped and writes the same files as an uninterrupted one.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from tqdm import tqdm

from mmda.errors import ConfigError, DataError
from mmda.raster.dataset.domain import TiledDomain
from mmda.raster.dataset.manifest import DATASET_INFO, MANIFEST, read_manifest, write_manifest
from mmda.raster.dataset.stats import BandStatistics
from mmda.raster.dataset.tile_files import (
    read_label,
    read_nodata,
    read_tile,
    records_holes,
)
from mmda.raster.decoding import IGNORE
from mmda.raster.io.fill import fill_invalid
from mmda.raster.io.handles import quiet_georeference
from mmda.raster.tiling.encode import ImageEncoder, write_tile
from mmda.raster.tiling.folder import tile_folders
from mmda.style.translators import Translator
from mmda.utils.files import atomic_path, atomic_write_json, ensure_free_space, leftovers
from mmda.utils.threads import map_in_threads

RECORD = "translation.json"
_In = TypeVar("_In")
_Out = TypeVar("_Out")
Row = dict[str, Any]


@dataclass(frozen=True)
class Translation:
    """The result of a translation.

    Attributes:
        tiles: Number of tiles of the copy.
        translated: Number of tiles that this run translated; the others existed before.
        linked: Number of labels that share the original's file (hard links).
        copied: Number of labels that are copies, since there are no links across file systems.
    """

    tiles: int
    translated: int
    linked: int
    copied: int


class TranslatedCopy:
    """Writes a translated copy of a tiled dataset.

    Args:
        source: Folder of the tiled dataset.
        out: Folder of the copy.
        translator: Translates the images.
        copy_labels: Whether labels are copied in place of linked.
        workers: Number of threads.
        progress: Whether to show progress bars on stderr.
    """

    def __init__(
        self,
        source: str | Path,
        out: str | Path,
        translator: Translator,
        *,
        copy_labels: bool = False,
        workers: int = 2,
        progress: bool = True,
    ) -> None:
        self.domain = TiledDomain(source)
        self.root, self.out = self.domain.root, Path(out)
        self.rows = self.domain.rows()
        self.translator = translator
        self.copy_labels, self.workers, self.progress = copy_labels, workers, progress
        self._encoders: dict[Any, ImageEncoder] = {}

    def write(self, overwrite: bool = False) -> Translation:
        """Translate the tiles that are not translated yet, then write the manifest.

        Args:
            overwrite: Whether to delete an earlier translation in the folder first.

        Raises:
            DataError: When a tile cannot be read, there are no tiles, or the disk is full.
            ConfigError: When the folder has other content.
        """
        self._prepare(overwrite)
        missing = [row for row in self.rows if not self._is_done(row)]
        ensure_free_space(self.out, 2 * sum(row["image_bytes"] for row in missing))
        with quiet_georeference():
            self._map(self._translate, missing, "translating")
            described = self._map(self._describe, self.rows, "checking")
        rows = [{**row, **columns} for row, (columns, _) in zip(self.rows, described, strict=True)]
        if rows != self._written_rows():
            write_manifest(self.out, rows)
        info = {**self.domain.info, "statistics": _statistics(rows, [s for _, s in described])}
        info["translation"] = self.translator.description
        atomic_write_json(self.out / DATASET_INFO, info)
        linked = sum(self._is_linked(row) for row in rows if row["label"])
        labels = sum(row["label"] is not None for row in rows)
        return Translation(len(rows), len(missing), linked, labels - linked)

    def _prepare(self, overwrite: bool) -> None:
        if any(row["image"] is None for row in self.rows):
            raise DataError(
                f"`{self.root}` has no tiles, only a manifest of windows (--format none). Tile it "
                "with --format tif to translate it."
            )
        if outside := [
            row["id"]
            for row in self.rows
            for kind in ("image", "label")
            if row[kind] and os.path.normpath(row[kind]).startswith((os.pardir, os.sep))
        ]:
            raise DataError(
                f"`{self.root}`: the tile `{outside[0]}` lies in another folder, so its copy would "
                "not lie in this one. Translate the dataset that has the tiles."
            )
        if self.out.resolve() == self.root.resolve():
            raise ConfigError(
                f"`{self.out}` is the dataset to be translated; choose another folder."
            )
        record = {
            "source": str(self.root.resolve()),
            "manifest_crc32": zlib.crc32((self.root / MANIFEST).read_bytes()),
            **self.translator.description,
        }
        path = self.out / RECORD
        if not path.exists() and self.out.exists() and any(self.out.iterdir()):
            raise ConfigError(
                f"`{self.out}` is not empty and not a translation; choose another folder."
            )
        if path.exists() and overwrite:
            self._clear()
        elif path.exists() and (before := json.loads(path.read_text("utf-8"))) != record:
            changed = sorted(k for k in {*before, *record} if before.get(k) != record.get(k))
            raise ConfigError(
                f"`{self.out}` has a translation that differs in {', '.join(changed)}. Replace it "
                "with --overwrite, or choose another folder."
            )
        if not path.exists():
            atomic_write_json(path, record)
        for folder in (self.out, *tile_folders(self.out)):
            for leftover, _ in leftovers(folder):
                leftover.unlink(missing_ok=True)

    def _clear(self) -> None:
        for name in (DATASET_INFO, MANIFEST):
            (self.out / name).unlink(missing_ok=True)
        for folder in tile_folders(self.out):
            shutil.rmtree(folder, ignore_errors=True)
        (self.out / RECORD).unlink()

    def _is_done(self, row: Row) -> bool:
        return all((self.out / row[kind]).is_file() for kind in ("image", "label") if row[kind])

    def _written_rows(self) -> list[Row] | None:
        return read_manifest(self.out) if (self.out / MANIFEST).exists() else None

    def _translate(self, row: Row) -> None:
        """Write a tile's image and then its label."""
        path = str(self.root / row["image"])
        image, valid = read_tile(path)
        filled = image if valid is None else fill_invalid(image, valid)
        translated = self.translator(filled, row["id"], self._counted(row, valid))
        nodata = read_nodata(path)
        if valid is not None:
            translated = np.where(valid[..., None], translated, image)
        if nodata is not None:
            translated = _keep_valid(translated, valid, nodata)
        transform = None if row["transform"] is None else Affine(*row["transform"])
        data = self._encoder(row, nodata).encode(np.moveaxis(translated, -1, 0), valid, transform)
        write_tile(self.out / row["image"], data)
        if row["label"] is not None:
            self._place_label(self.root / row["label"], self.out / row["label"])

    def _counted(self, row: Row, valid: np.ndarray | None) -> np.ndarray | None:
        """Return which pixels count, (H, W) bool: those with data whose label is not ignored."""
        if row["label"] is None:
            return valid
        labelled = read_label(str(self.root / row["label"])) != IGNORE
        if labelled.all():
            return valid
        return labelled if valid is None else valid & labelled

    def _encoder(self, row: Row, nodata: float | None) -> ImageEncoder:
        key = (row["crs"], nodata, Path(row["image"]).suffix)
        if key not in self._encoders:
            crs = None if row["crs"] is None else CRS.from_wkt(row["crs"])
            self._encoders[key] = ImageEncoder(key[2][1:], crs, nodata)
        return self._encoders[key]

    def _place_label(self, label: Path, out: Path) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.exists():
            return
        if not self.copy_labels:
            try:
                os.link(label, out)
                return
            except OSError:  # another file system, or one without links
                pass
        with atomic_path(out) as temporary:
            shutil.copyfile(label, temporary)

    def _is_linked(self, row: Row) -> bool:
        return os.path.samefile(self.root / row["label"], self.out / row["label"])

    def _describe(self, row: Row) -> tuple[dict[str, int], BandStatistics]:
        """Return the manifest's columns of a written image, and its statistics."""
        path = self.out / row["image"]
        data = path.read_bytes()
        image, valid = read_tile(str(path))
        if not records_holes(row):  # but its label may say it
            valid = self._counted(row, valid)
        columns = {"image_bytes": len(data), "image_crc32": zlib.crc32(data)}
        return columns, BandStatistics.of(np.moveaxis(image, -1, 0), valid)

    def _map(self, function: Callable[[_In], _Out], items: Sequence[_In], what: str) -> list[_Out]:
        results = map_in_threads(function, items, self.workers)
        bar = tqdm(results, total=len(items), unit="tile", desc=what, disable=not self.progress)
        return list(bar)


def _keep_valid(image: np.ndarray, valid: np.ndarray | None, nodata: float) -> np.ndarray:
    """Change valid pixels of (H, W, B) that the translation has given the no-data value."""
    lost = (image == nodata).all(axis=2)
    if valid is not None:
        lost &= valid
    if not lost.any():
        return image
    highest = image.dtype.kind != "f" and nodata == np.iinfo(image.dtype).max
    image = image.copy()
    image[lost, 0] = nodata - 1 if highest else nodata + 1
    return image


def _statistics(rows: Sequence[Row], found: Sequence[BandStatistics]) -> dict[str, list[float]]:
    """Return the statistics of the training tiles, or of all tiles if none is for training.

    Tiles that do not tell where they have data are left out if there are others. The statistics are
    merged in the manifest's order, so that rounding is the same in each run.
    """
    pairs = list(zip(rows, found, strict=True))
    pairs = [pair for pair in pairs if pair[0]["split"] == "train"] or pairs
    known = [pair for pair in pairs if records_holes(pair[0]) or pair[0]["label"]]
    return BandStatistics.merged(len(found[0].mean), [s for _, s in known or pairs]).summary()
