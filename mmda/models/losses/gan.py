"""Adversarial losses."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.dist import get_world_size
from torch import Tensor

from mmda.errors import ConfigError
from mmda.utils.distributed import counted_mean

KINDS = ("vanilla", "lsgan")


def check_gan(kind: str) -> None:
    """Raise a :class:`ConfigError` when ``kind`` is not the name of an adversarial loss."""
    if kind not in KINDS:
        raise ConfigError(f"Unknown adversarial loss `{kind}`; expected `vanilla` or `lsgan`.")


def gan_loss(
    logits: Tensor, label: float, kind: str = "vanilla", counted: Tensor | None = None
) -> Tensor:
    r"""Mean loss of a discriminator's logits against one domain label.

    ``vanilla`` is binary cross-entropy with logits (AdaptSegNet, Eq. 1 and 4),
    ``lsgan`` the squared distance :math:`(D(x) - y)^2`.

    Args:
        logits: Discriminator output of any shape.
        label: Domain label in [0, 1]; here source = 0, target = 1.
        kind: ``'vanilla'`` or ``'lsgan'``.
        counted: Which logits count, bool, of a shape that broadcasts to theirs; None for all. The
            mean is over those of all processes, see
            :func:`~mmda.utils.distributed.counted_mean`.

    Returns:
        A scalar.

    Raises:
        ConfigError: When ``kind`` is neither.

    Example:
        >>> import torch
        >>> gan_loss(torch.zeros(2, 1, 4, 4), 1.0)
        tensor(0.6931)
    """
    target = logits.new_full((), label).expand_as(logits)
    check_gan(kind)
    loss = F.binary_cross_entropy_with_logits if kind == "vanilla" else F.mse_loss
    if counted is None and get_world_size() == 1:
        return loss(logits, target)
    return counted_mean(loss(logits, target, reduction="none"), counted)


@torch.no_grad()
def domain_accuracy(
    logits: Sequence[Tensor], counted: Sequence[Tensor | None], kind: str = "vanilla"
) -> Tensor:
    """Return how often a discriminator tells the domain, in percent.

    It is the mean of both domains' shares: 50 for one that cannot tell them apart.

    Args:
        logits: Its output for the source and for the target, of any shape.
        counted: Which of them count, bool, of a shape that broadcasts to theirs; None for all. A
            domain in which none counts has the share 0.
        kind: What it is trained with, ``'vanilla'`` or ``'lsgan'``.
    """
    middle = 0.0 if kind == "vanilla" else 0.5
    shares = []
    for is_target, output, known in zip((False, True), logits, counted, strict=True):
        right = (output > middle) == is_target
        weights = torch.ones_like(right) if known is None else known.expand_as(right)
        shares.append((right & weights).sum() / weights.sum().clamp(min=1))
    return 50 * (shares[0] + shares[1])
