"""Adaptive-weighted instance matching (AIM), and with it SIM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dist import all_gather
from mmengine.model import ModuleDict
from torch import Tensor

from mmda.errors import ConfigError
from mmda.models.alignments.bank_warning import BankWarning
from mmda.models.alignments.base import Alignment
from mmda.models.alignments.class_vectors import ClassVectorRule, level
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.domain_batch import DomainBatch, nearest, resize
from mmda.models.alignments.feature_bank import FeatureBank
from mmda.models.alignments.region_levels import RegionLevels
from mmda.models.alignments.regions import NOTHING, RegionRule
from mmda.models.losses import adaptive_weights, matching_loss, region_means
from mmda.registry import MODELS
from mmda.utils.distributed import batch_mean
from mmda.utils.modes import evaluating
from mmda.utils.precision import full_precision

ETA_RANGE = (0.1, 10.0)


@MODELS.register_module()
class AIM(Alignment):
    r"""Pull the target's instances towards the nearest source instances of their class.

    .. math:: L = \sum_k \frac{\eta_k}{|R_k^T|} \sum_{r \in R_k^T} \min_j d_1(f_r, s_{kj})

    after Yuan et al., Eq. 9-11. Instances are the connected regions of a class on the feature
    map's grid (:class:`~mmda.models.alignments.regions.RegionRule`): of the arg-max map in the
    target, and of the cells where arg-max and label agree in the source. f_r is a region's mean
    feature, d_1 the mean absolute difference, and s are source features, which a ring buffer per
    class keeps. A source feature is stored, without gradient, if the decode head predicts the right
    class for the region when all of its cells hold that feature. Regions of a class are matched
    once its buffer holds ``min_fill`` features. The loss of a batch is the mean over its images.

    eta weighs the classes of ``things`` by the distance of their class vectors
    (:class:`~mmda.models.alignments.class_vectors.ClassVectorRule`), clamped to [0.1, 10]: an
    exponential moving average that starts at 1. With a single class it stays at 1, since Eq. 10
    would divide by 0. A class that is missing in either domain keeps its eta.

    All processes gather one another's source features and store them in the same order. Their
    buffers and eta are therefore equal, the loss does not depend on how a batch is divided over
    processes, and the checkpoint of the main process is valid for all.

    SIM (Wang et al. 2020) is ``adaptive=False`` with ``stuff`` classes, each matched by its mean
    feature per image.

    A warning names the classes whose buffers are still too empty 1000 iterations after the start.

    Args:
        num_classes: Number of classes C.
        in_channels: Channels D of the feature map.
        things: Classes with instances; by default all but class 0, the background. Leaving classes
            out can harm them: for an example see ``docs/results/isia-aim.md``.
        stuff: Classes matched by one mean feature per image.
        weight: Weight of both losses; 0 switches the alignment off.
        index: Which of the backbone's feature maps, -1 for the last.
        adaptive: Whether eta weighs the classes.
        mode: Class vectors that eta comes from, ``'flat'`` or ``'pooled'``.
        momentum: Share of the old eta kept in each iteration, in [0, 1].
        verify: Whether a source feature is stored only if the decode head classifies it correctly
            at its position in the feature map. (SIM's code classifies the feature alone, which most
            heads cannot; see :class:`~mmda.models.alignments.region_levels.RegionLevels`.) In both
            cases regions consist of correctly predicted cells.
        verify_target: Whether a target's mean feature of stuff is matched only if the decode head
            classifies it correctly, in the same way (SIM).
        capacity: Number of features stored per class of things.
        stuff_capacity: Number of features stored per class of stuff.
        min_fill: Number of stored features from which a class is matched. A class of stuff with a
            smaller capacity is matched once its buffer is full.
        max_instances: Number of instances taken per class and image, the largest ones.
        min_area: Number of cells of the feature map from which a region counts.
        connectivity: 4 or 8.
        start: Iteration from which the alignment is active.
    """

    eta: Tensor
    slot_classes: Tensor
    thing_classes: Tensor

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        things: Sequence[int] | None = None,
        stuff: Sequence[int] = (),
        weight: float = 1e-3,
        index: int = -1,
        adaptive: bool = True,
        mode: str = "flat",
        momentum: float = 0.99,
        verify: bool = True,
        verify_target: bool = False,
        capacity: int = 500,
        stuff_capacity: int = 50,
        min_fill: int = 32,
        max_instances: int = 10,
        min_area: int = 0,
        connectivity: int = 8,
        start: int = 0,
    ) -> None:
        super().__init__(start)
        chosen = tuple(range(1, num_classes)) if things is None else tuple(things)
        self.regions = RegionRule(chosen, tuple(stuff), max_instances, min_area, connectivity)
        self.rule = ClassVectorRule("AIM", mode, index)
        self.num_classes, self.in_channels, self.index = num_classes, in_channels, index
        self.weight, self.adaptive, self.verify = weight, adaptive, verify
        self.verify_target = verify_target
        self.momentum, self.min_fill = momentum, min_fill
        self.warn = BankWarning(min_fill)
        _check(self, capacity, stuff_capacity)
        sizes = {"things": (chosen, capacity), "stuff": (self.regions.stuff, stuff_capacity)}
        self.banks: Any = ModuleDict(
            {
                name: FeatureBank(len(classes), size, in_channels)
                for name, (classes, size) in sizes.items()
                if classes
            }
        )
        self.register_buffer("eta", torch.ones(len(chosen)))
        slot_classes = torch.tensor(self.regions.slot_classes)
        self.register_buffer("slot_classes", slot_classes, persistent=False)
        self.register_buffer("thing_classes", torch.tensor(chosen).long(), persistent=False)

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return ``loss_things``, ``loss_stuff`` and ``instances``, the matched ones per image."""
        source, target = self._find(context)
        self._store(context, source)
        for name, bank in self.banks.items():
            classes = self.regions.things if name == "things" else self.regions.stuff
            self.warn(context.step - self.start, bank, classes)
        if self.adaptive and len(self.eta):
            self._update_eta(context)
        features = self._features(context.target)
        losses, matched = {}, features.new_zeros((), dtype=torch.float32)
        matched_slots = self._matched_slots(context, target)
        with full_precision(features):
            means, cells = region_means(features, target, self.regions.slots)
            rows, filled = self._split(means), self._split((cells > 0) & matched_slots)
            for name, bank in self.banks.items():
                counted = filled[name] & bank.holds(self.min_fill)[:, None]
                loss = matching_loss(
                    rows[name], bank.nearest(rows[name]), counted, self._class_weights(name)
                )
                losses[f"loss_{name}"] = self.weight * loss
                matched = matched + counted.sum() / len(counted)
        return {**losses, "instances": matched}

    def _class_weights(self, name: str) -> Tensor:
        return self.eta if name == "things" else self.eta.new_ones(len(self.regions.stuff))

    def _find(self, context: UDAContext) -> list[Tensor]:
        """Return the slot of each cell of the source's and the target's feature map, (N, h, w)."""
        maps = [self._right(context.source), self._predictions(context.target)]
        # Connected regions are found on the CPU: the iteration's only wait for the device.
        both = torch.cat([cells.flatten() for cells in maps]).to(torch.uint8).cpu().numpy()
        parts = np.split(both, [maps[0].numel()])
        return [
            self._slots(part.reshape(cells.shape), cells.device)
            for part, cells in zip(parts, maps, strict=True)
        ]

    def _slots(self, maps: np.ndarray, device: torch.device) -> Tensor:
        slots = torch.from_numpy(self.regions.find(maps))
        if device.type == "cuda":  # a copy from pinned memory does not wait
            slots = slots.pin_memory()
        return slots.to(device, non_blocking=True)

    def instances_of(self, domain: DomainBatch, labelled: bool) -> tuple[Tensor, Tensor]:
        """Return the slot of each cell of a domain's feature map, (N, h, w), and the map.

        Args:
            domain: The domain.
            labelled: Whether only cells of right predictions count, as in the source.
        """
        cells = self._right(domain) if labelled else self._predictions(domain)
        slots = self._slots(cells.to(torch.uint8).cpu().numpy(), cells.device)
        return slots, self._features(domain)

    def _right(self, domain: DomainBatch) -> Tensor:
        """Return the predictions where they are right, (N, h, w), 255 elsewhere."""
        predicted = self._predictions(domain)
        labels = nearest(domain.labels(), tuple(predicted.shape[-2:]))
        return torch.where(predicted == labels, predicted, NOTHING)

    def _predictions(self, domain: DomainBatch) -> Tensor:
        """Return the arg-max on the feature map's grid, (N, h, w), 255 without data."""
        logits, size = domain.logits["decode"], tuple(self._features(domain).shape[-2:])
        if logits.shape[1] != self.num_classes:
            raise ConfigError(
                f"AIM: `num_classes` is {self.num_classes}, but the decode head has "
                f"{logits.shape[1]} classes. Set both to the same number."
            )
        predicted = resize(logits.detach(), size, domain.align_corners).argmax(1)
        return predicted.masked_fill(~domain.valid_cells(size), NOTHING)

    def _features(self, domain: DomainBatch) -> Tensor:
        features = level(domain.feats, self.index, "AIM")
        if features.shape[1] != self.in_channels:
            raise ConfigError(
                f"AIM: `in_channels` is {self.in_channels}, but the feature map of "
                f"`index={self.index}` has {features.shape[1]} channels. Correct one of the two."
            )
        return features

    @torch.no_grad()
    def _store(self, context: UDAContext, regions: Tensor) -> None:
        """Store the source features of all processes in the buffers."""
        features = self._features(context.source)
        with full_precision(features):
            means, cells = region_means(features, regions, self.regions.slots)
        counted = cells > 0
        if self.verify:
            counted &= self._classified(context, context.source.feats, regions)
        # The same rows in the same order in every process.
        gathered = torch.cat(all_gather(torch.cat([means, counted[..., None]], 2)))
        rows, chosen = self._split(gathered[..., :-1]), self._split(gathered[..., -1] > 0)
        for name, bank in self.banks.items():
            bank.push(rows[name], chosen[name])

    def _matched_slots(self, context: UDAContext, regions: Tensor) -> Tensor:
        """Return which of the target's slots are matched where they are filled, (N, S) bool."""
        if not (self.verify_target and self.regions.stuff):
            return torch.ones_like(self.slot_classes, dtype=torch.bool).expand(len(regions), -1)
        things = torch.arange(self.regions.slots, device=regions.device) < self.regions.thing_slots
        return things | self._classified(context, context.target.feats, regions)

    @torch.no_grad()
    def _classified(self, context: UDAContext, feats: Sequence[Tensor], regions: Tensor) -> Tensor:
        """Return which slots the decode head classifies correctly by their mean feature, (N, S)."""
        levels = RegionLevels(feats, regions, self.regions.slots)
        head = context.segmentor.decode_head
        with evaluating(head):
            scores, seen = levels.averages(head(levels))
        return (seen > 0) & (scores.argmax(2) == self.slot_classes)

    def _split(self, values: Tensor) -> dict[str, Tensor]:
        """Divide slots (N, S, ...) into those of things and those of stuff, (N, K, M, ...)."""
        split = self.regions.thing_slots
        parts = {"things": values[:, :split], "stuff": values[:, split:]}
        return {
            name: parts[name].unflatten(1, (len(bank.filled), -1))
            for name, bank in self.banks.items()
        }

    @torch.no_grad()
    def _update_eta(self, context: UDAContext) -> None:
        vectors = self.rule(context)
        both = (vectors.in_source & vectors.in_target)[:, self.thing_classes]
        distances = vectors.distances()[:, self.thing_classes]
        total, pairs = batch_mean(torch.stack([distances * both, both.float()], 1))
        eta, defined = adaptive_weights(total / pairs.where(pairs > 0, 1), pairs > 0)
        moved = torch.lerp(eta.clamp(*ETA_RANGE), self.eta.float(), self.momentum)
        self.eta.copy_(torch.where(defined, moved, self.eta))


