"""Fourier domain adaptation."""

from __future__ import annotations

import numpy as np
from scipy import fft

from mmda.errors import ConfigError


def transfer_amplitude(image: np.ndarray, reference: np.ndarray, beta: float = 0.01) -> np.ndarray:
    """Give an image the low-frequency amplitudes of another, and keep its phases.

    Yang and Soatto 2020 (FDA), Eq. 2-3: per band, in a square window around frequency zero of
    half-side ``floor(beta * min(H, W))``, the amplitude of the spectrum is the reference's. The
    phase, which holds the layout, stays.

    Args:
        image: (H, W, B), any type.
        reference: (H, W, B), the look to take over.
        beta: Size of the window as a fraction of the shorter side, in [0, 0.5). 0 exchanges the
            mean alone.

    Returns:
        (H, W, B), float32, neither rounded nor clipped.

    Raises:
        ConfigError: When ``beta`` is out of range.
    """
    check_beta(beta)
    height, width = image.shape[:2]
    half = int(np.floor(min(height, width) * beta))
    own, other = (fft.fft2(x.astype(np.float32), axes=(0, 1)) for x in (image, reference))
    # Frequencies -half..half of each axis stand at these places of an unshifted spectrum.
    window = np.arange(-half, half + 1)
    rows, cols = np.meshgrid(window % height, window % width, indexing="ij")
    low = own[rows, cols]
    amplitude = np.abs(low)
    # Where a band has no such frequency it has no phase; 0 is as good as any.
    phase = np.divide(low, amplitude, out=np.ones_like(low), where=amplitude > 0)
    own[rows, cols] = np.abs(other[rows, cols]) * phase
    return fft.ifft2(own, axes=(0, 1)).real.astype(np.float32)


def check_beta(beta: float) -> None:
    """Raise a :class:`ConfigError` when the window's size is out of range."""
    if not 0 <= beta < 0.5:
        raise ConfigError(f"Fourier adaptation: `beta` must be in [0, 0.5), got {beta}.")
