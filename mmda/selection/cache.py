"""A checkpoint's statistics, computed once and kept in files beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmda.engine.inference import load_trained
from mmda.engine.judged_tiles import open_tiles
from mmda.models.segmentors import UDASegmentor
from mmda.selection.candidates import CACHE
from mmda.selection.collect import collect
from mmda.selection.datasets import source_tiles, target_tiles
from mmda.selection.identity import Tiles, text_digest, weights_digest
from mmda.selection.options import SelectOptions
from mmda.selection.views import VIEWS

FORMAT = 2  # of what is kept; a change of views or statistics needs another number
ADAPTED = "adapted_batch_norm"  # in a checkpoint's meta
Loader = Callable[[], tuple[UDASegmentor, Mapping[str, Any]]]


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
        self._opened: dict[str, Any] = {}

    def measure(self, checkpoint: Path, config: Config, load: Loader | None = None) -> Path:
        """Return the file of a checkpoint's statistics, which is written if it is not there.

        Args:
            checkpoint: The checkpoint.
            config: The config that it was trained with.
            load: Returns its model in evaluation mode and its ``meta``; by default they are read
                from the file.

        Raises:
            MMDAError: When the checkpoint or the tiles cannot be used.
        """
        target = target_tiles(config, self.data, self.options.split)
        source = source_tiles(config)
        path = self._path(checkpoint, config, target, source)
        if not path.is_file():
            load = load or (lambda: load_trained(config, checkpoint, self.device))
            model, meta = load()
            opened = None if source is None else self._open(source)
            statistics = collect(model, self._open(target), opened, self.options)
            adapted = bool(meta.get(ADAPTED))
            replace(statistics, target=self._tiles(target), adapted=adapted).save(path)
        return path

    def target(self, config: Config) -> Tiles:
        """Return the target tiles that models of a config are measured on.

        Raises:
            MMDAError: When they cannot be opened.
        """
        return self._tiles(target_tiles(config, self.data, self.options.split))

    def _path(self, checkpoint: Path, config: Config, target: dict, source: dict | None) -> Path:
        options = self.options
        key = text_digest(
            {
                "format": FORMAT,
                "checkpoint": weights_digest(checkpoint),
                "views": list(VIEWS),
                "settings": [options.tiles, options.pixels, options.seed],
                "network": config.model.to_dict(),
                **{
                    name: [self._tiles(one).digest, one["pipeline"]]
                    for name, one in (("target", target), ("source", source))
                    if one is not None
                },
            }
        )
        return checkpoint.parent / CACHE / f"{checkpoint.stem}-{key[:16]}.npz"

    def _tiles(self, described: dict) -> Tiles:
        return Tiles.of(self._open({**described, "pipeline": []}))

    def _open(self, described: dict) -> Any:
        """Build a dataset, once for all checkpoints, as transforms may look at all its tiles."""
        key = text_digest(described)
        if key not in self._opened:
            self._opened[key] = open_tiles(described)
        return self._opened[key]
