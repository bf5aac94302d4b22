"""How well criteria without target labels choose among the trained models of finished tables.

`measure` tests every checkpoint of tables of `mmda ablation` on the target's labels, computes all
criteria without them, and writes one line per checkpoint. `analyse` compares the two: per criterion
the Spearman correlation with the true score and the points lost by its choice. `choices` writes a
table's rows beside what `mmda select` chooses, task by task.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import mmda
from mmda.selection import CRITERIA
from mmda.selection.identity import weights_digest
from mmda.selection.options import ENSEMBLE, RANK
from mmda.utils.files import atomic_path, atomic_write_text

KEYS = ("table", "task", "row", "seed", "iteration", "checkpoint")
SCORES = ("target", "source_validation")
COLUMNS = (*KEYS, *SCORES, "refused", *CRITERIA, ENSEMBLE, RANK)
BOUNDS = ("target_only", "target_only_bn")


def measure(folders: list[Path], out: Path, options: mmda.SelectOptions) -> int:
    """Write a line per checkpoint of all finished groups; return the number of lines.

    A group is what a user would choose from: all rows of one task and seed. Scores and criteria are
    kept beside the checkpoints, so a second call computes only what is new.
    """
    lines = [line for folder in _tables(folders) for line in _measured(folder, options)]
    with atomic_path(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    return len(lines)


def _tables(folders: list[Path]) -> list[Path]:
    found = [folder.resolve() for folder in folders]
    if len({folder.name for folder in found}) < len(found):
        raise mmda.ConfigError("Two tables lie in folders of one name, by which lines name them.")
    return found


def _measured(folder: Path, options: mmda.SelectOptions) -> Iterator[dict[str, object]]:
    for key, runs in sorted(groups(folder).items()):
        try:
            selection = mmda.select([run / "train" for run in runs], options=options)
            yield from [
                {**_named(folder, model.checkpoint), **_values(model)} for model in selection.models
            ]
        except mmda.ConfigError as error:  # every model has failed, or the target has no labels
            print(f"{folder.name} {key} is left out: {error}", flush=True)
            continue
        for warning in selection.warnings:
            print(f"{folder.name} {key}: {warning}", flush=True)
        print(f"{folder.name} {key}: {len(selection.models)} models", flush=True)


def groups(folder: Path) -> dict[str, list[Path]]:
    """Return the finished runs of a table by task and seed, where none of its rows is missing.

    The bounds, which are trained on the target's labels, are none of them.
    """
    found: dict[str, list[Path]] = {}
    rows = [row for row in sorted((folder / "runs").iterdir()) if row.name not in BOUNDS]
    for row in rows:
        for result in sorted(row.rglob("result.json")):
            run = result.parent
            found.setdefault(str(run.relative_to(row)), []).append(run)
    return {key: runs for key, runs in found.items() if len(runs) == len(rows)}


def _named(folder: Path, checkpoint: Path) -> dict[str, object]:
    row, *task, seed = checkpoint.parent.parent.relative_to(folder / "runs").parts
    iteration = re.search(r"iter_(\d+)", checkpoint.stem)
    return {
        "table": folder.name,
        "task": "/".join(task),
        "row": row,
        "seed": int(seed.removeprefix("seed")),
        "iteration": int(iteration[1]) if iteration else 0,
        "checkpoint": checkpoint.stem,
    }


def _values(model: mmda.ScoredModel) -> dict[str, object]:
    scores = {k: "" if math.isnan(v) else f"{v:.5g}" for k, v in model.scores.items()}
    return {**scores, "target": f"{true_score(model):.5g}", "refused": int(bool(model.refused))}


def true_score(model: mmda.ScoredModel) -> float:
    """Return a checkpoint's mIoU on the target's test tiles, which is kept in its run's folder."""
    run = model.checkpoint.parent.parent
    digest = weights_digest(model.checkpoint)[:16]  # another training in this folder has another
    kept = run / f"test-{model.checkpoint.stem}-{digest}.json"
    if not kept.is_file():
        config = run / "config.py"
        mmda.test(config, model.checkpoint, work_dir=run / "test").write(kept)
    return float(json.loads(kept.read_text(encoding="utf-8"))["mIoU"])


def main() -> None:
    """Measure tables, analyse what was measured, or show what is chosen."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    first = commands.add_parser("measure", help="write a line per checkpoint")
    first.add_argument("tables", nargs="+", type=Path, help="folders of finished tables")
    first.add_argument("--split", help="target tiles of the criteria; val")
    second = commands.add_parser("analyse", help="write the table of criteria")
    second.add_argument("--out", type=Path, help="Markdown file; else it is printed")
    second.add_argument("--base", nargs="+", help="names of source-only rows; source_only, strong")
    third = commands.add_parser("choices", help="write the rows and the choice of each task")
    third.add_argument("table", type=Path, help="folder of a finished and measured table")
    third.add_argument("--base", default="source_only", help="its row source only")
    third.add_argument("--bound", default="target_only", help="its row target only")
    for command in (first, second, third):
        command.add_argument("--csv", type=Path, default=Path(__file__).with_suffix(".csv"))
    args = parser.parse_args()
    if args.command == "measure":
        options = mmda.SelectOptions(split=args.split, progress=False)
        print(f"{measure(args.tables, args.csv, options)} lines in {args.csv}")
        return
    from selection_analysis import BASES, analyse, read
    from selection_choices import choices

    if args.command == "choices":
        print("\n".join(choices(read(args.csv), args.table.resolve(), args.base, args.bound)))
        return
    text = "\n".join(analyse(read(args.csv), args.base or BASES))
    atomic_write_text(args.out, text + "\n") if args.out else print(text)


if __name__ == "__main__":
    main()
