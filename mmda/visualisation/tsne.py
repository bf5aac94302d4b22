"""t-SNE of networks' outputs for both domains (CDGA, Fig. 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.manifold import TSNE

from mmda.errors import ConfigError
from mmda.models.alignments import DomainBatch
from mmda.models.segmentors import UDASegmentor
from mmda.utils.extras import require
from mmda.visualisation.domains import ShownImage, run_pair
from mmda.visualisation.drawing import DPI, add_legend, class_legend

IGNORE = 255
MARKERS = {"source": "o", "target": "^"}
Pair = tuple[ShownImage, ShownImage]


@dataclass(frozen=True)
class Points:
    """A network's outputs for pixels of one domain.

    Attributes:
        vectors: Probabilities or features, (M, D) float32.
        classes: Class ids, (M,): the truth if the images are labelled, else the prediction.
    """

    vectors: np.ndarray
    classes: np.ndarray


def choose_pixels(image: ShownImage, count: int, generator: np.random.Generator) -> np.ndarray:
    """Return rows and columns (M, 2) of random pixels, equally many of each class.

    Args:
        image: An image. Without labels, all pixels with data are equally probable.
        count: Number of pixels; fewer are returned if a class has too few.
        generator: Draws the pixels.
    """
    if image.truth is None:
        places = np.argwhere(image.valid)
        return places[generator.integers(len(places), size=count)] if len(places) else places
    present = np.setdiff1d(image.truth, [IGNORE])
    chosen = []
    for index in present:
        places = np.argwhere(image.truth == index)
        share = min(len(places), -(-count // len(present)))
        chosen.append(places[generator.choice(len(places), share, replace=False)])
    return np.concatenate(chosen)[:count] if chosen else np.empty((0, 2), int)


def collect_points(
    model: UDASegmentor,
    pairs: Sequence[Pair],
    places: Sequence[tuple[np.ndarray, np.ndarray]],
    what: str = "probabilities",
) -> dict[str, Points]:
    """Return a model's output at given pixels, by domain.

    Args:
        model: A trained model.
        pairs: Images of both domains.
        places: Pixels of each image, as :func:`choose_pixels` returns them; use the same ones for
            all models.
        what: ``'probabilities'`` or ``'features'`` (of the last feature map).
    """
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {name: [] for name in MARKERS}
    for pair, pixels in zip(pairs, places, strict=True):
        batches = run_pair(model, *pair)
        for (domain, batch), shown, at in zip(batches.items(), pair, pixels, strict=True):
            parts[domain].append(_read(batch, shown, at, what))
    return {
        domain: Points(*(np.concatenate(arrays) for arrays in zip(*found, strict=True)))
        for domain, found in parts.items()
    }


def _read(
    batch: DomainBatch, shown: ShownImage, at: np.ndarray, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors and classes of the pixels ``at`` (M, 2) of one image."""
    maps = batch.probabilities()[0]
    rows, columns = torch.as_tensor(at.T, device=maps.device)
    vectors = maps[:, rows, columns]
    classes = vectors.argmax(0).cpu().numpy() if shown.truth is None else shown.truth[tuple(at.T)]
    if what == "features":
        # Only at these pixels, as the feature map at the image's size would not fit into memory.
        size = torch.tensor(batch.size, device=maps.device)
        grid = (2 * torch.stack([columns, rows], 1) + 1) / size.flip(0) - 1
        found = F.grid_sample(
            batch.feats[-1].float(), grid[None, None], align_corners=False, padding_mode="border"
        )
        vectors = found[0, :, 0]
    return vectors.T.float().cpu().numpy(), classes


def embed(
    points: Mapping[str, Points], perplexity: float = 30.0, seed: int = 0
) -> dict[str, np.ndarray]:
    """Return positions (M, 2) of both domains' points in one plane, by domain.

    Args:
        points: Points by domain.
        perplexity: t-SNE's number of neighbours; it is reduced if there are few points.
        seed: Seed of t-SNE.

    Raises:
        ConfigError: When there are fewer than 4 points.
    """
    vectors = np.concatenate([one.vectors for one in points.values()])
    if len(vectors) < 4:
        raise ConfigError(f"t-SNE needs 4 points or more, got {len(vectors)}. Raise --points.")
    perplexity = min(perplexity, (len(vectors) - 1) / 3)
    plane = TSNE(2, perplexity=perplexity, init="pca", random_state=seed).fit_transform(vectors)
    cuts = np.cumsum([len(one.vectors) for one in points.values()])[:-1]
    return dict(zip(points, np.split(plane, cuts), strict=True))


def tsne_figure(
    models: Mapping[str, tuple[Mapping[str, Points], Mapping[str, np.ndarray]]],
    meta: dict[str, Any],
) -> Any:
    """Return a matplotlib figure with one plot per model.

    Args:
        models: Name -> points and their positions, each by domain.
        meta: ``classes`` and ``palette``.
    """
    size = (4.2 * len(models), 4.8)
    figure = require("matplotlib.figure").Figure(figsize=size, dpi=DPI, layout="constrained")
    colours = np.array(meta["palette"]) / 255
    present: set[int] = set()
    for axes, (name, (points, places)) in zip(
        figure.subplots(1, len(models), squeeze=False)[0], models.items(), strict=True
    ):
        for domain, marker in MARKERS.items():
            classes = points[domain].classes
            present.update(classes.tolist())
            look: dict[str, Any] = dict(marker=marker, s=14, alpha=0.7, linewidths=0.8)
            chosen = colours[classes]
            fill = {"facecolors": "none"} if domain == "target" else {"facecolors": chosen}
            axes.scatter(*places[domain].T, edgecolors=chosen, **fill, **look)
        axes.set(xticks=[], yticks=[], title=name)
    add_legend(figure, class_legend(meta, present), MARKERS)
    return figure
