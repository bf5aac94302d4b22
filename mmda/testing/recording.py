"""Which parts of the context an alignment reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmda.models.alignments import NEEDS, DomainImages, UDAContext

OUTPUTS = {"feats", "logits"}


def recorded(alignment: Any, run: Callable[[], object]) -> set[str]:
    """Return what an alignment reads of the target and the teacher.

    Args:
        alignment: The alignment.
        run: Runs an iteration, in which the alignment is called.

    Returns:
        ``target`` where it reads the student's outputs, ``target_images`` where it reads the images
        without them, ``teacher``, and ``labels`` where it reads the target's labels.
    """
    losses, parts, attributes = alignment.losses, set[str](), set[str]()

    def watched_losses(context: UDAContext) -> Any:
        _watch(context, parts)
        if "target_images" in context._parts:
            _watch(context._parts["target_images"], attributes)
        return losses(context)

    alignment.losses = watched_losses
    run()
    del alignment.losses
    read = parts & set(NEEDS) - {"target", "target_images"}
    if attributes & OUTPUTS:
        read.add("target")
    elif parts & {"target", "target_images"}:
        read.add("target_images")
    return read | (attributes & {"labels"})


def _watch(thing: UDAContext | DomainImages, names: set[str]) -> None:
    """Make an object add the name of each attribute that is read to ``names``."""
    kind: type = type(thing)

    def read(self: object, name: str) -> Any:
        names.add(name)
        return object.__getattribute__(self, name)

    thing.__class__ = type(kind.__name__, (kind,), {"__getattribute__": read})
