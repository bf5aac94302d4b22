"""Taking over checkpoints of the public adaptation codes: what ``mmda convert`` calls."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmda.conversion.convert import Conversion


def convert(
    checkpoint: str | Path,
    out: str | Path,
    *,
    layout: str | None = None,
    classes: Sequence[str] | None = None,
    like: str | Path | None = None,
    trust: bool = False,
) -> Conversion:
    """Convert a checkpoint of AdaptSegNet, AdvEnt, CLAN, BDL or DeepLab, and write its config.

    The converted network gives the logits that the public code computes before it resizes them. Of
    CLAN's two classifiers, whose outputs its code sums, one is made with the sums of their weights.

    Args:
        checkpoint: The public code's ``.pth`` file.
        out: The checkpoint to write, which ends in ``.pth``; the config of the same name ends in
            ``.py``.
        layout: Which code it is of, where the names of its weights leave that open; one of
            ``mmda.conversion.layouts.LAYOUTS``.
        classes: Names of its classes, in its order; those of Cityscapes by default where there are
            19.
        like: A config that gives the new one its data, alignments and schedule; by default that of
            source only on GTA5 and Cityscapes where there are 19 classes, and else none.
        trust: Whether the checkpoint may run code while it is read.

    Returns:
        The files and what was found out.

    Raises:
        ConfigError: When the checkpoint has none of the layouts, or several and none is given, when
            weights are missing, left over or of another shape, when the classes or ``like`` do not
            fit, or a file exists or cannot be written.

    Example:
        >>> from mmda import convert, load_model
        >>> converted = convert("GTA2Cityscapes.pth", "converted/clan.pth")
        >>> converted.layout, converted.config.name, converted.num_classes
        ('clan', 'clan.py', 19)
        >>> model = load_model(converted.config, converted.checkpoint, device="cpu")
    """
    from mmda.conversion.convert import convert_checkpoint
    from mmda.engine.checkpoint_loader import trusted_checkpoints

    with trusted_checkpoints(trust):
        return convert_checkpoint(checkpoint, out, layout=layout, classes=classes, like=like)
