"""A comparison: a pair's configs, the description of a table, and its trainings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.ablation import Table, read_table
from mmda.ablation.configs import flat, read_config
from mmda.compare.configs import comparison_configs
from mmda.compare.rows import BOUND, SOURCE, rows
from mmda.engine.packaged_weights import SCHEME, packaged_weights
from mmda.errors import ConfigError
from mmda.pairing import PairOptions, make_pair
from mmda.pairing.code import assignments
from mmda.pairing.config_files import PairPart
from mmda.pairing.recipes import Recipe
from mmda.utils.names import comment
from mmda.utils.shipped_configs import config_file

DESCRIPTION = "compare.py"
SEEDS = [0, 1, 2]


@dataclass(frozen=True)
class Comparison:
    """What is compared.

    Attributes:
        table: The table, whose description is ``compare.py`` in its folder.
        record: What pairing the domains found, the content of ``pair.json``.
        scored: Whether the target has labels to score the rows by.
    """

    table: Table
    record: Mapping[str, Any]
    scored: bool

    def check(self) -> None:
        """Check that the weights that the network starts from are installed.

        Raises:
            ConfigError: When their package is missing.
        """
        config = read_config(self.table.rows[SOURCE].configs[""], None)
        for key, value in flat(config.model.to_dict()):
            if key.endswith("checkpoint") and str(value).startswith(f"{SCHEME}://"):
                packaged_weights(value.removeprefix(f"{SCHEME}://"))


def prepare(
    source: str | Path,
    target: str | Path,
    folder: str | Path,
    options: PairOptions,
    iterations: int,
) -> Comparison:
    """Write the configs of a comparison and the description of its table.

    Args:
        source: Folder of the labelled tiled dataset.
        target: Folder of the other tiled dataset. Its labels, where there are any, score the rows
            and train the row ``target_only``; no other row sees them.
        folder: Where all goes. ``mmda ablation FOLDER/compare.py`` trains the table, too.
        options: How the domains are paired, and the network.
        iterations: Length of each training.

    Raises:
        DataError: When a dataset is missing or has nothing to train on, or the bands differ.
        ConfigError: When an option does not fit, or ``folder`` holds configs of other data.
    """
    if options.preset is not None:
        raise ConfigError("A comparison has no presets: give the folders and a network.")

    def texts(pair: PairPart, recipe: Recipe) -> dict[str, str]:
        _check_length(recipe, iterations)
        own = _description(pair, recipe, iterations)
        return {**comparison_configs(pair, recipe), DESCRIPTION: own}

    record = make_pair(source, target, folder, options, texts)
    table = read_table(Path(folder) / DESCRIPTION)
    return Comparison(table, record, record["splits"]["test"] is not None)


def _check_length(recipe: Recipe, iterations: int) -> None:
    """Raise an error unless the trainings are longer than the warm-up of the learning rate."""
    schedule = Config.fromfile(config_file(f"mmda::_base_/{recipe.bases[-1]}"))
    warm_up, usual = schedule.param_scheduler[0].end, schedule.max_iters
    if iterations <= warm_up:
        raise ConfigError(
            f"{iterations} iterations are too few for this network, whose learning rate rises for "
            f"{warm_up}. Its schedule is made for {usual}: give --iterations {usual}."
        )


def _description(pair: PairPart, recipe: Recipe, iterations: int) -> str:
    lengths = ("train_cfg.max_iters", "train_cfg.val_interval", "param_scheduler.1.end")
    foreground = pair.classes[1:] if len(pair.classes) == 2 else pair.classes
    columns: list[Any] = ["mIoU", *(f"IoU/{name}" for name in foreground)]
    bounds = {"source_only": SOURCE, "target_only": BOUND} if pair.bound else {}
    values = {
        "title": pair.title[0].partition(". Written")[0],
        "notes": [
            f"All rows have one network and {iterations} iterations. All have one augmentation of "
            "the source and the source's normalisation but the plain one, which has no "
            "augmentation, and the self-training recipe, which has its own of both.",
        ],
        "seeds": SEEDS,
        **bounds,
        "overrides": dict.fromkeys(lengths, iterations),
        "columns": [
            *columns,
            {"metric": "mIoU", "minus": SOURCE, "title": "gain"},
            *(["NAM"] if bounds else []),
        ],
        "rows": rows(pair, recipe, iterations),
    }
    return "".join(f"{comment(line)}\n" for line in pair.title) + assignments(values)
