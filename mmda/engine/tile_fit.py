"""The tiles that fit a network: large as in its training, overlapping by what it looks around."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from mmengine.config import Config

from mmda.engine.receptive_field import receptive_radius
from mmda.models.segmentors import UDASegmentor
from mmda.raster.mapping.mosaic import MARGIN
from mmda.raster.mapping.options import OVERLAP, TILE, PredictOptions

STEP = 32  # heights and widths that are multiples of it every network takes
EXACT = 0.25  # the largest overlap for a network that then maps as if it saw the whole raster


def fitted_options(
    options: PredictOptions, network: UDASegmentor, config: Config | None
) -> PredictOptions:
    """Return options of mapping with a tile and an overlap, where the user gives none.

    The tile is the training's crop, but at least 512 pixels: the fewer borders there are, the
    fewer pixels the network sees with less around them than they need. Neighbours overlap by so
    much that the margins which blending leaves out are the receptive field's radius; by an eighth
    of the tile where that is too large to matter, as in a deep network.

    Args:
        options: The options.
        network: The network in evaluation mode, on its device.
        config: What it was trained with; ``None`` when unknown.
    """
    if options.tile is None:
        step = math.lcm(STEP, network.data_preprocessor.size_divisor or 1)
        side = max([TILE, *_crops({} if config is None else config.get("train_dataloader"))])
        options = replace(options, tile=-(-side // step) * step)
    if options.overlap is None:
        options = replace(options, overlap=_overlap(network, options.side))
    return options


def _crops(part: Any) -> list[int]:
    """Return the sides of the crops in a config's part."""
    if isinstance(part, dict):
        own = part.get("crop_size", ()) if part.get("type") == "RandomCrop" else ()
        sides = [own] if isinstance(own, int) else list(own)
        return sides + [side for value in part.values() for side in _crops(value)]
    if isinstance(part, (list, tuple)):
        return [side for value in part for side in _crops(value)]
    return []


def _overlap(network: UDASegmentor, tile: int) -> float:
    """Return the share of a tile that neighbours have in common."""
    radius = receptive_radius(network, -(-min(tile, TILE) // STEP) * STEP)
    if radius is None:
        return OVERLAP
    exact = math.ceil(radius / MARGIN / STEP) * STEP  # tiles begin where a network's steps do
    return exact / tile if exact <= EXACT * tile else OVERLAP
