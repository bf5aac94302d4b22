"""From work dirs to a report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmda.errors import ConfigError
from mmda.report.content import Choice, Report
from mmda.reporting.domains import domains
from mmda.reporting.environment import differences, environment, toy_parameters
from mmda.reporting.models import ComparedModels
from mmda.reporting.options import ReportOptions
from mmda.reporting.roles import ADAPTED, SOURCE_ONLY, find_roles, row_titles
from mmda.reporting.runs import FoundRun, find_runs, table_of
from mmda.reporting.scores import logged, losses_and_scores, mean_nam, score_rows
from mmda.selection.outcome import Selection
from mmda.selection.select import CHOICE

DEFAULT = ReportOptions()
MOST = 3  # runs that are compared where none has a role
SHOWN = (
    "nuclear_norm", "rank", "ensemble", "information", "consistency", "density", "entropy",
    "class_shares", "source_validation",
)  # fmt: skip


def report_on(
    work_dirs: Sequence[str | Path],
    options: ReportOptions = DEFAULT,
    *,
    title: str | None = None,
    device: str | None = None,
) -> Report:
    """Return what there is to show of work dirs; what is missing is told in the report.

    Args:
        work_dirs: Work dirs of ``mmda train`` and ``mmda test``, or of a table of ``ablation``,
            ``compare`` or ``demo``.
        options: What is shown.
        title: Heading; by default it names the folders.
        device: Where models run; by default the GPU where there is one.

    Raises:
        ConfigError: When a folder holds no run, or an option names none.
    """
    folders = [table_of(Path(one)) for one in work_dirs]
    runs = _of_task(find_runs(folders), options.task)
    selection = _selection(folders)
    roles = find_roles(runs, folders, options, selection)
    compared = _compared(runs, roles)
    rows = score_rows(runs, roles, row_titles(folders))
    names = {row.key: row.name for row in rows}
    report = Report(
        title=title or "Report on " + ", ".join(Path(one).absolute().name for one in work_dirs),
        subtitle=_subtitle(runs),
        rows=rows,
        nam=mean_nam(runs, roles),
    )
    if selection is None:
        folder = folders[0] if len(folders) == 1 else "WORK_DIR"
        report.missing["The choice without target labels"] = f"mmda select {folder}"
    else:
        report.choice = _choice(selection)
    _add_logs(report, compared)
    _add_configs(report, compared, names)
    ComparedModels(compared, names, options, device).add_to(report)
    return report


def _of_task(runs: Sequence[FoundRun], task: str | None) -> list[FoundRun]:
    tasks = list(dict.fromkeys(run.task for run in runs))
    if task is None and len(tasks) > 1:
        raise ConfigError(f"The table has the tasks {', '.join(tasks)}: choose one with --task.")
    if task is not None and task not in tasks:
        raise ConfigError(f"--task {task}: no such task; there are {', '.join(tasks) or 'none'}.")
    return [run for run in runs if task is None or run.task == task]


def _subtitle(runs: Sequence[FoundRun]) -> str:
    seeds = sorted({run.seed for run in runs})
    parts = [f"Task: {runs[0].task}"] if runs[0].task else []
    count = len({run.name for run in runs})
    parts.append(f"{count} run" + ("s" if count > 1 else ""))
    if len(seeds) > 1 or any(run.seed for run in runs):
        parts.append(f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}")
    return " · ".join([*parts, "all scores in percent, on target data"])


def _selection(folders: Sequence[Path]) -> Selection | None:
    """Return the newest choice that is stored in the work dirs."""
    files = [one / CHOICE for one in folders]
    there = sorted((f for f in files if f.is_file()), key=lambda file: file.stat().st_mtime)
    return Selection.read(there[-1]) if there else None


def _choice(selection: Selection) -> Choice:
    criteria = list(dict.fromkeys([selection.rule, *SHOWN]))
    models = [
        (m.name, [m.scores.get(name) for name in criteria], m.refused) for m in selection.models
    ]
    return Choice(selection.why, criteria, models, selection.disagreements)


def _compared(runs: Sequence[FoundRun], roles: dict[str, str]) -> dict[str, FoundRun]:
    """Return the runs that are compared, by the key of their row: of the first seed of all."""
    if not {SOURCE_ONLY, ADAPTED} & set(roles):
        names = list(dict.fromkeys(run.name for run in runs))[:MOST]
        roles = {name: name for name in names}
    seeds = [{run.seed for run in runs if run.name == name} for name in roles.values()]
    common = set.intersection(*seeds) or {min(one) for one in seeds}
    return {
        key: next(run for run in runs if run.name == name and run.seed in common)
        for key, name in roles.items()
        if any(run.name == name and run.seed in common for run in runs)
    }


def _add_logs(report: Report, compared: dict[str, FoundRun]) -> None:
    curves = {key: losses_and_scores(logged(run.folder)) for key, run in compared.items()}
    report.losses = {key: losses for key, (losses, _) in curves.items() if losses}
    report.metrics = {key: scores for key, (_, scores) in curves.items() if scores}
    if not report.losses:
        report.missing["Losses"] = "logs of a training: give its work dir, too"
    if not report.metrics:
        report.missing["Scores during the training"] = (
            "two validations or more: --cfg-options train_cfg.val_interval=N"
        )
    report.environment = {
        key: facts for key, run in compared.items() if (facts := environment(run))
    }


def _add_configs(report: Report, compared: dict[str, FoundRun], names: dict[str, str]) -> None:
    configs = {names[key]: run.config for key, run in compared.items() if run.config is not None}
    if not configs:
        report.missing["The data, and how the configs differ"] = (
            "the config (.py) beside the checkpoints, which `mmda train` writes there"
        )
        return
    report.compared, report.differences = list(configs), differences(configs)
    adapted = compared.get(ADAPTED) or next(iter(compared.values()))
    first = adapted.config or next(iter(configs.values()))
    report.domains, report.parameters = domains(first), toy_parameters(first)
    if not report.domains:
        report.missing["The data"] = "the tiled datasets in the folders that the config names"
