"""What the written training configs are made of: small networks, or the published one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """A network, a schedule and the data loading that belongs to them.

    Attributes:
        bases: Files below ``configs/_base_`` beside the dataset.
        batch_size: Pairs per iteration.
        workers: Processes that read samples.
        published: Whether it is the network and schedule of the published runs, which have
            ImageNet's normalisation.
    """

    bases: tuple[str, ...]
    batch_size: int
    workers: int
    published: bool


SMALL = Recipe(("toy_runtime.py", "models/toy_r18.py", "schedules/toy.py"), 4, 0, False)
FULL = Recipe(
    ("full_runtime.py", "models/deeplabv2_r101.py", "schedules/adversarial_120k.py"),
    1,
    4,
    True,
)
