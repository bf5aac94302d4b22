"""An optimiser whose clipping does not wait for the device."""

from __future__ import annotations

from mmengine.optim import OptimWrapper
from torch import Tensor

from mmda.registry import OPTIM_WRAPPERS


@OPTIM_WRAPPERS.register_module()
class ClippingOptimWrapper(OptimWrapper):
    """MMEngine's ``OptimWrapper``, which leaves the gradients' norm on the device when it clips.

    :class:`~mmda.engine.hooks.OneTransferInfoHook` logs it.

    Args:
        args: As in ``OptimWrapper``.
        kwargs: As in ``OptimWrapper``.

    Attributes:
        gradient_norms: The norm before the last step's clipping, by the name that it is logged as.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.gradient_norms: dict[str, Tensor] = {}

    def _clip_grad(self) -> None:
        groups = self.optimizer.param_groups
        given = [p for group in groups for p in group["params"] if p.grad is not None]
        norm = self.clip_func(given, **self.clip_grad_kwargs) if given else None
        self.gradient_norms = {} if norm is None else {self.grad_name: norm}
