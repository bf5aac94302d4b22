"""The paired-domain training dataset."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from mmda.datasets.few_labels import without_matching
from mmda.datasets.sampler import PairIndex
from mmda.datasets.transforms.scale_matching import MatchScale
from mmda.errors import ConfigError, DataError
from mmda.registry import DATASETS
from mmda.utils.seeding import seeded


@DATASETS.register_module()
class PairedDomainDataset(Dataset):
    """A source and a target dataset, read in pairs.

    ``dataset[pair]`` returns ``{'source': sample, 'target': sample}``, where each sample has passed
    through its domain's pipeline. The random generators that pipelines use are seeded by (seed,
    position, domain), so that a sample depends on its position in the stream alone.

    Args:
        source: Config of the labelled source dataset; None for source-free adaptation, in which
            nothing of a source is opened.
        target: Config of the target dataset; None for source-only (or target-only) training. With
            ``labelled_tiles`` (semi-supervised adaptation) some source samples are labelled target
            tiles, which go through the source's pipeline but for the steps that match it to the
            target. Adversarial alignments then see these tiles as the source's.
        labelled_share: Probability that a source sample is one of these tiles, in [0, 1].

    Raises:
        ConfigError: When there is neither a source nor a target, or ``labelled_share`` is out of
            range.
        DataError: When a domain is empty, or ``labelled_tiles`` names no labelled tile.
    """

    def __init__(
        self,
        source: dict | Dataset | None = None,
        target: dict | Dataset | None = None,
        labelled_share: float = 0.5,
    ) -> None:
        if source is None and target is None:
            raise ConfigError(
                "PairedDomainDataset: expected a `source`, a `target` or both, but got neither."
            )
        self.source: Any = None if source is None else _build(source)
        self.target: Any = None if target is None else _build(target)
        if not 0 <= labelled_share <= 1:
            raise ConfigError(
                "PairedDomainDataset: `labelled_share` is a probability in [0, 1], got "
                f"{labelled_share}."
            )
        self.labelled_share = labelled_share
        self.few = self._few(target)
        self._fully_initialised = False
        self.full_init()

    def full_init(self) -> None:
        """Read both domains' lists of samples; raise :class:`DataError` when one is empty."""
        if self._fully_initialised:
            return
        for name, dataset in (("source", self.source), ("target", self.target)):
            if dataset is None:
                continue
            if hasattr(dataset, "full_init"):
                dataset.full_init()
            if len(dataset) == 0:
                raise DataError(
                    f"The {name} domain is empty: `{getattr(dataset, 'data_root', dataset)}` holds "
                    "no samples for this split. Check `data_root` and `split`."
                )
        self._fully_initialised = True

    @property
    def metainfo(self) -> dict:
        """Class names and palette (the source's, if any), and the data that the model is made for.

        Checkpoints keep it. ``training_data`` is the target's, where there is a target: its rasters
        are what the model is to map. Without a target it is the source's, at the ground sample
        distance to which its pipeline brings the images (``MatchScale``).
        """
        main: Any = self.target if self.source is None else self.source
        meta = dict(main.metainfo)
        if "training_data" not in meta:
            return meta
        if self.target is not None:
            meta["training_data"] = self.target.metainfo.get("training_data", meta["training_data"])
        elif gsd := meta["training_data"]["gsd"]:
            ratio = _scale_ratio(self.source)
            resized = [float(f"{value / ratio:.9g}") for value in gsd]
            meta["training_data"] = {**meta["training_data"], "gsd": resized}
        return meta

    @property
    def source_size(self) -> int:
        """Number of source samples; 0 without a source domain."""
        return 0 if self.source is None else len(self.source)

    @property
    def target_size(self) -> int:
        """Number of target samples; 0 without a target domain."""
        return 0 if self.target is None else len(self.target)

    def __len__(self) -> int:
        return max(self.source_size, self.target_size)

    def __getitem__(self, pair: PairIndex | int) -> dict[str, Any]:
        if isinstance(pair, int):
            source, target = (
                pair % size if size else -1 for size in (self.source_size, self.target_size)
            )
            pair = PairIndex(source, target, pair, 0)
        sample = {}
        if self.source is not None:
            with seeded(pair.seed, pair.position, 0):
                sample["source"] = self._source_sample(pair.source)
        if self.target is not None:
            with seeded(pair.seed, pair.position, 1):
                sample["target"] = self.target[pair.target]
        return sample

    def _few(self, target: Any) -> Any:
        """Return the labelled tiles of the target as a dataset; None where there are none."""
        if not isinstance(target, dict) or target.get("labelled_tiles") is None:
            return None
        if self.source is None:
            raise ConfigError(
                "PairedDomainDataset: `target.labelled_tiles` are mixed into the source, but there "
                "is no source. Leave them out, or give `train_dataloader.dataset` a `source`."
            )
        first = getattr(self.source, "datasets", [self.source])[0]  # of several sources
        steps = without_matching(first.pipeline.transforms)
        return _build({**target, "labelled": True, "indices": None, "pipeline": steps})

    def _source_sample(self, index: int) -> Any:
        if self.few is not None and np.random.random() < self.labelled_share:
            return self.few[np.random.randint(len(self.few))]
        return self.source[index]


def _scale_ratio(dataset: Any) -> float:
    """Return by how much a dataset's pipeline enlarges its images to match another scale."""
    steps = getattr(getattr(dataset, "pipeline", None), "transforms", [])
    return math.prod(step.ratio for step in steps if isinstance(step, MatchScale))


def _build(dataset: dict | Dataset) -> Any:
    return DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
