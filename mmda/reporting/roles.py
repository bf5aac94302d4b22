"""Which runs are trained without the target, adapted to it, and trained on its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mmda.ablation.configs import flat
from mmda.ablation.reading import read_table
from mmda.errors import ConfigError, MMDAError, did_you_mean
from mmda.reporting.options import ReportOptions
from mmda.reporting.runs import FoundRun
from mmda.selection.datasets import learns_from_target_labels
from mmda.selection.outcome import Selection

SOURCE_ONLY, ADAPTED, TARGET_ONLY = "source_only", "adapted", "target_only"
RECIPE = "recipe"
"""The row of a comparison that is adapted by the recommended recipe."""
DESCRIPTION = "compare.py"
"""The description of a table of ``mmda compare``, in its folder."""


def find_roles(
    runs: Sequence[FoundRun],
    work_dirs: Sequence[Path],
    options: ReportOptions,
    selection: Selection | None,
) -> dict[str, str]:
    """Return the run's name of every role that some run has.

    What the options name counts first, then what the description of a comparison says, then names
    such as ``source_only``, and then what the configs train on.

    Args:
        runs: The runs.
        work_dirs: Where they lie.
        options: What the user names.
        selection: The choice among their checkpoints.

    Raises:
        ConfigError: When an option names no run.
    """
    names = list(dict.fromkeys(run.name for run in runs))
    roles = _described(work_dirs)
    roles.update({role: role for role in (SOURCE_ONLY, ADAPTED, TARGET_ONLY) if role in names})
    for role in (SOURCE_ONLY, ADAPTED, TARGET_ONLY):
        if (given := getattr(options, role)) is not None:
            if given not in names:
                raise ConfigError(
                    f"--{role.replace('_', '-')} {given}: no such run; there are "
                    f"{', '.join(names)}." + did_you_mean(given, names)
                )
            roles[role] = given
    roles = {role: name for role, name in roles.items() if name in names}
    if TARGET_ONLY not in roles and (found := _first(runs, roles, _is_bound)):
        roles[TARGET_ONLY] = found
    if SOURCE_ONLY not in roles and (found := _first(runs, roles, _is_without_target)):
        roles[SOURCE_ONLY] = found
    if ADAPTED not in roles and selection is None and RECIPE in names:
        roles[ADAPTED] = RECIPE
    if ADAPTED not in roles and (found := _chosen(runs, roles, selection)):
        roles[ADAPTED] = found
    return {role: roles[role] for role in (SOURCE_ONLY, ADAPTED, TARGET_ONLY) if role in roles}


def _described(work_dirs: Sequence[Path]) -> dict[str, str]:
    for folder in work_dirs:
        if (folder / DESCRIPTION).is_file():
            with suppress(MMDAError):
                table = read_table(folder / DESCRIPTION)
                named = {SOURCE_ONLY: table.source_only, TARGET_ONLY: table.target_only}
                return {role: name for role, name in named.items() if name is not None}
    return {}


def row_titles(work_dirs: Sequence[Path]) -> dict[str, str]:
    """Return the titles of the rows of a comparison; empty for other work dirs."""
    for folder in work_dirs:
        if (folder / DESCRIPTION).is_file():
            with suppress(MMDAError):
                return {n: row.title for n, row in read_table(folder / DESCRIPTION).rows.items()}
    return {}


def _first(runs: Sequence[FoundRun], roles: Mapping[str, str], fits: object) -> str | None:
    others = (run for run in runs if run.name not in roles.values() and run.config is not None)
    return next((run.name for run in others if fits(run)), None)  # type: ignore[operator]


def _is_bound(run: FoundRun) -> bool:
    with suppress(MMDAError):
        return learns_from_target_labels(run.config, None)  # type: ignore[arg-type]
    return False


def _is_without_target(run: FoundRun) -> bool:
    """Tell whether nothing that a run is trained with reads the target."""
    config = run.config
    assert config is not None
    roots = {
        str(((config.get(f"{part}_dataloader") or {}).get("dataset") or {}).get("data_root"))
        for part in ("val", "test")
    } - {"None"}
    trained = [config.get(key) for key in ("train_dataloader", "custom_hooks", "load_from")]
    values = {str(value) for _, value in flat(trained)}
    reads = any(value == root or value.startswith(f"{root}/") for value in values for root in roots)
    return bool(roots) and not reads and not config.model.get("alignments")


def _chosen(
    runs: Sequence[FoundRun], roles: Mapping[str, str], selection: Selection | None
) -> str | None:
    """Return the first adapted run, by the order of the choice where there is one."""
    others = [run for run in runs if run.name not in roles.values()]
    order = [] if selection is None else [model.checkpoint.resolve() for model in selection.models]
    for checkpoint in order:
        for run in others:
            if checkpoint.parent == run.folder.resolve():
                return run.name
    return others[0].name if others and roles else None
