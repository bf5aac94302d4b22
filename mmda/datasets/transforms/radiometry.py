"""Radiometric augmentation for imagery of any band count and type."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmda.datasets.colour_maps import to_type
from mmda.errors import ConfigError
from mmda.raster.dataset.measured_shift import domains_distance
from mmda.registry import TRANSFORMS

UINT8_LEVELS = np.arange(256, dtype=np.float32)


@TRANSFORMS.register_module()
class RadiometricJitter(BaseTransform):
    """Random gain, offset, gamma, saturation, hue, blur and noise, as if from another sensor.

    Values are scaled by ``white`` to [0, 1], mapped by ``gain * x ** gamma + offset`` and clipped.
    For uint8 the map is a lookup table, whose cost does not depend on the map. Saturation then
    scales each pixel's distance from its mean over the bands, so that a network cannot rely on
    colour alone. Hue turns the first three bands, red, green and blue, about the axis of greys.

    Required and modified key: ``img``.

    Args:
        gain: Half-range of the gain around 1, per band.
        offset: Half-range of the offset, in fractions of ``white``.
        gamma: Half-range of log2(gamma).
        saturation: Half-range of the saturation factor around 1; at 1 it reaches grey.
        shared: Share of each range that is common to all bands, in [0, 1].
        blur: Largest standard deviation of a Gaussian blur, in pixels; 0 for none.
        hue: Half-range of the turn of the hue, in full turns; 0 for none. At 1/3 red can become
            green.
        noise: Largest standard deviation of Gaussian noise per pixel and band, in fractions of
            ``white``; 0 for none.
        prob: Probability of the transform.
        white: Value of full brightness; by default 255 for uint8. For other types it must be given:
            4095 for a 12-bit sensor, 1.0 for reflectances.
        source: Folder of a tiled source dataset. With it and ``target``, all ranges shrink in
            proportion to the two domains' colour distance where that is below ``full_at``: where
            colours agree, a network that may rely on them is the better one. See
            :func:`~mmda.raster.dataset.measured_shift.colour_distance`.
        target: Folder of the tiled target dataset.
        full_at: Colour distance from which on the ranges are full.
        split_files: ``split_file`` of the source and of the target, as in
            :class:`~mmda.datasets.TiledDataset`.

    Raises:
        ConfigError: When images are of another type than uint8 and ``white`` is not given, since a
            wrong scale would clip them to black or white; and when images have negative values,
            which cannot be a brightness (decibels, heights, normalised values).
    """

    def __init__(
        self,
        gain: float = 0.3,
        offset: float = 0.1,
        gamma: float = 0.3,
        saturation: float = 0.0,
        shared: float = 0.5,
        blur: float = 0.0,
        prob: float = 0.8,
        white: float | None = None,
        source: str | None = None,
        target: str | None = None,
        full_at: float = 0.5,
        split_files: Sequence[str | None] = (None, None),
        hue: float = 0.0,
        noise: float = 0.0,
    ) -> None:
        share = 1.0
        if source is not None and target is not None:
            share = min(1.0, domains_distance((source, target), split_files) / full_at)
        self.gain, self.offset, self.gamma = share * gain, share * offset, share * gamma
        self.saturation, self.blur = share * saturation, share * blur
        self.hue, self.noise = share * hue, share * noise
        self.shared, self.prob, self.white = shared, prob, white

    def transform(self, results: dict) -> dict:
        """Change the radiometry of ``results['img']``."""
        if np.random.rand() >= self.prob:
            return results
        image = results["img"]
        if image.ndim == 2:  # OpenCV's resizing drops a single band's axis
            image = image[..., None]
        image = self._tone(image)
        if self.saturation and image.shape[2] > 1:
            image = self._saturate(image)
        if self.hue and image.shape[2] > 2:
            image = to_type(self._turn_hue(image), image.dtype)
        if self.blur and (sigma := np.random.uniform(0, self.blur)) > 0.2:
            image = cv2.GaussianBlur(image, (0, 0), sigma).reshape(image.shape)
        if self.noise:
            image = to_type(self._add_noise(image), image.dtype)
        results["img"] = image
        return results

    def _tone(self, image: np.ndarray) -> np.ndarray:
        bands, dtype = image.shape[2], image.dtype
        gain = 1 + self._draw(self.gain, bands)
        offset = self._draw(self.offset, bands)
        gamma = 2 ** self._draw(self.gamma, bands)
        white = self._white(dtype)
        if dtype.kind == "f" and image.min() < 0:
            raise ConfigError(
                f"RadiometricJitter: an image has the value {image.min():g}, but brightness is "
                f"between 0 and `white` ({white:g}), and values below 0 would be lost. Leave "
                "RadiometricJitter out."
            )
        values = UINT8_LEVELS[:, None] if dtype == np.uint8 else image
        toned = gain * np.clip(values / np.float32(white), 0, None) ** gamma + offset
        toned = np.clip(toned, 0, 1).astype(np.float32) * np.float32(white)
        if dtype != np.uint8:
            return toned.astype(dtype)
        return apply_lookup(image, np.rint(toned).astype(np.uint8))

    def _white(self, dtype: np.dtype) -> float:
        if self.white is not None:
            return self.white
        if dtype == np.uint8:
            return 255.0
        raise ConfigError(
            f"RadiometricJitter: images of {dtype} need `white`, the value that stands for full "
            "brightness, e.g. white=4095 for a 12-bit sensor or white=1.0 for reflectances."
        )

    def _saturate(self, image: np.ndarray) -> np.ndarray:
        factor = np.float32(1 + np.random.uniform(-self.saturation, self.saturation))
        grey = image.mean(axis=2, keepdims=True, dtype=np.float32)
        changed = grey + factor * (image - grey)
        if image.dtype.kind != "u":
            return changed.astype(image.dtype)
        return np.clip(np.rint(changed), 0, np.iinfo(image.dtype).max).astype(image.dtype)

    def _turn_hue(self, image: np.ndarray) -> np.ndarray:
        """Turn the colours of the first three bands about grey (Rodrigues' formula)."""
        angle = 2 * np.pi * np.random.uniform(-self.hue, self.hue)
        cos, sin = np.cos(angle), np.sin(angle) / np.sqrt(3)
        cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
        turn = cos * np.eye(3) + (1 - cos) / 3 + sin * cross
        turned = image.astype(np.float32)
        turned[..., :3] = turned[..., :3] @ turn.T.astype(np.float32)
        return turned.clip(0, self._white(image.dtype))

    def _add_noise(self, image: np.ndarray) -> np.ndarray:
        white = self._white(image.dtype)
        sigma = np.random.uniform(0, self.noise * white)
        return (image + np.random.normal(0, sigma, image.shape)).clip(0, white)

    def _draw(self, half_range: float, bands: int) -> np.ndarray:
        common = np.random.uniform(-half_range, half_range)
        single = np.random.uniform(-half_range, half_range, bands)
        return (self.shared * common + (1 - self.shared) * single).astype(np.float32)


def apply_lookup(image: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Map a uint8 image (H, W, B) band by band through ``table`` (256, B)."""
    if image.shape[2] in (1, 3, 4):
        return cv2.LUT(image, table[None]).reshape(image.shape)
    return np.stack([table[image[..., b], b] for b in range(image.shape[2])], axis=-1)
