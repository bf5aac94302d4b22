"""Fourier adaptation against its definition."""

from __future__ import annotations

import numpy as np
import pytest

from mmda.datasets.fourier import transfer_amplitude
from mmda.errors import ConfigError


def published(image: np.ndarray, reference: np.ndarray, beta: float) -> np.ndarray:
    """FDA as published: amplitude and phase of the shifted spectrum, band by band."""
    out = np.empty(image.shape)
    height, width = image.shape[:2]
    half, row, col = int(min(height, width) * beta), height // 2, width // 2
    for band in range(image.shape[2]):
        own, other = np.fft.fft2(image[..., band]), np.fft.fft2(reference[..., band])
        amplitude, phase = np.fft.fftshift(np.abs(own)), np.angle(own)
        box = slice(row - half, row + half + 1), slice(col - half, col + half + 1)
        amplitude[box] = np.fft.fftshift(np.abs(other))[box]
        out[..., band] = np.real(np.fft.ifft2(np.fft.ifftshift(amplitude) * np.exp(1j * phase)))
    return out


@pytest.mark.parametrize("size", [(32, 48), (33, 47), (40, 40)])
@pytest.mark.parametrize("beta", [0.0, 0.05, 0.2])
def test_equals_the_published_procedure(size, beta):
    rng = np.random.default_rng(0)
    image, reference = rng.uniform(0, 255, (2, *size, 4))
    got = transfer_amplitude(image, reference, beta)
    np.testing.assert_allclose(got, published(image, reference, beta), atol=2e-3)
    assert np.abs(got - image).max() > 0.5


def test_no_window_exchanges_the_mean_alone():
    rng = np.random.default_rng(0)
    image, reference = rng.uniform(0, 100, (16, 16, 2)), rng.uniform(100, 200, (16, 16, 2))
    got = transfer_amplitude(image, reference, 0.0)
    shift = reference.mean((0, 1)) - image.mean((0, 1))
    np.testing.assert_allclose(got, image + shift, atol=1e-3)


def test_of_itself_is_itself():
    image = np.random.default_rng(0).uniform(0, 255, (20, 20, 3))
    np.testing.assert_allclose(transfer_amplitude(image, image, 0.2), image, atol=1e-3)


def test_a_flat_image_has_no_phase_to_divide_by():
    flat = np.zeros((16, 16, 1), np.uint8)
    reference = np.full((16, 16, 1), 50, np.uint8)
    got = transfer_amplitude(flat, reference, 0.1)
    np.testing.assert_allclose(got, 50, atol=1e-3)


@pytest.mark.parametrize("beta", [-0.1, 0.5])
def test_beta_out_of_range(beta):
    with pytest.raises(ConfigError, match="must be in"):
        transfer_amplitude(np.zeros((8, 8, 1)), np.zeros((8, 8, 1)), beta)
