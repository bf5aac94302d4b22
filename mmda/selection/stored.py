"""The stored choice among the checkpoints of a folder, as long as it is of these."""

from __future__ import annotations

from pathlib import Path

from mmda.engine.launch import load_config
from mmda.errors import MMDAError
from mmda.selection.cache import Measurer
from mmda.selection.candidates import find_candidates
from mmda.selection.identity import Tiles, weights_digest
from mmda.selection.options import SelectOptions
from mmda.selection.outcome import Selection
from mmda.selection.select import CHOICE, DEFAULT, select_models


def choice_of(
    folder: str | Path, options: SelectOptions = DEFAULT, device: str | None = None
) -> tuple[Selection, list[str]]:
    """Return the stored choice among the checkpoints of a folder, or make it.

    It is made anew when it was made by another rule, among other checkpoints than the folder has
    now, or on other target tiles than those of the config. Where these are not there, the stored
    choice is taken.

    Args:
        folder: Folder of trainings.
        options: How they are compared.
        device: Where networks run.

    Returns:
        The choice, and what the user should know of it, in sentences.

    Raises:
        MMDAError: As :func:`~mmda.selection.select.select_models`.
    """
    stored, warnings = Path(folder) / CHOICE, []
    selection = Selection.read(stored) if stored.is_file() else None
    if selection and (difference := _difference(selection, folder, options)):
        warnings.append(f"The choice in `{stored}` was made {difference}. It is made anew.")
        selection = None
    selection = selection or select_models([folder], None, options, device)
    return selection, [*warnings, *selection.warnings]


def _difference(selection: Selection, folder: str | Path, options: SelectOptions) -> str | None:
    """Return how a stored choice differs from one that would be made now."""
    if selection.rule != options.rule:
        return f"by the criterion `{selection.rule}`, not by `{options.rule}`"
    there = {one.name: weights_digest(one.checkpoint) for one in find_candidates([folder])}
    if changed := sorted({name for name, _ in there.items() ^ selection.digests.items()}):
        listed = ", ".join(f"`{name}`" for name in changed)
        return f"among other checkpoints: {listed} is new, gone or another file"
    now = _target_now(selection, options)
    if now and selection.target and now.digest != selection.target.digest:
        return f"for {selection.target.name}, but the target is {now.name}"
    return None


def _target_now(selection: Selection, options: SelectOptions) -> Tiles | None:
    try:
        return Measurer(None, options).target(load_config(selection.config))
    except MMDAError:  # the data have not come along
        return None
