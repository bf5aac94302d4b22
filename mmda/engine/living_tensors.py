"""Counts the memory of tensors while they exist."""

from __future__ import annotations

import weakref
from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LivingTensors(TorchDispatchMode):
    """Counts the bytes of the tensors that operations make, as long as they exist.

    Args:
        apart: Shapes of tensors that are counted apart, such as the parameters', which their
            gradients have too.

    Attributes:
        now: Bytes of the tensors that exist.
        peak: The largest number of bytes at any moment.
        peak_apart: The same of the tensors that are counted apart.
    """

    def __init__(self, apart: Collection[torch.Size] = ()) -> None:
        super().__init__()
        self._apart = frozenset(apart)
        self.now = self.peak = self._now_apart = self.peak_apart = 0
        self._known: dict[int, weakref.ref] = {}

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Run an operation and count the storages of its results that are new."""
        given = {t.untyped_storage()._cdata for t in tree_leaves((args, kwargs)) if _is_tensor(t)}
        results = function(*args, **(kwargs or {}))
        for tensor in filter(_is_tensor, tree_leaves(results)):
            storage = tensor.untyped_storage()
            if storage._cdata not in given and storage._cdata not in self._known:
                self._add(storage, tensor.shape in self._apart)
        return results

    def _add(self, storage: torch.UntypedStorage, apart: bool) -> None:
        key, size = storage._cdata, storage.nbytes()
        self._change(size, apart)

        def forget(_: Any) -> None:
            self._change(-size, apart)
            self._known.pop(key, None)

        self._known[key] = weakref.ref(storage, forget)

    def _change(self, size: int, apart: bool) -> None:
        if apart:
            self._now_apart += size
            self.peak_apart = max(self.peak_apart, self._now_apart)
        else:
            self.now += size
            self.peak = max(self.peak, self.now)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)
