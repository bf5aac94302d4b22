"""What a discriminator sees of maps in which some pixels do not count.

Cells that do not count in one of the domains are 0 in the maps of both, since zeros in one domain
alone would tell the domains apart. Of the discriminator's output, the cells are judged whose field
has its centre in a cell that counts. Where all pixels count, nothing is computed.
"""

from __future__ import annotations

from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.base import Alignment
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.domain_batch import nearest


def common_masks(
    context: UDAContext, source: Tensor, target: Tensor
) -> tuple[Tensor, Tensor] | tuple[None, None]:
    """Return which cells of each domain's maps count in both images of a pair.

    Args:
        context: The iteration.
        source: The source's maps (N, C, h, w).
        target: The target's maps (N, C, h', w'); the pixels of a pair correspond by their position
            relative to the image's size.

    Returns:
        Masks (N, h, w) and (N, h', w'), bool; None where all pixels count.
    """
    domains = context.source, context.target
    if all(domain.all_valid for domain in domains):
        return None, None
    sizes = [tuple(maps.shape[-2:]) for maps in (source, target)]
    first, second = (domains[0].valid_cells(s) & domains[1].valid_cells(s) for s in sizes)
    return first, second


def hidden(maps: Tensor, mask: Tensor | None) -> Tensor:
    """Return maps (N, C, h, w) with 0 outside a mask (N, h, w)."""
    return maps if mask is None else maps.masked_fill(~mask[:, None], 0)


def judged(logits: Tensor, mask: Tensor | None, discriminator: object) -> Tensor | None:
    """Return which logits of a discriminator count, (N, 1, h, w) bool; None for all.

    Args:
        logits: (N, ..., h, w).
        mask: Which cells of the discriminator's input count, (N, H, W).
        discriminator: Its ``reduction`` is the factor by which it shrinks maps.
    """
    if mask is None:
        return None
    height, width = logits.shape[-2:]
    step = getattr(discriminator, "reduction", None)
    if step is None:
        return nearest(mask, (height, width))[:, None]
    # With kernels of 4, stride 2 and padding 1, fields are centred on blocks of step x step cells.
    centres = mask[:, step // 2 :: step, step // 2 :: step]
    return centres[:, None, :height, :width]


def check_size(alignment: Alignment, discriminator: object, *domains: Tensor) -> None:
    """Refuse maps that are too small for the strides of a discriminator.

    Args:
        alignment: The alignment that has the discriminator; the message names it.
        discriminator: The discriminator; its ``reduction`` is the factor by which it shrinks maps.
        domains: The maps of each domain, (N, C, H, W).

    Raises:
        ConfigError: When a side of the maps is shorter than ``reduction``.
    """
    reduction = getattr(discriminator, "reduction", 1)
    smallest = min((maps.shape[-2:] for maps in domains), key=min)
    if min(smallest) < reduction:
        raise ConfigError(
            f"{type(alignment).__name__}: the discriminator halves its input "
            f"{reduction.bit_length() - 1} times and needs maps of at least {reduction} "
            f"pixels, got {tuple(smallest)}. Use larger crops, a larger `input_scale`, "
            "or fewer layers (`discriminator.num_layers`)."
        )
