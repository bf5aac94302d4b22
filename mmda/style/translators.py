"""Translators of a dataset's images: one interface for CycleGAN and the transforms.

A translator is called with an image (H, W, B), its tile's id and a mask of the pixels that count,
and returns an image of the same shape and type. It may be called from several threads. Its result
depends on the three alone, so that an interrupted translation can be continued.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mmda.errors import ConfigError, check_choice
from mmda.raster.dataset.manifest import MANIFEST

METHODS = ("histogram", "mean_std", "lab", "pca", "fda", "tile_histogram")
_BY_TILE = {"fda": "fda", "tile_histogram": "histogram"}


class Translator(Protocol):
    """Translates images.

    Attributes:
        description: All that its results depend on, as values for JSON.
    """

    description: dict[str, Any]

    def __call__(self, image: np.ndarray, tile: str, valid: np.ndarray | None = None) -> np.ndarray:
        """Return an image in the other domain's look.

        Args:
            image: (H, W, B), with the values of the nearest valid pixels where it has no data.
            tile: The tile's id.
            valid: Which pixels count in statistics, (H, W) bool; None for all.
        """
        ...


class DomainTranslator:
    """Maps the pixel values of a whole domain to another's, see ``MatchDomain``.

    Args:
        method: ``'histogram'``, ``'mean_std'``, ``'lab'`` or ``'pca'``.
        source: Folder of the tiled dataset that is translated.
        target: Folder of the tiled dataset whose look it takes.
        white: Value of full brightness, for ``lab``; by default 255 for uint8.
    """

    def __init__(self, method: str, source: str, target: str, white: float | None = None) -> None:
        from mmda.datasets.transforms import MatchDomain

        self.match = MatchDomain(source, target, method, white=white)
        self.description = {"method": method, "target": _dataset(target), "white": white}

    def __call__(self, image: np.ndarray, tile: str, valid: np.ndarray | None = None) -> np.ndarray:
        """Return ``image`` (H, W, B) in the other domain's look."""
        return self.match.match(image)


class TileTranslator:
    """Gives each tile the look of one target tile, see ``MatchTile``.

    Args:
        method: ``'fda'`` or ``'tile_histogram'``.
        target: Folder of the tiled dataset from which target tiles are drawn.
        beta: Size of the window of ``fda``.
        seed: Determines, together with the tile's id, which target tile is drawn.
    """

    def __init__(self, method: str, target: str, beta: float = 0.01, seed: int = 0) -> None:
        from mmda.datasets.transforms import MatchTile

        self.match = MatchTile(target, _BY_TILE[method], beta)
        self.seed = seed
        self.description = {
            "method": method,
            "target": _dataset(target),
            "beta": beta,
            "seed": seed,
        }

    def __call__(self, image: np.ndarray, tile: str, valid: np.ndarray | None = None) -> np.ndarray:
        """Return ``image`` (H, W, B) in the other domain's look."""
        generator = np.random.default_rng([self.seed, zlib.crc32(tile.encode())])
        return self.match.match(image, int(generator.integers(len(self.match))), valid)


class NetworkTranslator:
    """Translates with a trained CycleGAN.

    Args:
        config: Config that it was trained with.
        checkpoint: Its checkpoint.
        look: Domain whose look images get: ``'target'``, or ``'source'`` for the reverse direction.
        device: ``'cuda'``, ``'cpu'``, ...; by default the GPU if there is one.
        cfg_options: Overrides of the config.

    Raises:
        ConfigError: When the config's model is not a CycleGAN, or the checkpoint does not fit.
    """

    def __init__(
        self,
        config: str,
        checkpoint: str,
        look: str = "target",
        device: str | None = None,
        cfg_options: Mapping[str, Any] | None = None,
    ) -> None:
        import torch

        from mmda.engine.inference import load_model
        from mmda.models.cyclegan.cyclegan import OTHER, CycleGAN

        model: Any = load_model(config, checkpoint, device, dict(cfg_options or {}))
        if not isinstance(model, CycleGAN):
            raise ConfigError(
                f"The model of the config `{config}` is a {type(model).__name__}, but a CycleGAN "
                "is needed; see the folder `configs/style`."
            )
        if "generators" not in model.loaded:
            raise ConfigError(
                f"The checkpoint `{checkpoint}` has no CycleGAN, only a segmentor. Give one that "
                f"a training with `{config}` wrote."
            )
        torch.backends.cudnn.deterministic = True  # so that a resumed translation is the same
        self.device = next(model.parameters()).device
        self.generator = model.generators[look]
        self.before = model.data_preprocessor.statistics(OTHER[look])
        self.after = model.data_preprocessor.statistics(look)
        self.description = {
            "method": "cyclegan",
            "config": str(config),
            "checkpoint": str(checkpoint),
            "checkpoint_crc32": zlib.crc32(Path(checkpoint).read_bytes()),
            "look": look,
        }

    def __call__(self, image: np.ndarray, tile: str, valid: np.ndarray | None = None) -> np.ndarray:
        """Return ``image`` (H, W, B) in the other domain's look.

        Raises:
            ConfigError: When the image has another number of bands than those in training.
        """
        import torch

        from mmda.datasets.colour_maps import to_type

        (mean, std), (new_mean, new_std) = self.before, self.after
        if image.shape[2] != len(mean):
            raise ConfigError(
                f"The tile `{tile}` has {image.shape[2]} bands, but the CycleGAN was trained on "
                f"{len(mean)}."
            )
        with torch.inference_mode():
            pixels = torch.from_numpy(np.moveaxis(image.astype(np.float32), -1, 0).copy())
            made = self.generator(((pixels.to(self.device) - mean) / std)[None])[0]
            values = (made * new_std + new_mean).cpu().numpy()
        return to_type(np.moveaxis(values, 0, -1), image.dtype)


def training_free(
    method: str,
    source: str,
    target: str,
    beta: float = 0.01,
    seed: int = 0,
    white: float | None = None,
) -> Translator:
    """Return the translator of a method that needs no training.

    Args:
        method: One of ``METHODS``.
        source: Folder of the tiled dataset that is translated.
        target: Folder of the tiled dataset whose look it takes.
        beta: See :class:`TileTranslator`.
        seed: See :class:`TileTranslator`.
        white: See :class:`DomainTranslator`.

    Raises:
        ConfigError: When the method is unknown.
    """
    check_choice("method", method, METHODS)
    if method in _BY_TILE:
        return TileTranslator(method, target, beta, seed)
    return DomainTranslator(method, source, target, white)


def _dataset(root: str) -> dict[str, Any]:
    """Return what identifies a tiled dataset in its present state."""
    return {
        "root": str(Path(root).resolve()),
        "manifest_crc32": zlib.crc32((Path(root) / MANIFEST).read_bytes()),
    }
