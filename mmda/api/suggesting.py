"""Which tiles to label next in Python: what ``mmda suggest`` calls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmda.suggestion.options import SuggestOptions

if TYPE_CHECKING:
    from mmengine.config import Config

    from mmda.suggestion.suggest import Suggestions

DEFAULT = SuggestOptions()


def suggest(
    checkpoint: str | Path,
    out: str | Path,
    data: str | Path | None = None,
    options: SuggestOptions = DEFAULT,
    *,
    config: str | Path | Config | None = None,
    device: str | None = None,
    trust: bool = False,
    cfg_options: Mapping[str, Any] | None = None,
) -> Suggestions:
    """Write which tiles of an unlabelled target to label next: diverse, uncertain ones.

    Each tile has a feature, the mean over its pixels with data of the backbone's last feature map,
    and an uncertainty, the mean entropy of their predictions. The tiles are picked one after the
    other by :func:`~mmda.suggestion.picking.pick`, a greedy k-center weighted by the uncertainty.
    Tiles without data are never suggested. Equal input gives equal suggestions.

    Args:
        checkpoint: The model.
        out: The GeoPackage to write, with a polygon and the attributes of a
            :class:`~mmda.suggestion.suggest.SuggestedTile` per tile.
        data: Folder of the tiled target, whose labels are not read; by default the config's target.
        options: How many, and of which split.
        config: Config of the model; by default the one beside the checkpoint.
        device: ``cpu``, ``cuda``, ...; by default the GPU where there is one.
        trust: Whether the checkpoint may run code while it is read.
        cfg_options: Overrides of the config by dotted key.

    Returns:
        The file and the tiles in it; fewer than asked for where the target has no more.

    Raises:
        ConfigError: When the config, the checkpoint or an option does not fit, or nothing names the
            target.
        DataError: When the target is missing, or no tile is left that holds data.

    Example:
        >>> from mmda import SuggestOptions, suggest
        >>> options = SuggestOptions(count=2, progress=False)
        >>> found = suggest("iter_60.pth", "next.gpkg", "tiles/target", options, device="cpu")
        >>> [tile.rank for tile in found.tiles], found.candidates
        ([1, 2], 4)
    """
    from mmda.engine.checkpoint import config_beside
    from mmda.engine.checkpoint_loader import trusted_checkpoints
    from mmda.engine.launch import load_config
    from mmda.suggestion.suggest import suggest_tiles

    own = config_beside(checkpoint) if config is None else config
    loaded = load_config(own, dict(cfg_options or {}))
    with trusted_checkpoints(trust):
        return suggest_tiles(loaded, checkpoint, Path(out), data, options, device)
