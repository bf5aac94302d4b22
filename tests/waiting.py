"""Counts at which operations a training on a GPU would wait for it, on a CPU."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

# Their results, or the sizes of their results, are numbers on the CPU.
READING = {
    "_local_scalar_dense",
    "is_nonzero",
    "nonzero",
    "masked_select",
    "unique_dim",
    "_unique",
    "_unique2",
    "unique_consecutive",
    "equal",
    "bincount",
}
# Methods that copy a tensor to the CPU, which dispatches nothing where it is there already.
COPYING = {
    torch.Tensor.cpu: "cpu",
    torch.Tensor.tolist: "tolist",
    torch.Tensor.numpy: "numpy",
    torch.Tensor.__array__: "__array__",
}
# Functions that copy numbers from the CPU's pageable memory, which waits too.
SENDING = {
    torch.tensor: "tensor",
    torch.as_tensor: "as_tensor",
    torch.Tensor.new_tensor: "new_tensor",
}


class Waits:
    """A block in which each operation is counted that waits for the device.

    ``x.cpu().numpy()`` counts once. An index with a mask counts, but for ``x[mask] = number``.

    Args:
        on_cpu: Tensors that are on the CPU also where the training is not.

    Attributes:
        found: How often each was called.
    """

    def __init__(self, on_cpu: Iterable[torch.Tensor] = ()) -> None:
        self.found: Counter[str] = Counter()
        self._on_cpu = {tensor.data_ptr() for tensor in on_cpu}

    def __enter__(self) -> Waits:
        self._stack = ExitStack()
        self._stack.enter_context(_Calls(self.found))
        self._stack.enter_context(_Operations(self.found, self._on_cpu))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def total(self) -> int:
        """Their number."""
        return sum(self.found.values())


class _Operations(TorchDispatchMode):
    def __init__(self, found: Counter[str], on_cpu: set[int]) -> None:
        super().__init__()
        self._found, self._on_cpu = found, on_cpu

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        name = function.overloadpacket.__name__
        reads = name in READING and args[0].data_ptr() not in self._on_cpu
        if reads or (name in ("index", "index_put_") and _masked(name, args)):
            self._found[name] += 1
        if name == "repeat_interleave" and isinstance(args[0], torch.Tensor):
            self._found[name] += 1
        return function(*args, **(kwargs or {}))


def _masked(name: str, args: Any) -> bool:
    masks = [
        x for x in tree_leaves(args[1]) if isinstance(x, torch.Tensor) and x.dtype is torch.bool
    ]
    return bool(masks) and not (name == "index_put_" and args[2].numel() == 1)


class _Calls(TorchFunctionMode):
    def __init__(self, found: Counter[str]) -> None:
        super().__init__()
        self._found = found

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function in COPYING and not getattr(args[0], "_read", False):
            self._found[COPYING[function]] += 1
        if function in SENDING and not isinstance(args[-1], torch.Tensor):
            self._found[SENDING[function]] += 1
        result = function(*args, **(kwargs or {}))
        if function is torch.Tensor.cpu:
            result._read = True
        return result
