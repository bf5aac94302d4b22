"""Training-free translation of an image to the look of a single target tile."""

from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform
from skimage.transform import resize

from mmda.datasets.colour_maps import HistogramMap, to_type
from mmda.datasets.fourier import check_beta, transfer_amplitude
from mmda.datasets.transforms.validity import counted_pixels
from mmda.errors import ConfigError, check_choice
from mmda.raster.dataset.domain import TiledDomain
from mmda.raster.dataset.tile_files import measurable
from mmda.raster.io.fill import fill_invalid
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

    Pixels without data, padding and pixels whose label is ignored are part of neither look. They
    are changed as the counted pixels of the same value (``histogram``) or place (``fda``) are.

    Required and modified key: ``img``. Optional keys: ``valid_map``, ``gt_seg_map``.

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
        if not rows:
            raise ConfigError(f"MatchTile: `{target}` has no tiles in split `{split}`.")
        self.rows = measurable(rows, f"MatchTile: `{target}`, split `{split}`")

    def __len__(self) -> int:
        return len(self.rows)

    def transform(self, results: dict) -> dict:
        """Translate ``results['img']``."""
        if np.random.rand() < self.prob:
            index = np.random.randint(len(self))
            results["img"] = self.match(results["img"], index, counted_pixels(results))
        return results

    def match(self, image: np.ndarray, index: int, valid: np.ndarray | None = None) -> np.ndarray:
        """Return an image (H, W, B) in the look of the target's tile ``index``, of its own type.

        Args:
            image: (H, W, B).
            index: Number of the target's tile.
            valid: Which pixels of the image count, (H, W) bool; None for all. Where none of them
                or of the tile's pixels count, the image is returned unchanged.

        Raises:
            ConfigError: When the bands or types differ.
        """
        reference, reference_valid = self.domain.read_image(self.rows[index])
        if (reference.shape[2], reference.dtype) != (image.shape[2], image.dtype):
            raise ConfigError(
                f"MatchTile: an image has {image.shape[2]} bands of {image.dtype}, but those of `"
                f"{self.domain.root}` have {reference.shape[2]} of {reference.dtype}; both must be "
                "the same."
            )
        own, looks = _counted(image, valid), _counted(reference, reference_valid)
        if not len(own) or not len(looks):
            return image
        if self.method == "histogram":
            matched = HistogramMap(own, looks)(image.reshape(-1, image.shape[2]))
        elif len(own) == image[..., 0].size and len(looks) == reference[..., 0].size:
            matched = transfer_amplitude(image, _resized(reference, image.shape), self.beta)
        else:
            if reference_valid is not None:
                reference = fill_invalid(reference, reference_valid)
            matched = self._transfer_among_valid(image, reference, valid)
            # The amplitude of frequency zero is the mean, which the filled pixels have changed.
            matched += looks.mean(0) - _counted(matched, valid).mean(0)
        if self.method == "fda":
            # Rings around edges exceed the range of both images, for floats even below zero.
            matched = matched.clip(min(own.min(), looks.min()), max(own.max(), looks.max()))
        return to_type(matched.reshape(image.shape), image.dtype)

    def _transfer_among_valid(
        self, image: np.ndarray, reference: np.ndarray, valid: np.ndarray | None
    ) -> np.ndarray:
        """Return the image with the change that its counted pixels get, (H, W, B) float32."""
        filled = image if valid is None else fill_invalid(image, valid)
        matched = transfer_amplitude(filled, _resized(reference, image.shape), self.beta)
        return matched - filled.astype(np.float32) + image.astype(np.float32)


def _counted(image: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    """Return the pixels of an image (H, W, B) that count, (n, B)."""
    return image.reshape(-1, image.shape[2]) if valid is None else image[valid]


def _resized(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return image if image.shape == shape else resize(image, shape, order=1, preserve_range=True)
