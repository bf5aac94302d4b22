"""The pictures of a page, each stored once, and views that stack them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from mmda.report.pictures import Picture

QUALITY = 82  # of photographs, 0..100; masks are stored without loss


@dataclass(frozen=True)
class Stored:
    """A picture of the page.

    Attributes:
        id: Id of its element.
        uri: The file as a ``data:`` URI.
        width: Width in pixels.
        height: Height in pixels.
    """

    id: str
    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class View:
    """Pictures of one size on top of each other.

    Attributes:
        layers: From bottom to top.
        alt: What they show, for those who do not see it.
        caption: Text below them.
        score: A figure beside the caption.
    """

    layers: Sequence[Stored]
    alt: str
    caption: str = ""
    score: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.layers[0].width, self.layers[0].height


@dataclass
class Gallery:
    """The pictures of a page: equal ones are stored once."""

    pictures: dict[str, Stored] = field(default_factory=dict)

    def add(self, picture: Picture) -> Stored:
        """Store a picture and return it.

        Args:
            picture: ``(H, W, 3)`` uint8, a photograph, which loses a little; or ``(H, W, 4)``, a
                mask with transparency, which loses nothing.
        """
        lossless = picture.shape[2] == 4
        order = cv2.COLOR_RGBA2BGRA if lossless else cv2.COLOR_RGB2BGR
        quality = [cv2.IMWRITE_WEBP_QUALITY, 101 if lossless else QUALITY]
        _, encoded = cv2.imencode(".webp", cv2.cvtColor(picture, order), quality)
        content = encoded.tobytes()
        digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        if digest not in self.pictures:
            uri = "data:image/webp;base64," + base64.b64encode(content).decode("ascii")
            height, width = picture.shape[:2]
            self.pictures[digest] = Stored(f"p{len(self.pictures)}", uri, width, height)
        return self.pictures[digest]


def shrunk_mask(mask: Picture, size: tuple[int, int]) -> Picture:
    """Return class ids at another size, height and width: those of the nearest pixels."""
    return np.asarray(cv2.resize(mask, size[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
