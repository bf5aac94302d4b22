"""Cross-domain grouping and alignment (CDGA)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from mmengine.logging import print_log
from torch import Tensor, nn
from torch.func import functional_call

from mmda.errors import ConfigError
from mmda.models.alignments.adversarial import check_size
from mmda.models.alignments.base import Alignment, check_head, frozen
from mmda.models.alignments.context import UDAContext
from mmda.models.alignments.domain_batch import SOURCE, TARGET, DomainBatch
from mmda.models.alignments.group_settings import (
    build_discriminator,
    build_grouping,
    check_settings,
    checked_weights,
    too_many_groups,
)
from mmda.models.grouping import FittedGrouping
from mmda.models.losses import (
    class_equivalence_loss,
    consistency_loss,
    discriminator_condition,
    gan_loss,
    group_distributions,
    group_maxima,
    orthogonality_loss,
)
from mmda.registry import MODELS
from mmda.utils.distributed import batch_max, batch_mean


@dataclass
class GroupedDomain:
    """One domain's softmax maps and groups.

    Attributes:
        probabilities: p, (N, C, H, W).
        features: The backbone's feature map (N, D, h, w).
        groups: H, (N, K, H, W).
        distributions: Q, (N, K, C).
    """

    probabilities: Tensor
    features: Tensor
    groups: Tensor
    distributions: Tensor

    def detached(self) -> tuple[Tensor, Tensor]:
        """Return p and H without gradient."""
        return self.probabilities.detach(), self.groups.detach()

    def use(self, condition: Tensor) -> GroupUse:
        """Return how the groups are used, together with the discriminator's ``condition``."""
        usage = self.groups.detach().mean((0, 2, 3))
        return GroupUse(usage, self.distributions.detach(), condition)


@dataclass
class GroupUse:
    """How one domain's groups were used in one iteration, without gradient.

    Attributes:
        usage: Each group's share of the pixels, (K,).
        distributions: Q, (N, K, C).
        condition: The class distributions that the discriminator got, (N, K, C).
    """

    usage: Tensor
    distributions: Tensor
    condition: Tensor


