"""The paired-domain sampler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed

from mmda.registry import DATA_SAMPLERS


class PairIndex(NamedTuple):
    """What the sampler yields and :class:`~mmda.datasets.paired.PairedDomainDataset` takes."""

    source: int  # -1 when the dataset has no source domain
    target: int  # -1 when the dataset has no target domain
    position: int  # place in the global, process-independent stream of samples
    seed: int  # the run's seed


class _Paired(Protocol):
    source_size: int
    target_size: int


class ShuffledDomain:
    """An endless stream of shuffled passes over one domain, addressed by position.

    Position ``p`` is entry ``p % size`` of pass ``p // size``, and the pass's permutation depends
    on (seed, domain, pass) alone. So no earlier position needs to be visited, and ``skip`` takes
    constant time.

    Args:
        size: Number of samples in the domain, at least 1 where one is taken.
        seed: The run's seed, non-negative.
        domain: A number per domain, so that the domains have different random orders.
    """

    def __init__(self, size: int, seed: int, domain: int) -> None:
        self.size, self.seed, self.domain = size, seed, domain
        self._pass, self._order = -1, np.empty(0, dtype=np.int64)

    def __getitem__(self, position: int) -> int:
        number, offset = divmod(position, self.size)
        if number != self._pass:
            generator = np.random.default_rng([self.seed, self.domain, number])
            self._pass, self._order = number, generator.permutation(self.size)
        return int(self._order[offset])


@DATA_SAMPLERS.register_module()
class PairedDomainSampler:
    """Infinite sampler of (source, target) index pairs, each domain in its own random order.

    The domains may differ in size by any ratio; each is passed through completely before it
    repeats. Process ``r`` of ``W`` takes positions ``r, r + W, ...``, so that ``W`` processes
    with batch size ``n`` see at each iteration what one process with ``W * n`` sees.

    Args:
        dataset: A dataset with ``source_size`` and ``target_size``.
        seed: The run's seed; by default a random one, the same in all processes.
        shuffle: Whether to shuffle each pass.
    """

    def __init__(self, dataset: _Paired, seed: int | None = None, shuffle: bool = True) -> None:
        self.rank, self.world_size = get_dist_info()
        self.seed = sync_random_seed() if seed is None else seed
        self.shuffle = shuffle
        self.source_size, self.target_size = dataset.source_size, dataset.target_size
        self._skipped = 0

    def skip(self, num_samples: int) -> None:
        """Start after this process's first ``num_samples`` samples, in constant time.

        MMEngine's loop calls it when a run is resumed.

        Args:
            num_samples: Number of samples since the start of the stream.
        """
        self._skipped = int(num_samples)

    def __iter__(self) -> Iterator[PairIndex]:
        source = ShuffledDomain(self.source_size, self.seed, 0)
        target = ShuffledDomain(self.target_size, self.seed, 1)
        position = self.rank + self._skipped * self.world_size
        while True:
            yield PairIndex(
                self._index(source, position),
                self._index(target, position),
                position,
                self.seed,
            )
            position += self.world_size

    def _index(self, domain: ShuffledDomain, position: int) -> int:
        if domain.size == 0:
            return -1
        return domain[position] if self.shuffle else position % domain.size

    def __len__(self) -> int:
        """Return the number of this process's samples in one pass over the larger domain."""
        return -(-max(self.source_size, self.target_size) // self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Do nothing, as the position determines the pass."""
