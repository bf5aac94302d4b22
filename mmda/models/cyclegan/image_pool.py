"""The history of translated images that the discriminators see."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mmda.errors import ConfigError


class ImagePool(nn.Module):
    """A buffer of earlier images, which are returned in place of half of the new ones.

    Until the pool is full, each image is stored and returned. Afterwards, with probability 1/2, a
    random stored image is returned and replaced by the new one; otherwise the new one is returned
    (Shrivastava et al. 2017; Zhu et al. 2017, section 4).

    The images are part of the checkpoint. In distributed training each process has its own pool.
    The checkpoint has that of the first process, with which all continue when the run is resumed.

    Args:
        size: Number of images; with 0 every new image is returned.

    Raises:
        ConfigError: When ``size`` is negative.
    """

    images: Tensor

    def __init__(self, size: int = 50) -> None:
        super().__init__()
        if size < 0:
            raise ConfigError(f"ImagePool: `size` must be 0 or more, got {size}.")
        self.size = size
        self.register_buffer("images", torch.zeros(0))

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        """Exchange images (N, B, H, W) for stored ones.

        Returns:
            (N, B, H, W), without gradient.

        Raises:
            ConfigError: When their size differs from that of the stored images.
        """
        images = images.detach()
        if len(self.images) and self.images.shape[1:] != images.shape[1:]:
            raise ConfigError(
                f"ImagePool: the stored images have the shape {tuple(self.images.shape[1:])}, but "
                f"new ones have {tuple(images.shape[1:])}. Crop the images of a domain to one "
                "size, and resume a run with the size that it had."
            )
        return torch.stack([self._exchange(image) for image in images])

    def _exchange(self, image: Tensor) -> Tensor:
        if len(self.images) < self.size:
            kept = image.to(torch.promote_types(image.dtype, torch.float32))[None]
            self.images = torch.cat([self.images, kept]) if len(self.images) else kept.clone()
            return image
        if self.size == 0 or torch.rand(()) < 0.5:  # drawn on the CPU, not to wait for the GPU
            return image
        index = int(torch.randint(self.size, ()))
        earlier = self.images[index].to(image.dtype, copy=True)
        self.images[index] = image
        return earlier

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any) -> None:
        """Load the checkpoint's images, whose number may differ from the pool's."""
        found = state_dict.get(f"{prefix}images")
        if found is not None:
            self.images = found[: self.size].to(self.images.device, copy=True)
            state_dict[f"{prefix}images"] = self.images
        super()._load_from_state_dict(state_dict, prefix, *args)
