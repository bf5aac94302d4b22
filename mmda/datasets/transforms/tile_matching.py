"""Training-free translation of an image to the look of a single target tile."""

from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform
from skimage.exposure import match_histograms
from skimage.transform import resize

from mmda.datasets.colour_maps import to_type
from mmda.datasets.fourier import check_beta, transfer_amplitude
from mmda.errors import ConfigError, check_choice
from mmda.raster.dataset.domain import TiledDomain
from mmda.registry import TRANSFORMS

METHODS = ("fda", "histogram")


@TRANSFORMS.register_module()
class MatchTile(BaseTransform):
    """Give each image the look of a target tile, drawn anew for every image.

    The looks vary as much as the target's tiles, whereas :class:`MatchDomain` has one look for all
    images. But a tile's content (a lake, a forest) is part of its look and changes the image's
    colours as well. Choose this transform if the light varies within the target. Methods:

    - ``fda``: the tile's low-frequency amplitudes (Yang and Soatto 2020);
    - ``histogram``: the tile's histogram per band.

    Required and modified key: ``img``.

    Args:
        target: Folder of the tiled target dataset.
        method: One of the methods above.
        beta: Size of the window of ``fda``, see :func:`mmda.datasets.fourier.transfer_amplitude`.
        split: Split of the target from which tiles are drawn.
        prob: Probability of the transform.
        split_file: As in :class:`~mmda.datasets.TiledDataset`, for the target.

    Raises:
        ConfigError: When the method is unknown, ``beta`` is out of range, or the target has no
            such tiles.
    """

    def __init__(
        self,
        target: str,
        method: str = "fda",
        beta: float = 0.01,
        split: str = "train",
        prob: float = 1.0,
        split_file: str | None = None,
    ) -> None:
        check_choice("method", method, METHODS, "MatchTile")
        check_beta(beta)
        self.method, self.beta, self.prob = method, beta, prob
        self.domain = TiledDomain(target, split_file)
        rows = self.domain.rows(split)
        # The no-data part of a tile would become part of its look.
        self.rows = [row for row in rows if row["valid_fraction"] == 1] or rows
        if not self.rows:
            raise ConfigError(f"MatchTile: `{target}` has no tiles in split `{split}`.")

    def __len__(self) -> int:
        return len(self.rows)

    def transform(self, results: dict) -> dict:
        """Translate ``results['img']``."""
        if np.random.rand() < self.prob:
            results["img"] = self.match(results["img"], np.random.randint(len(self)))
        return results

    def match(self, image: np.ndarray, index: int) -> np.ndarray:
        """Return an image (H, W, B) in the look of the target's tile ``index``, of its own type.

        Raises:
            ConfigError: When the bands or types differ.
        """
        reference, valid = self.domain.read_image(self.rows[index])
        if (reference.shape[2], reference.dtype) != (image.shape[2], image.dtype):
            raise ConfigError(
                f"MatchTile: an image has {image.shape[2]} bands of {image.dtype}, but those of `"
                f"{self.domain.root}` have {reference.shape[2]} of {reference.dtype}; both must be "
                "the same."
            )
        if valid is not None:
            reference = fill_invalid(reference, valid)
        if self.method == "histogram":
            matched = match_histograms(
                image.astype(np.float64), reference.astype(np.float64), channel_axis=-1
            )
        else:
            if reference.shape != image.shape:
                reference = resize(reference, image.shape, order=1, preserve_range=True)
            matched = transfer_amplitude(image, reference, self.beta)
            # Rings around edges exceed the range of both images, for floats even below zero.
            low = min(image.min(), reference.min())
            matched = matched.clip(low, max(image.max(), reference.max()))
        return to_type(matched, image.dtype)


def fill_invalid(image: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """Return an image (H, W, B) whose pixels outside ``valid`` (H, W) have the others' mean."""
    if not valid.any():
        return image
    return np.where(valid[..., None], image, to_type(image[valid].mean(0), image.dtype))
