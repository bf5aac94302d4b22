"""Adapting trained models to a target in Python: what ``mmda adapt-bn`` calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmda.raster.mapping.options import PredictOptions

if TYPE_CHECKING:
    from mmengine.config import Config

DEFAULT = PredictOptions()


@dataclass(frozen=True)
class BatchNormResult:
    """A model whose batch norm has the target's statistics.

    Attributes:
        checkpoint: The adapted model; ``test``, ``predict`` and all others take it.
        layers: Number of batch-norm layers with new statistics.
        tiles: Number of tiles that they were estimated on.
        pixels: Number of their pixels that counted.
        shift: How far the layers' means have moved, in the source's standard deviations.
        entropy: Mean entropy of the predictions in nats before each step of Tent; it falls to 0
            where a model gives all pixels one class.
        warnings: What looks wrong about the target's rasters, in sentences.
    """

    checkpoint: Path
    layers: int
    tiles: int
    pixels: int
    shift: float
    entropy: Sequence[float]
    warnings: Sequence[str]


def adapt_bn(
    config: str | Path | Config,
    checkpoint: str | Path,
    out: str | Path | None = None,
    *,
    data: str | Path | None = None,
    split: str | None = None,
    images: str | Path | Sequence[str | Path] = (),
    blend: float = 0.0,
    passes: int = 1,
    tent: int = 0,
    lr: float = 1e-3,
    options: PredictOptions = DEFAULT,
    workers: int = 0,
    device: str | None = None,
    trust: bool = False,
    cfg_options: Mapping[str, Any] | None = None,
) -> BatchNormResult:
    """Estimate a model's batch-norm statistics anew on an unlabelled target (AdaBN).

    The weights are not touched, but by ``tent``. Mean and variance are those of all pixels with
    data; see :func:`~mmda.models.batch_norm.adapt_statistics`.

    Args:
        config: The config that the model was trained with.
        checkpoint: Its weights.
        out: The file to write, which ends in ``.pth``; ``<checkpoint>_adabn.pth`` (or
            ``_tent.pth``) by default.
        data: Folder of a tiled dataset of the target, whose labels are not read; by default the
            config's target.
        split: Its split; that of the config, or ``train``.
        images: A raster of the target, or several, in place of a dataset.
        blend: Share of the source's statistics that is kept, in [0, 1].
        passes: Number of passes over the target. With more of them, the result depends less on how
            the target is divided into batches.
        tent: Number of steps of entropy minimisation on batches of the target that are taken before
            (:class:`~mmda.models.batch_norm.Tent`); they change batch norm's scales and shifts.
        lr: Learning rate of these steps.
        options: How rasters are read; its ``batch_size`` and ``progress`` hold for tiles, too.
        workers: Number of processes that load tiles.
        device: ``cpu``, ``cuda``, ...; by default the GPU where there is one.
        trust: Whether the checkpoint may run code while it is read.
        cfg_options: Overrides of the config by dotted key.

    Returns:
        The new checkpoint, and how far the domains differ.

    Raises:
        ConfigError: When the model has no batch norm, or the config, the checkpoint or an option
            does not fit.
        DataError: When the target is missing, does not fit the model or holds no data.

    Example:
        >>> from mmda import adapt_bn, predict, load_model
        >>> adapted = adapt_bn("config.py", "iter_60.pth", images="scene.tif")
        >>> adapted.checkpoint.name, adapted.tiles
        ('iter_60_adabn.pth', 1)
        >>> model = load_model("config.py", adapted.checkpoint, device="cpu")
    """
    from mmda.adaptation.batch_norm import adapt_checkpoint
    from mmda.engine.checkpoint_loader import trusted_checkpoints

    with trusted_checkpoints(trust):
        path, adapted, entropy, warnings = adapt_checkpoint(
            config,
            checkpoint,
            out,
            data=data,
            split=split,
            images=[images] if isinstance(images, (str, Path)) else images,
            blend=blend,
            passes=passes,
            tent=tent,
            lr=lr,
            options=options,
            workers=workers,
            device=device,
            cfg_options=dict(cfg_options or {}),
        )
    return BatchNormResult(
        path, adapted.layers, adapted.images, adapted.pixels, adapted.shift, entropy, warnings
    )
