"""Plain folders of images and masks."""

from __future__ import annotations

from dataclasses import dataclass

from mmda.converters.base import Found
from mmda.converters.own import Label, OwnRasters
from mmda.raster.dataset.discovery import PairingRule, find_images, pair_labels
from mmda.raster.scene import RasterLabels
from mmda.utils.options import option


@dataclass(frozen=True, kw_only=True)
class Folder(OwnRasters):
    """Plain image and mask folders (PNG, JPEG, TIFF without georeference) to a tiled dataset.

    Pairing rules (``--pair``): ``same-stem``; ``{stem}_sat.jpg->{stem}_mask.png``;
    ``re:PATTERN->REPLACEMENT`` on the file name.
    Decoding rules (``--decode``): ``ids``; ``binary`` (0/1 or 0/255, told apart per file);
    ``threshold:128``; ``color:255,0,0=1,*=0``; ``idmap:0=255,1=0,...`` or ``idmap:FILE.json``.
    Images in sub-folders train, val and test belong to that split.
    """

    SOURCE = ("IMAGES", "folders or globs of images")

    masks: str | None = option(
        "folder of the masks; none for an unlabelled domain", None, group="labels"
    )
    pair: str = option("pairing rule", "same-stem", group="labels")
    decode: str = option("decoding rule", "ids", group="labels")

    def find_scenes(self, *images: str) -> Found:
        """Find the images, and the masks that belong to them."""
        found = find_images(*images)
        labels: list[Label] = [None] * len(found)
        if self.masks is not None:
            pairs = pair_labels(found, self.masks, PairingRule(self.pair))
            found = [image for image, _ in pairs]
            labels = [RasterLabels(label.path, self.decode) for _, label in pairs]
        return Found(self.make_scenes(found, labels))
