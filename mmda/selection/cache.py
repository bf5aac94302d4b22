"""A checkpoint's statistics, computed once and kept in files beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.engine.inference import load_model
from mmda.engine.unlabelled_data import evaluation_pipeline
from mmda.models.segmentors import UDASegmentor
from mmda.selection.candidates import CACHE
from mmda.selection.collect import collect
from mmda.selection.datasets import source_dataset, target_dataset
from mmda.selection.identity import Tiles, file_digest, text_digest
from mmda.selection.options import SelectOptions
from mmda.selection.views import VIEWS

FORMAT = 2  # of what is kept; a change of views or statistics needs another number


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
        tiles = Tiles.of(target)
        path = self._path(checkpoint, config, tiles, source)
        if not path.is_file():
            model = load() if load else load_model(config, checkpoint, self.device)
            replace(collect(model, target, source, self.options), target=tiles).save(path)
        return path

    def target(self, config: Config) -> Tiles:
        """Return the target tiles that models of a config are measured on.

        Raises:
            MMDAError: When they cannot be opened.
        """
        return Tiles.of(target_dataset(config, self.data, self.options.split))

    def _path(self, checkpoint: Path, config: Config, target: Tiles, source: Any) -> Path:
        options = self.options
        key = text_digest(
            {
                "format": FORMAT,
                "checkpoint": file_digest(checkpoint),
                "views": list(VIEWS),
                "settings": [options.tiles, options.pixels, options.seed],
                "network": config.model.to_dict(),
                "pipeline": list(evaluation_pipeline(config)),
                "target": target.digest,
                "source": None if source is None else Tiles.of(source).digest,
            }
        )
        return checkpoint.parent / CACHE / f"{checkpoint.stem}-{key[:16]}.npz"
