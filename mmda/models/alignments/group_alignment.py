"""Cross-domain grouping and alignment (CDGA)."""

from __future__ import annotations

import logging
from typing import Any

from mmengine.logging import print_log
from torch import Tensor, nn
from torch.func import functional_call

from mmda.errors import ConfigError
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
from mmda.models.alignments.grouped_domain import GroupedDomain, GroupUse
from mmda.models.alignments.valid_area import check_size, common_masks, hidden, judged
from mmda.models.grouping import FittedGrouping
from mmda.models.losses import (
    class_equivalence_loss,
    consistency_loss,
    discriminator_condition,
    domain_accuracy,
    gan_loss,
    group_distributions,
    group_maxima,
    orthogonality_loss,
)
from mmda.registry import MODELS
from mmda.utils.distributed import batch_max


@MODELS.register_module()
class GroupAlignment(Alignment):
    """Divide both domains into the same groups and align each (CDGA, Kim et al., Eq. 1-7).

    ``loss_co`` makes a group's class distribution the same in both domains. ``loss_orth`` makes
    the groups differ. ``loss_cadv`` and ``loss_dis`` align each group adversarially, with its class
    distribution as the discriminator's condition. ``loss_cl`` rewards classes in the target's
    groups that occur in the same groups of the source. A weight of 0 switches a loss off.

    Pixels that do not count belong to no group, and the discriminator sees them as 0, see
    :mod:`~mmda.models.alignments.valid_area`.

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
        if isinstance(self.grouping, FittedGrouping) and not self.grouping.fitted:
            raise ConfigError(
                f"GroupAlignment: the {type(self.grouping).__name__} has not been fitted. Add "
                "`dict(type='GroupingRefreshHook')` to `custom_hooks`."
            )
        source, target = self.group(context.source), self.group(context.target)
        means = [domain.mean_distributions() for domain in (source, target)]
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
            check_size(self, self.discriminator, source.probabilities, target.probabilities)
            masks = common_masks(context, source.groups, target.groups)
            adversarial = self._adversarial(target, conditions[1], masks[1])
            losses["loss_cadv"] = self.weights["cadv"] * adversarial
            losses.update(self._discriminate((source, target), conditions, masks))
        if self.weights["cl"]:
            losses["loss_cl"] = self.weights["cl"] * self._class_equivalence(source, target)
        return losses

    def group(self, domain: DomainBatch) -> GroupedDomain:
        """Divide one domain's maps into groups."""
        probabilities = domain.probabilities(self.head, self.input_scale)
        features = domain.feats[-1]
        mask = domain.mask(tuple(probabilities.shape[-2:]))
        groups = self.grouping(probabilities, features, mask)
        distributions = group_distributions(probabilities, groups, mask)
        return GroupedDomain(probabilities, features, groups, distributions, mask)

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

    def _adversarial(self, target: GroupedDomain, condition: Tensor, mask: Tensor | None) -> Tensor:
        """Return the (non-saturating) loss for which the target's groups look like the source's."""
        groups = target.groups if self.adversarial_grouping else self._with_fixed_weights(target)
        with frozen(self.discriminator):
            logits = self.discriminator(target.probabilities, hidden(groups, mask), condition)
        return self._gan(logits, SOURCE, mask)

    def _with_fixed_weights(self, domain: GroupedDomain) -> Tensor:
        """Return H with a gradient in the softmax maps, but none in the grouping's weights."""
        state = {name: weight.detach() for name, weight in self.grouping.named_parameters()}
        if not state:  # k-means and NMF have none
            return domain.groups
        state |= {name: buffer.clone() for name, buffer in self.grouping.named_buffers()}
        maps = (domain.probabilities, domain.features, domain.mask)
        groups = functional_call(self.grouping, state, maps)
        # Distributed training needs a connection to all weights, here with a gradient of 0.
        return groups + 0 * domain.groups

    def _discriminate(
        self,
        domains: tuple[GroupedDomain, GroupedDomain],
        conditions: tuple[Tensor, Tensor],
        masks: tuple[Tensor | None, Tensor | None],
    ) -> dict[str, Tensor]:
        """Return the discriminator's loss on both domains, half of each, and its accuracy."""
        total: Any = 0.0
        judgements, counted = [], []
        both = zip(domains, conditions, masks, (SOURCE, TARGET), strict=True)
        for domain, condition, mask, label in both:
            maps, groups = domain.detached()
            logits = self.discriminator(maps, hidden(groups, mask), condition)
            total = total + 0.5 * self._gan(logits, label, mask)
            judgements.append(logits)
            counted.append(judged(logits, mask, self.discriminator))
        return {"loss_dis": total, "acc_dis": domain_accuracy(judgements, counted, self.gan)}

    def _gan(self, logits: Tensor, label: float, mask: Tensor | None) -> Tensor:
        """Return the loss summed over groups, averaged over samples and positions that count."""
        counted = judged(logits, mask, self.discriminator)
        return gan_loss(logits.float(), label, self.gan, counted) * self.grouping.num_groups

    def _class_equivalence(self, source: GroupedDomain, target: GroupedDomain) -> Tensor:
        labels = batch_max(group_maxima(*source.detached()))
        maxima = batch_max(group_maxima(target.probabilities, target.groups))
        return class_equivalence_loss(labels, maxima, self.threshold)
