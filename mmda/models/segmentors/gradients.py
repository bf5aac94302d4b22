"""How strongly each loss pulls at the logits."""

from __future__ import annotations

import torch
from torch import Tensor

from mmda.models.alignments import DomainBatch, UDAContext


def logit_gradients(context: UDAContext, losses: dict[str, Tensor]) -> dict[str, float]:
    """Return the norm of each loss's gradient in the decode head's logits.

    The gradient is taken in the target's logits; of a loss that does not depend on them, such as
    the source's cross-entropy, in the source's. A loss that reaches neither is left out. The graph
    tells which logits a loss depends on, and not the gradient's size: the backward of some losses
    has collective calls, which all processes must make.

    Args:
        context: The iteration.
        losses: Scalars by name; those whose name contains ``loss`` are measured.

    Returns:
        L2 norms by the losses' names.
    """
    found = {}
    domains = [
        part for part in (context.target_outputs, context.source_outputs) if part is not None
    ]
    for name, loss in losses.items():
        if "loss" not in name or not loss.requires_grad:
            continue
        norms = (_norm(loss, domain) for domain in domains)
        norm = next((norm for norm in norms if norm is not None), None)
        if norm is not None:
            found[name] = norm
    return found


def _norm(loss: Tensor, domain: DomainBatch) -> float | None:
    """Return the norm of a loss's gradient in a domain's logits; None if there is no path."""
    logits = domain.logits["decode"]
    (gradient,) = torch.autograd.grad(loss, logits, retain_graph=True, allow_unused=True)
    return None if gradient is None else float(gradient.float().norm())
