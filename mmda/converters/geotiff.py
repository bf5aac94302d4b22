"""GeoTIFFs, and any other raster that GDAL opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmda.converters.base import Found
from mmda.converters.own import Label, OwnRasters
from mmda.errors import ConfigError, DataError
from mmda.raster.dataset.discovery import FoundFile, PairingRule, find_images, pair_labels
from mmda.raster.labels.vector_files import VECTOR_SUFFIXES
from mmda.raster.scene import RasterLabels, VectorLabels
from mmda.utils.options import option


@dataclass(frozen=True, kw_only=True)
class GeoTiff(OwnRasters):
    """GeoTIFFs (any raster that GDAL opens) to a tiled dataset.

    Images: one file, folder, glob, VRT or URL; any CRS, any number of bands, uint8, uint16 or
    float32. Labels: mask rasters on the images' pixel grid, vector files in any CRS, or none.
    No-data (tag, alpha or mask band) becomes ignore; CRS, GSD and no-data are kept in the tiles.
    """

    TILE = 512
    SOURCE = ("IMAGES", "rasters, folders, globs, VRTs or URLs")

    labels: str | None = option("folder of masks or vectors, or one file", None, group="labels")
    pair: str = option(
        "pairing rule in a folder, e.g. {stem}.tif->{stem}_roads.gpkg", "same-stem", group="labels"
    )
    decode: str = option("mask values: ids, binary, threshold:V, ...", "ids", group="labels")
    label_layer: str | None = option(
        "layer of the vector file", None, shown="the first", group="labels"
    )
    label_attr: str | None = option("column that holds the class", None, group="labels")
    label_map: str | Mapping[str, int] | None = option(
        "its values to ids: VALUE=ID,...,*=ID", None, group="labels"
    )
    line_width: str | float | None = option(
        "width of lines and points: metres, or a column", None, group="labels"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.label_map and not self.label_attr:
            raise ConfigError("--label-map needs --label-attr, the column whose values it maps.")

    def find_scenes(self, *images: str) -> Found:
        """Find the images that the pairing rule takes, and their labels."""
        found, labels = self._find_labels(find_images(*images))
        return Found(self.make_scenes(found, labels))

    def _find_labels(self, images: Sequence[FoundFile]) -> tuple[Sequence[FoundFile], list[Label]]:
        if self.labels is None:
            return images, [None] * len(images)
        path = Path(self.labels)
        if path.is_dir():
            pairs = pair_labels(images, self.labels, PairingRule(self.pair), vectors=True)
            return [image for image, _ in pairs], [self._label(label.path) for _, label in pairs]
        if not path.is_file():
            raise DataError(f"The labels `{self.labels}` do not exist. Correct the path.")
        if len(images) > 1 and not _is_vector(self.labels):
            raise DataError(
                f"`{self.labels}` is one mask raster for {len(images)} images. Give a folder with "
                "one mask per image (same stem), or one vector file."
            )
        return images, [self._label(self.labels)] * len(images)

    def _label(self, path: str) -> Label:
        if not _is_vector(path):
            return RasterLabels(path, self.decode)
        return VectorLabels(
            path,
            layer=self.label_layer,
            attribute=self.label_attr,
            class_map=_parse_map(self.label_map) if self.label_map else None,
            width=_parse_width(self.line_width),
        )


def _parse_map(table: str | Mapping[str, int]) -> Mapping[str, int]:
    if not isinstance(table, str):
        return table
    try:
        pairs = [pair.rsplit("=", 1) for pair in table.split(",")]
        return {value.strip(): int(target) for value, target in pairs}
    except ValueError:
        raise ConfigError(
            f"Cannot read --label-map `{table}`; expected VALUE=ID,..., e.g. "
            "`residential=1,industrial=1,*=0`."
        ) from None


def _parse_width(width: str | float | None) -> float | str | None:
    try:
        return None if width is None else float(width)
    except ValueError:
        return width


def _is_vector(path: str) -> bool:
    return path.lower().endswith(VECTOR_SUFFIXES)
