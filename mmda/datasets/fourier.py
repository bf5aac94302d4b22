"""Fourier domain adaptation."""

from __future__ import annotations

import numpy as np
from scipy import fft

from mmda.errors import ConfigError


def transfer_amplitude(image: np.ndarray, reference: np.ndarray, beta: float = 0.01) -> np.ndarray:
    """Give an image the low-frequency amplitudes of another, and keep its phases.

    After Yang and Soatto 2020 (FDA), Eq. 2-3: in each band, the amplitudes of the spectrum are
    replaced by the reference's in a square window around frequency zero, whose half-side is
    ``floor(beta * min(H, W))``. The phases, which contain the layout, are kept.

    Args:
        image: (H, W, B), any type.
        reference: The image whose look is transferred, (H, W, B).
        beta: Size of the window as a fraction of the shorter side, in [0, 0.5). 0 transfers only
            the mean.

    Returns:
        (H, W, B), float32, neither rounded nor clipped.

    Raises:
        ConfigError: When ``beta`` is out of range.
    """
    check_beta(beta)
    height, width = image.shape[:2]
    half = int(np.floor(min(height, width) * beta))
    own, other = (fft.fft2(x.astype(np.float32), axes=(0, 1)) for x in (image, reference))
    # Indices of the frequencies -half..half of each axis in an unshifted spectrum.
    window = np.arange(-half, half + 1)
    rows, cols = np.meshgrid(window % height, window % width, indexing="ij")
    low = own[rows, cols]
    amplitude = np.abs(low)
    # A frequency of amplitude 0 has no phase; any phase will do, here 0.
    phase = np.divide(low, amplitude, out=np.ones_like(low), where=amplitude > 0)
    own[rows, cols] = np.abs(other[rows, cols]) * phase
    return fft.ifft2(own, axes=(0, 1)).real.astype(np.float32)


def check_beta(beta: float) -> None:
    """Raise a :class:`ConfigError` when the window's size is out of range."""
    if not 0 <= beta < 0.5:
        raise ConfigError(f"Fourier adaptation: `beta` must be in [0, 0.5), got {beta}.")
