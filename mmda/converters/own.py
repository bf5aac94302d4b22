"""What the converters of the user's own rasters share: names and splits of the scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmda.converters.base import Converter
from mmda.errors import ConfigError
from mmda.raster.dataset.discovery import FoundFile, scene_names
from mmda.raster.dataset.splits import (
    Placement,
    match_group,
    place_by_table,
    read_split_table,
    split_by_hash,
)
from mmda.raster.scene import SPLITS, RasterLabels, Scene, VectorLabels
from mmda.utils.options import option

Label = RasterLabels | VectorLabels | None
SPLIT = "splits (per scene, never per tile)"


@dataclass(frozen=True, kw_only=True)
class OwnRasters(Converter):
    """Rasters whose classes, labels and splits the user describes."""

    SEVERAL = True

    nominal_gsd: float | None = option(
        "GSD to assume for files that state none", None, group="dataset"
    )
    nodata: float | None = option("no-data value instead of the file's", None, group="dataset")
    bands: Sequence[int] | None = option(
        "bands to take, from 1, in this order", None, group="dataset", shown="all but opacity"
    )
    split: str | None = option("one split for all scenes", None, choices=SPLITS, group=SPLIT)
    split_csv: str | None = option("table with the columns scene, split[, city]", None, group=SPLIT)
    val_fraction: float | None = option("share of val, by a hash of the name", None, group=SPLIT)
    group_regex: str | None = option(
        "scenes with an equal first group stay in one split (--val-fraction)", None, group=SPLIT
    )
    city_regex: str | None = option(
        "its first group in the scene name is the city", None, group=SPLIT
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        given = [x for x in (self.split, self.split_csv, self.val_fraction) if x is not None]
        if len(given) > 1:
            raise ConfigError("Give only one of --split, --split-csv and --val-fraction.")
        if self.group_regex and self.val_fraction is None:
            raise ConfigError(
                "--group-regex keeps groups together under --val-fraction: give both."
            )

    def make_scenes(self, images: Sequence[FoundFile], labels: Sequence[Label]) -> list[Scene]:
        """Name the scenes and place them in splits.

        Without an option, images in the folders ``train``, ``val`` and ``test`` belong to that
        split and all others to ``train``.
        """
        names = scene_names(images)
        places = self._places(names, images)
        return [
            Scene(
                name,
                image.path,
                place.split,
                label,
                place.city,
                nodata=self.nodata,
                nominal_gsd=self.nominal_gsd,
                bands=None if self.bands is None else tuple(self.bands),
            )
            for name, image, label, place in zip(names, images, labels, places, strict=True)
        ]

    def _places(self, names: Sequence[str], images: Sequence[FoundFile]) -> list[Placement]:
        if self.split_csv:
            files = [image.name for image in images]
            places = place_by_table(names, files, read_split_table(self.split_csv), self.split_csv)
        elif self.val_fraction is not None:
            groups = match_group(self.group_regex, names) if self.group_regex else names
            places = [Placement(split, None) for split in split_by_hash(groups, self.val_fraction)]
        else:
            places = [Placement(self.split or image.split or "train", None) for image in images]
        if self.city_regex:
            cities = match_group(self.city_regex, names)
            places = [Placement(p.split, city) for p, city in zip(places, cities, strict=True)]
        return places
