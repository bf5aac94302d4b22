"""How far a pixel of the input reaches in a network's answer."""

from __future__ import annotations

import torch

from mmda.engine.inference import logits
from mmda.models.segmentors import UDASegmentor

_PHASES = (0, 5, 11, 17)  # a strided network's answer depends on where in its steps a pixel lies


@torch.no_grad()
def receptive_radius(model: UDASegmentor, side: int) -> int | None:
    """Return the radius of a network's receptive field in pixels.

    The network sees images whose left part is not a number. What such pixels reach is none either:
    every operation passes it on, so that the columns that it spoils to the right of that part
    are all that the receptive field holds, whatever the weights.

    Args:
        model: The network in evaluation mode, on its device.
        side: Side of the square images in pixels, a multiple of what the network takes.

    Returns:
        The radius; ``None`` where it is larger than half of the image.
    """
    parameter = next(model.parameters())
    found = 0
    for phase in _PHASES:
        edge = side // 2 - phase
        image = parameter.new_zeros((1, model.data_preprocessor.num_bands, side, side))
        image[..., :edge] = float("nan")
        spoilt = (~torch.isfinite(logits(model, image))).any(dim=1).any(dim=1)[0].nonzero()
        end = int(spoilt[-1]) + 1
        if end == side:
            return None
        found = max(found, end - edge)
    return found
