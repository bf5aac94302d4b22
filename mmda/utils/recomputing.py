"""Computing activations again in the backward pass, so that they need not be kept until then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils import checkpoint as torch_checkpoint

_checkpoint = torch_checkpoint.checkpoint


def recomputed(network: nn.Module, compute: Callable[..., Any], *args: Any) -> Any:
    """Return ``compute(*args)``; what its backward pass needs is computed again when it is due.

    The random numbers, such as those of dropout, are the same again, and batch norm's running
    statistics are updated once.

    Args:
        network: The network that ``compute`` runs.
        compute: A function without side effects, which returns tensors in any structure.
        args: Its arguments.
    """
    return _checkpoint(compute, *args, use_reentrant=False, context_fn=partial(_contexts, network))


@contextmanager
def distributed_checkpointing(network: nn.Module) -> Iterator[None]:
    """Let the option ``with_cp`` of MMSegmentation's networks work in distributed training.

    These networks call ``torch.utils.checkpoint.checkpoint`` without saying which of its two kinds
    they want. The older kind, which PyTorch then takes, runs a backward pass of its own, which
    ``DistributedDataParallel`` refuses ("marked ready only once"). In the block they get the newer
    kind, as :func:`recomputed` does.

    Args:
        network: The network that runs in the block.
    """
    newer = partial(_checkpoint, use_reentrant=False, context_fn=partial(_contexts, network))
    with _replaced(torch_checkpoint, checkpoint=newer):
        yield


def _contexts(network: nn.Module) -> tuple[AbstractContextManager, AbstractContextManager]:
    """Return the contexts of the first and the second computation."""
    return nullcontext(), _kept_statistics(network)


@contextmanager
def _kept_statistics(network: nn.Module) -> Iterator[None]:
    """Let batch norm normalise by the batch without changing its running statistics."""
    with ExitStack() as stack:
        for module in network.modules():
            if isinstance(module, _BatchNorm) and module.training:
                stack.enter_context(_replaced(module, momentum=0.0, num_batches_tracked=None))
        yield


@contextmanager
def _replaced(owner: Any, **values: Any) -> Iterator[None]:
    """Give attributes other values in the block."""
    before = {name: getattr(owner, name) for name in values}
    for name, value in values.items():
        setattr(owner, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(owner, name, value)
