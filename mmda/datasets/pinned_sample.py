"""Samples that data loaders can pin in memory."""

from __future__ import annotations

from typing import TypeVar

from mmengine.structures import BaseDataElement
from mmseg.structures import SegDataSample
from torch import Tensor


class PinnedSample(SegDataSample):
    """A sample whose maps ``DataLoader(pin_memory=True)`` pins as it pins images.

    Copies from pinned memory to a GPU do not wait for each other.
    """

    def pin_memory(self, device: object = None) -> PinnedSample:
        """Return the sample with its tensors in pinned memory.

        Args:
            device: Not used; PyTorch's loaders may give it.
        """
        return _pinned(self)


Element = TypeVar("Element", bound=BaseDataElement)


def _pinned(element: Element) -> Element:
    new = element.new()
    for name, value in element.items():
        if isinstance(value, Tensor):
            new.set_data({name: value.pin_memory()})
        elif isinstance(value, BaseDataElement):
            new.set_data({name: _pinned(value)})
    return new
