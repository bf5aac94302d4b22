"""What a patch-level alignment sees in patches of both domains (Tsai et al. 2019, Fig. 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mmda.errors import ConfigError
from mmda.models.alignments import DomainBatch, PatchAlignment, evaluating
from mmda.models.patches import NO_MODE
from mmda.models.segmentors import UDASegmentor
from mmda.report.pictures import Palette, Picture
from mmda.visualisation.domains import ShownImage, run_pair
from mmda.visualisation.drawing import paint, picture_grid
from mmda.visualisation.patch_modes import cut_patch
from mmda.visualisation.tsne import Pair, Points


@dataclass(frozen=True)
class SeenPatches:
    """The patches of one image.

    Attributes:
        size: Height and width of the grid of patches in pixels: the image's with its padding.
        vectors: F, the categoriser's softmax vectors, (U, V, K) float32.
        modes: Mode of each patch, (U, V) int64: in the source that of its label, in the target the
            most probable one; ``NO_MODE`` where too little of the patch counts.
        predicted: Predicted class ids, (H, W) uint8.
    """

    size: tuple[int, int]
    vectors: np.ndarray
    modes: np.ndarray
    predicted: Picture


def patch_alignment(model: UDASegmentor) -> PatchAlignment:
    """Return a model's patch-level alignment.

    Raises:
        ConfigError: When it has none.
    """
    found = [one for one in model.alignments.values() if isinstance(one, PatchAlignment)]
    if not found:
        raise ConfigError(
            f"The model's alignments are {sorted(model.alignments) or 'none'}, and none of them is "
            "a PatchAlignment, so it tells no modes of patches. For a model without adaptation, "
            "train one with `weights=dict(adv=0)`."
        )
    return found[0]


def see_patches(model: UDASegmentor, pair: Pair) -> dict[str, SeenPatches]:
    """Return the patches of an image of each domain."""
    alignment = patch_alignment(model)
    batches = run_pair(model, *pair)
    with torch.no_grad(), evaluating(model):
        return {
            domain: _seen(alignment, batch, shown, domain)
            for (domain, batch), shown in zip(batches.items(), pair, strict=True)
        }


def _seen(
    alignment: PatchAlignment, batch: DomainBatch, shown: ShownImage, domain: str
) -> SeenPatches:
    logits = alignment.mode_logits(batch)
    if domain == "source":
        modes = alignment.modes(batch.labels())
    else:
        counted = alignment.counted(batch)
        modes = logits.argmax(1)
        modes = modes if counted is None else modes.where(counted, NO_MODE)
    height, width = shown.size
    predicted = batch.probabilities()[0, :, :height, :width].argmax(0).byte()
    vectors = logits.softmax(1)[0].movedim(0, -1)
    parts = (part.cpu().numpy() for part in (vectors, modes[0], predicted))
    return SeenPatches(batch.size, *parts)


def collect_patches(
    model: UDASegmentor, pairs: Sequence[Pair], count: int, seed: int
) -> dict[str, Points]:
    """Return F of random patches of each domain, coloured by their modes.

    Args:
        model: A model with a patch-level alignment.
        pairs: Images of both domains.
        count: Patches per domain; fewer where the images have fewer.
        seed: Draws the patches, the same ones for models of one grid.
    """
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for pair in pairs:
        for domain, seen in see_patches(model, pair).items():
            known = seen.modes != NO_MODE
            parts.setdefault(domain, []).append((seen.vectors[known], seen.modes[known]))
    points = {}
    for domain, found in parts.items():
        vectors, modes = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        chosen = np.random.default_rng(seed).permutation(len(modes))[:count]
        points[domain] = Points(vectors[chosen], modes[chosen])
    return points


def example_figure(
    model: UDASegmentor, pairs: Sequence[Pair], meta: Mapping[str, Any], modes: int, examples: int
) -> tuple[Any, int]:
    """Return a figure of example patches, and the number of its rows.

    There is a row per mode, the most frequent first. Each picture has the patch and, beside it, its
    label, or the prediction where it has none.

    Args:
        model: A model with a patch-level alignment.
        pairs: Images of both domains that are searched.
        meta: ``classes`` and ``palette``.
        modes: Number of modes shown at most.
        examples: Patches per mode and domain.
    """
    grid = patch_alignment(model).modes.grid
    found: dict[str, dict[int, list[Picture]]] = {}
    counts: dict[int, int] = {}
    for pair in pairs:
        for (domain, seen), shown in zip(see_patches(model, pair).items(), pair, strict=True):
            drawn = _drawn(seen, shown, meta["palette"])
            for mode in np.setdiff1d(seen.modes, [NO_MODE]).tolist():
                places = np.argwhere(seen.modes == mode)
                counts[mode] = counts.get(mode, 0) + len(places)
                own = found.setdefault(domain, {}).setdefault(mode, [])
                if len(own) < examples:
                    own.append(cut_patch(drawn, places[len(places) // 2].tolist(), grid))
    shown_modes = sorted(counts, key=lambda mode: (-counts[mode], mode))[:modes]
    rows = {
        f"mode {mode}": {
            f"{domain} {number + 1}": (own.get(mode, []) + [None] * examples)[number]
            for domain, own in found.items()
            for number in range(examples)
        }
        for mode in shown_modes
    }
    return picture_grid(rows, dict(zip(meta["classes"], meta["palette"], strict=True))), len(rows)


def _drawn(seen: SeenPatches, shown: ShownImage, palette: Palette) -> np.ndarray:
    labels = seen.predicted if shown.truth is None else shown.truth
    pictures = np.stack([shown.picture, paint(labels, palette)])
    below, right = (padded - own for padded, own in zip(seen.size, shown.size, strict=True))
    return np.pad(pictures, ((0, 0), (0, below), (0, right), (0, 0)))