@MODELS.register_module()
class GroupAlignment(Alignment):
    """Divide both domains into the same groups and align each (CDGA, Kim et al., Eq. 1-7).

    ``loss_co`` makes a group's class distribution the same in both domains. ``loss_orth`` makes
    the groups differ. ``loss_cadv`` and ``loss_dis`` align each group adversarially, with its class
    distribution as the discriminator's condition. ``loss_cl`` rewards classes in the target's
    groups that occur in the same groups of the source. A weight of 0 switches a loss off.

    Batches and processes: co and orth use the mean Q over the whole batch of all processes, and cl
    the maxima of m over it, because a crop need not contain the classes of the crop with which it
    is paired. cadv and dis are summed over groups and averaged over samples and positions. The
    paper's batch is one pair of whole images.

    Args:
        num_classes: Number of classes C.
        num_groups: Number of groups K; by default min(8, C).
        weights: Weights of ``co``, ``orth``, ``cadv`` and ``cl``; by default the published 1e-3,
            1e-3, 1e-3 and 1e-4.
        grouping: Config of the grouping, without ``num_groups``, which is added.
        discriminator: Config of the discriminator; ``num_classes`` is added.
        head: Which head's maps are aligned: ``'decode'``, ``'aux'``, ...
        input_scale: Size of the maps relative to the image: 1 as published.
        threshold: tau of ``cl``.
        gan: ``'vanilla'`` or ``'lsgan'``.
        condition: Which class distribution is the discriminator's condition: ``'own'``, that of the
            sample (as published), or ``'shared'``, the mean of both domains. While the domains'
            distributions differ, the discriminator can recognise the domain by the own one, and
            the segmentor cannot change that, because the condition is detached.
        adversarial_grouping: Whether ``cadv`` trains the grouping too (as published), or only the
            segmentor, through the softmax maps and their grouping. The discriminator cannot
            distinguish the domains of an empty group. So a grouping that is trained to deceive it
            puts all pixels into one group where ``cadv`` outweighs ``orth``.
        start: Iteration from which the alignment is active.
    """

    #: The last iteration's groups by domain; hooks log them.
    latest: dict[str, GroupUse]

    def __init__(
        self,
        num_classes: int,
        num_groups: int | None = None,
        weights: dict[str, float] | None = None,
        grouping: dict | None = None,
        discriminator: dict | None = None,
        head: str = "decode",
        input_scale: float = 1.0,
        threshold: float = 0.05,
        gan: str = "vanilla",
        condition: str = "own",
        adversarial_grouping: bool = True,
        start: int = 0,
    ) -> None:
        super().__init__(start)
        self.weights = checked_weights(weights or {})
        check_settings(threshold, input_scale, gan, condition)
        self.condition, self.adversarial_grouping = condition, adversarial_grouping
        self.num_classes, self.head, self.input_scale = num_classes, head, input_scale
        self.threshold, self.gan = threshold, gan
        k = min(8, num_classes) if num_groups is None else num_groups
        self.grouping = build_grouping(grouping or {}, k, num_classes)
        if k > num_classes:
            print_log(too_many_groups(k, num_classes), "current", logging.WARNING)
        if self.weights["cadv"]:
            self.discriminator = build_discriminator(discriminator or {}, num_classes)
        self.latest = {}

    def attach(self, segmentor: nn.Module) -> None:
        """Check that the head exists and has ``num_classes`` classes."""
        check_head(self, segmentor, self.head, self.num_classes)

    def losses(self, context: UDAContext) -> dict[str, Tensor]:
        """Return the weighted losses that are switched on; see the class's description."""
        if isinstance(self.grouping, FittedGrouping) and not self.grouping.fits:
            raise ConfigError(
                f"GroupAlignment: the {type(self.grouping).__name__} has not been fitted. Add "
                "`dict(type='GroupingRefreshHook')` to `custom_hooks`."
            )
        source, target = self.group(context.source), self.group(context.target)
        means = [batch_mean(domain.distributions) for domain in (source, target)]
        conditions = self._conditions(source, target, means)
        self.latest = {
            "source": source.use(conditions[0]),
            "target": target.use(conditions[1]),
        }
        losses = {}
        if self.weights["co"]:
            losses["loss_co"] = self.weights["co"] * consistency_loss(*means)
        if self.weights["orth"]:
            orthogonality = orthogonality_loss(means[0]) + orthogonality_loss(means[1])
            losses["loss_orth"] = self.weights["orth"] * orthogonality
        if self.weights["cadv"]:
            losses["loss_cadv"] = self.weights["cadv"] * self._adversarial(target, conditions[1])
            losses["loss_dis"] = self._discriminate(source, target, conditions)
        if self.weights["cl"]:
            losses["loss_cl"] = self.weights["cl"] * self._class_equivalence(source, target)
        return losses

    def group(self, domain: DomainBatch) -> GroupedDomain:
        """Divide one domain's maps into groups."""
        probabilities = domain.probabilities(self.head, self.input_scale)
        features = domain.feats[-1]
        groups = self.grouping(probabilities, features)
        distributions = group_distributions(probabilities, groups)
        return GroupedDomain(probabilities, features, groups, distributions)

    def _conditions(
        self, source: GroupedDomain, target: GroupedDomain, means: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return the discriminator's condition in the source and in the target, (N, K, C) each."""
        if self.condition == "own":
            return (
                discriminator_condition(source.distributions),
                discriminator_condition(target.distributions),
            )
        shared = discriminator_condition((means[0] + means[1]) / 2)
        return (
            shared.expand_as(source.distributions),
            shared.expand_as(target.distributions),
        )

    def _adversarial(self, target: GroupedDomain, condition: Tensor) -> Tensor:
        """Return the (non-saturating) loss for which the target's groups look like the source's."""
        check_size(self, target.probabilities, self.discriminator)
        groups = target.groups if self.adversarial_grouping else self._with_fixed_weights(target)
        with frozen(self.discriminator):
            logits = self.discriminator(target.probabilities, groups, condition)
        return self._gan(logits, SOURCE)

    def _with_fixed_weights(self, domain: GroupedDomain) -> Tensor:
        """Return H with a gradient in the softmax maps, but none in the grouping's weights."""
        state = {name: weight.detach() for name, weight in self.grouping.named_parameters()}
        if not state:  # k-means and NMF have none
            return domain.groups
        state |= {name: buffer.clone() for name, buffer in self.grouping.named_buffers()}
        groups = functional_call(self.grouping, state, (domain.probabilities, domain.features))
        # Distributed training needs a connection to all weights, here with a gradient of 0.
        return groups + 0 * domain.groups

    def _discriminate(
        self, source: GroupedDomain, target: GroupedDomain, conditions: tuple[Tensor, Tensor]
    ) -> Tensor:
        """Return the discriminator's loss on both domains, half of each."""
        total: Any = 0.0
        domains = zip((source, target), conditions, (SOURCE, TARGET), strict=True)
        for domain, condition, label in domains:
            logits = self.discriminator(*domain.detached(), condition)
            total = total + 0.5 * self._gan(logits, label)
        return total

    def _gan(self, logits: Tensor, label: float) -> Tensor:
        """Return the loss summed over groups, averaged over samples and positions."""
        return gan_loss(logits.float(), label, self.gan) * self.grouping.num_groups

    def _class_equivalence(self, source: GroupedDomain, target: GroupedDomain) -> Tensor:
        labels = batch_max(group_maxima(*source.detached()))
        maxima = batch_max(group_maxima(target.probabilities, target.groups))
        return class_equivalence_loss(labels, maxima, self.threshold)
