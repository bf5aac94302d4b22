"""A checkpoint's statistics, computed once and kept in files beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.engine.inference import load_model
from mmda.engine.unlabelled_data import evaluation_pipeline
from mmda.models.segmentors import UDASegmentor
from mmda.raster.dataset.manifest import MANIFEST
from mmda.selection.candidates import CACHE
from mmda.selection.collect import collect
from mmda.selection.datasets import source_dataset, target_dataset
from mmda.selection.options import SelectOptions
from mmda.selection.views import VIEWS

FORMAT = 1  # of what is kept; a change of views or statistics needs another number
BLOCK = 1 << 22  # bytes


class Measurer:
    """Measures checkpoints on the tiles of a target, each once.

    Args:
        data: Folder of the tiled target; by default that of each checkpoint's config.
        options: Which tiles and pixels.
        device: Where networks run; by default the GPU where there is one.
    """

    def __init__(
        self, data: Path | None, options: SelectOptions, device: str | None = None
    ) -> None:
        self.data, self.options, self.device = data, options, device

    def measure(
        self,
        checkpoint: Path,
        config: Config,
        load: Callable[[], UDASegmentor] | None = None,
    ) -> Path:
        """Return the file of a checkpoint's statistics, which is written if it is not there.

        Args:
            checkpoint: The checkpoint.
            config: The config that it was trained with.
            load: Returns its model in evaluation mode; by default it is read from the file.

        Raises:
            MMDAError: When the checkpoint or the tiles cannot be used.
        """
        target = target_dataset(config, self.data, self.options.split)
        source = source_dataset(config)
        path = self._path(checkpoint, config, target, source)
        if not path.is_file():
            model = load() if load else load_model(config, checkpoint, self.device)
            collect(model, target, source, self.options).save(path)
        return path

    def _path(self, checkpoint: Path, config: Config, target: Any, source: Any) -> Path:
        options = self.options
        described = {
            "format": FORMAT,
            "views": list(VIEWS),
            "settings": [options.tiles, options.pixels, options.seed],
            "network": config.model.to_dict(),
            "pipeline": list(evaluation_pipeline(config)),
            "target": _identity(target),
            "source": None if source is None else _identity(source),
        }
        key = hashlib.blake2b(json.dumps(described, sort_keys=True, default=str).encode())
        key.update(file_digest(checkpoint).encode())
        name = f"{checkpoint.stem}-{key.hexdigest()[:16]}.npz"
        return checkpoint.parent / CACHE / name


def file_digest(path: Path) -> str:
    """Return a digest of a file's content."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _identity(dataset: Any) -> list[str]:
    """Return what tells a dataset from others: its manifest, its split and its tiles."""
    rows = [str(dataset.get_data_info(index)["tile"]) for index in range(len(dataset))]
    own = hashlib.blake2b(" ".join(rows).encode(), digest_size=16).hexdigest()
    return [file_digest(dataset.tiles.root / MANIFEST), dataset.split, own]
