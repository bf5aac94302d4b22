"""Train the runs of a table in this process: for many small ones `mmda ablation` takes too long.

A finished run is not repeated, and a begun one goes on.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mmda.ablation import read_table
from mmda.ablation.data import make_data
from mmda.ablation.experiment import Experiment
from mmda.ablation.worker import work
from mmda.utils.locks import locked


def main() -> None:
    """Train and test what is missing, task by task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", default="mmda::ablation/selection.py")
    parser.add_argument("--work-dir", type=Path, default=Path("work_dirs/selection"))
    parser.add_argument("--data-dir", type=Path, default=Path("work_dirs/toy_cities"))
    args = parser.parse_args()
    table = read_table(args.table)
    with locked(args.work_dir / ".lock"):
        for name, task in table.tasks.items():
            one = table.model_copy(update={"tasks": {name: task}})
            make_data(one, table.seeds, args.data_dir)
            experiment = Experiment(one, args.work_dir, args.data_dir, table.seeds)
            for run in experiment.plan():
                if run.result() is None:
                    run.prepare()
                    print(f"{run.name} (process {os.getpid()})", flush=True)
                    work(run.folder)


if __name__ == "__main__":
    main()
