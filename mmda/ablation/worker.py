"""One run in a process of its own: train and test through mmda's Python API."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

import mmda
from mmda.ablation.run import CONFIG_FILE, RESULT_FILE, RUN_FILE, TRAIN, TRANSLATED
from mmda.errors import MMDAError
from mmda.utils import atomic_write_text
from mmda.utils.processes import end_with_parent


def work(folder: Path) -> None:
    """Train, test and write the result; a training goes on from its newest checkpoint.

    A CycleGAN is not tested. Where rows are ``translated_by`` it, it translates the source's tiles,
    in place of which these rows are trained on the copy.

    Args:
        folder: The run's folder, see :meth:`mmda.ablation.run.Run.prepare`.

    Raises:
        MMDAError: When the config, the data or a checkpoint does not fit.
    """
    from mmda.engine.launch import load_config

    start = time.time()
    config = load_config(folder / CONFIG_FILE)
    checkpoint = folder / TRAIN / f"iter_{config.train_cfg.max_iters}.pth"
    if not checkpoint.is_file():
        mmda.train(config, work_dir=folder / TRAIN, resume=True)
    made = json.loads((folder / RUN_FILE).read_text(encoding="utf-8"))
    if made["translates"]:
        _translate_source(config, checkpoint, folder)
    result = {
        "fingerprint": made["fingerprint"],
        "scores": _scores(config, checkpoint, folder),
        "seconds": round(time.time() - start, 1),
        "mmda": mmda.__version__,
    }
    atomic_write_text(folder / RESULT_FILE, json.dumps(result, indent=2) + "\n")


def _translate_source(config: Config, checkpoint: Path, folder: Path) -> None:
    """Write the source's tiles in the target's look; what is there already is not made again."""
    from mmda.style.translate import TranslatedCopy
    from mmda.style.translators import NetworkTranslator

    source = config.train_dataloader.dataset.source.data_root
    translator = NetworkTranslator(str(folder / CONFIG_FILE), str(checkpoint))
    TranslatedCopy(source, folder / TRANSLATED, translator, progress=False).write()


def _scores(config: Config, checkpoint: Path, folder: Path) -> dict[str, float]:
    """Test a model and return its scores; none where the target has no labels."""
    if not config.get("test_dataloader"):
        return {}
    mmda.test(config, checkpoint, work_dir=folder / "test").write(folder / "scores.json")
    return json.loads((folder / "scores.json").read_text(encoding="utf-8"))


def _main(argv: Sequence[str]) -> int:
    folder, parent = argv
    end_with_parent(int(parent))
    try:
        work(Path(folder))
    except MMDAError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
