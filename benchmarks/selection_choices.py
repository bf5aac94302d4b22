"""What choosing without target labels gives, task by task, beside the rows of a finished table."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean

from selection_analysis import Line, chosen_line

from mmda.evaluation import nam
from mmda.selection.options import RULE

GAP = 5.0
"""Points between the bound and source only from which the share that is closed is averaged."""

Scores = dict[tuple[str, int], dict[str, float]]


def table_scores(folder: Path) -> Scores:
    """Return the mIoU of a table's finished runs by task and seed, then row."""
    found: Scores = {}
    with (folder / "runs.csv").open(encoding="utf-8", newline="") as file:
        for run in csv.DictReader(file):
            scores = found.setdefault((run["task"], int(run["seed"])), {})
            scores[run["row"]] = float(run["mIoU"])
    return found


def choices(lines: Sequence[Line], folder: Path, base: str, bound: str) -> Iterator[str]:
    """Yield the lines of a Markdown table: rows, the model that `mmda select` takes, its gain.

    Args:
        lines: What `selection.py measure` wrote; those of other tables are passed over.
        folder: The finished table.
        base: Its row source only.
        bound: Its row target only.
    """
    scores = table_scores(folder)
    rows = list(dict.fromkeys(row for found in scores.values() for row in found))
    columns = [base, *(row for row in rows if row not in (base, bound)), bound]
    yield "| task | " + " | ".join(columns) + " | chosen | which | gain | NAM |"
    yield "|---" * (len(columns) + 1) + "|---|---|---|---|"
    several = len({seed for _, seed in scores}) > 1
    gains, shares = [], []
    for (task, seed), found in scores.items():
        group = [
            line
            for line in lines
            if (line["table"], line["task"], line["seed"]) == (folder.name, task, seed)
        ]
        one = chosen_line(group, RULE)
        if one is None or base not in found or bound not in found:
            continue
        gain, share = one["target"] - found[base], nam(found[base], one["target"], found[bound])
        gains.append(gain)
        if found[bound] - found[base] >= GAP:
            shares.append(share)
        cells = [f"{found[row]:.1f}" if row in found else "-" for row in columns]
        which = f"{one['row']}, {one['checkpoint']}"
        closed = "" if math.isnan(share) else f"{share:.0f}"
        cells += [f"{one['target']:.1f}", which, f"{gain:+.1f}", closed]
        name = f"{task}, seed {seed}" if several else task
        yield f"| {name} | " + " | ".join(cells) + " |"
    if gains:
        yield ""
        yield (
            f"Gain of the choice over {base}: mean {mean(gains):+.1f}, lowest {min(gains):+.1f}, "
            f"below -1 in {sum(gain < -1 for gain in gains)} of {len(gains)} tasks. "
            f"Mean NAM of the {len(shares)} with a gap of {GAP:g} points or more: "
            + (f"{mean(shares):.0f} %." if shares else "-.")
        )