def _check(aim: AIM, capacity: int, stuff_capacity: int) -> None:
    """Raise a :class:`ConfigError` for settings that cannot work."""
    rule, classes = aim.regions, range(aim.num_classes)
    listed = [*rule.things, *rule.stuff]
    if not listed or len(set(listed)) < len(listed) or not set(listed) <= set(classes):
        raise ConfigError(
            f"AIM: `things` and `stuff` must name at least one class, each once, of 0 to "
            f"{aim.num_classes - 1}; got things {list(rule.things)} and stuff {list(rule.stuff)}."
        )
    if rule.connectivity not in (4, 8):
        raise ConfigError(f"AIM: `connectivity` must be 4 or 8, got {rule.connectivity}.")
    counts = {
        "in_channels": aim.in_channels,
        "capacity": capacity,
        "stuff_capacity": stuff_capacity,
        "min_fill": aim.min_fill,
        "max_instances": rule.max_instances,
    }
    if low := {name: value for name, value in counts.items() if value < 1}:
        raise ConfigError(f"AIM: these must be 1 or more: {low}.")
    if aim.min_fill > capacity:
        raise ConfigError(
            f"AIM: `min_fill` is {aim.min_fill}, but a class stores at most {capacity} features "
            "(`capacity`), so that no class would ever be matched. Lower `min_fill`."
        )
    if min(aim.weight, rule.min_area) < 0 or not 0 <= aim.momentum <= 1:
        raise ConfigError(
            f"AIM: `weight` and `min_area` must be 0 or more and `momentum` in [0, 1], got "
            f"{aim.weight}, {rule.min_area} and {aim.momentum}."
        )
