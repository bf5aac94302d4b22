"""CycleGAN: translation between the looks of two domains, learned from unpaired images."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.model import BaseModel, ModuleDict
from torch import Tensor

from mmda.errors import ConfigError, check_choice
from mmda.models.alignments.base import frozen
from mmda.models.alignments.domain_batch import DomainImages
from mmda.models.alignments.valid_area import hidden, judged
from mmda.models.cyclegan import content
from mmda.models.cyclegan.image_pool import ImagePool
from mmda.models.losses import gan_loss
from mmda.registry import MODELS
from mmda.utils.distributed import counted_mean

OTHER = {"target": "source", "source": "target"}
WEIGHTS = {"adversarial": 1.0, "cycle": 10.0, "identity": 5.0, **dict.fromkeys(content.TERMS, 0.0)}
REAL, FAKE = 1.0, 0.0
HOLE = 2.0  # marks pixels that do not count in a pool; tanh ends at 1


@MODELS.register_module()
class CycleGAN(BaseModel):
    """Two generators, two discriminators and two image pools (Zhu et al. 2017).

    Generators, discriminators and pools have the name of the domain whose look they make or judge:
    ``generators['target']`` gives source images the target's look. One iteration builds one graph,
    in which the losses of generators go through frozen discriminators and the losses of
    discriminators get detached images from the pools. As the two are independent, one backward
    gives exactly the published update of the generators, followed by that of the discriminators.

    Images must be normalised to [-1, 1] (``mean`` = ``std`` = half of full brightness), because the
    generators end with tanh.

    A segmentor can watch over what images show. It is frozen, and its weights are those of the
    checkpoint that ``load_from`` names, of a training of its own. ``perceptual`` is the mean
    absolute difference of its softmax maps before and after translation, ``perceptual_cycle`` that
    before and after both translations (BDL, Li et al. 2019, Eq. 5, with weights of 0.1 and 10), and
    ``semantic`` the cross-entropy of the translation to the most likely class before (CyCADA,
    Hoffman et al. 2018, Eq. 4). BDL's public code squares differences of logits after instance
    norm, which also counts how certain the segmentor is.

    Args:
        generator: Config of the generators, such as
            :class:`~mmda.models.cyclegan.generator.ResNetGenerator`.
        discriminator: Config of the discriminators.
        weights: Weights of the terms ``adversarial``, ``cycle`` and ``identity``, by default the
            published 1, 10 and 5; and of ``perceptual``, ``perceptual_cycle`` and ``semantic``, by
            default 0. An identity weight of 0 saves two of six passes through a generator.
        pool_size: Number of images per pool.
        gan: ``'lsgan'`` as published, or ``'vanilla'``.
        segmentor: Config of the segmentor that watches over content, an ``EncoderDecoder``; None
            where the last three weights are 0.
        segmentor_preprocessor: Config of its preprocessor, of which mean and standard deviation are
            used.
        data_preprocessor: Config of the preprocessor.
        init_cfg: Initialisation, as in MMEngine.

    Raises:
        ConfigError: When a weight's name is unknown, or one of the last three needs a segmentor and
            there is none.
    """

    def __init__(
        self,
        generator: dict,
        discriminator: dict,
        weights: dict[str, float] | None = None,
        pool_size: int = 50,
        gan: str = "lsgan",
        segmentor: dict | None = None,
        segmentor_preprocessor: dict | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(data_preprocessor=data_preprocessor, init_cfg=init_cfg)
        for name in weights or {}:
            check_choice("weight", name, WEIGHTS, "CycleGAN")
        self.weights = {**WEIGHTS, **(weights or {})}
        self.gan = gan
        self.generators = ModuleDict({look: MODELS.build(generator) for look in OTHER})
        self.discriminators = ModuleDict({look: MODELS.build(discriminator) for look in OTHER})
        self.pools = ModuleDict({look: ImagePool(pool_size) for look in OTHER})
        self.loaded: frozenset[str] = frozenset()
        self.watched = any(self.weights[term] for term in content.TERMS)
        if self.watched:
            if segmentor is None or segmentor_preprocessor is None:
                raise ConfigError(
                    f"CycleGAN: weights of {', '.join(content.TERMS)} above 0 need a `segmentor` "
                    "and a `segmentor_preprocessor`, as in configs/style/toy_perceptual.py."
                )
            self.segmentor = content.build_frozen(segmentor)
            self.segmentor_statistics: Any = MODELS.build(segmentor_preprocessor)

    def forward(
        self,
        inputs: Any,
        data_samples: Any = None,
        mode: str = "tensor",
        weak_inputs: dict[str, Tensor] | None = None,
        step: int | None = None,
    ) -> Any:
        """Return the losses (mode ``'loss'``), or images in the target's look.

        Args:
            inputs: Source images (N, B, H, W) in [-1, 1]; in ``loss`` mode a dict of images by
                domain.
            data_samples: In ``loss`` mode the samples by domain, which say where images have data;
                None if they have it everywhere.
            mode: ``'loss'``, ``'predict'`` or ``'tensor'``.
            weak_inputs: Not used.
            step: Not used.
        """
        return self.loss(inputs, data_samples) if mode == "loss" else self.translate(inputs)

    def loss(
        self, images: dict[str, Tensor], data_samples: dict[str, list] | None = None
    ) -> dict[str, Tensor]:
        """Return the losses of all four networks for images (N, B, H, W) by domain.

        Pixels that do not count, by ``data_samples``, are part of no loss, and discriminators see
        them as 0.

        Raises:
            ConfigError: When a domain is missing.
        """
        if set(images) != set(OTHER):
            raise ConfigError(
                f"CycleGAN needs images of {sorted(OTHER)}, but the training dataset yields "
                f"{sorted(images)}. Give `train_dataloader.dataset` a `source` and a `target`."
            )
        masks = {name: _mask(images[name], (data_samples or {}).get(name)) for name in OTHER}
        if self.watched and "segmentor" not in self.loaded:
            raise ConfigError(
                "CycleGAN: the segmentor that watches over content has no weights. Give the "
                "checkpoint of its training as `load_from`."
            )
        losses = {}
        for look in OTHER:
            made, terms = self._generator_losses(look, images, masks)
            made = _marked(made, masks[OTHER[look]])
            terms["loss_dis"] = self._discriminator_loss(look, images[look], masks[look], made)
            losses.update({f"{look}.{name}": value for name, value in terms.items()})
        return losses

    def translate(self, images: Tensor, look: str = "target") -> Tensor:
        """Return images (N, B, H, W) in [-1, 1] of the other domain in the look of ``look``."""
        return self.generators[look](images)

    def _generator_losses(
        self, look: str, images: dict[str, Tensor], masks: dict[str, Tensor | None]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the translated images, and the terms of the round trip through ``look``."""
        generator, weights = self.generators[look], self.weights
        before, mask = images[OTHER[look]], masks[OTHER[look]]
        made = generator(before)
        with frozen(self.discriminators[look]):
            adversarial = self._judge(look, made, mask, REAL)
        back = self.generators[OTHER[look]](made)
        terms = {
            "loss_adv": weights["adversarial"] * adversarial,
            "loss_cycle": weights["cycle"] * _distance(back, before, mask),
        }
        if weights["identity"]:
            same = generator(images[look])
            distance = _distance(same, images[look], masks[look])
            terms["loss_identity"] = weights["identity"] * distance
        if self.watched:
            terms |= self._content_losses(look, before, made, back, mask)
        return made, terms

    def _content_losses(
        self, look: str, before: Tensor, made: Tensor, back: Tensor, mask: Tensor | None
    ) -> dict[str, Tensor]:
        """Return the terms on what the frozen segmentor sees along the round trip."""
        own, losses = OTHER[look], {}
        with torch.no_grad():
            expected = self._segment(before, own, mask)
        after = self._segment(made, look, mask)
        for name, term in (("perceptual", content.perceptual), ("semantic", content.semantic)):
            if self.weights[name]:
                losses[f"loss_{name}"] = self.weights[name] * term(after, expected, mask)
        if weight := self.weights["perceptual_cycle"]:
            found = self._segment(back, own, mask)
            losses["loss_perceptual_cycle"] = weight * content.perceptual(found, expected, mask)
        return losses

    def _segment(self, images: Tensor, domain: str, mask: Tensor | None) -> Tensor:
        """Return the frozen segmentor's logits of images in [-1, 1] in the look of a domain."""
        mean, std = self.data_preprocessor.statistics(domain)
        statistics = self.segmentor_statistics.statistics(domain)
        return content.segment(self.segmentor, images * std + mean, statistics, mask)

    def train(self, mode: bool = True) -> Any:
        """Switch between training and evaluation; the segmentor stays in the latter."""
        super().train(mode)
        if self.watched:
            self.segmentor.eval()
        return self

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args: Any) -> None:
        """Remember which parts a checkpoint has: that of a segmentor lacks all but one."""
        own = (key.removeprefix(prefix) for key in state_dict if key.startswith(prefix))
        self.loaded = frozenset(key.partition(".")[0] for key in own)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def _discriminator_loss(
        self, look: str, real: Tensor, mask: Tensor | None, made: Tensor
    ) -> Tensor:
        earlier = self.pools[look](made)
        terms = (
            self._judge(look, real, mask, REAL),
            self._judge(look, earlier, earlier[:, 0] != HOLE, FAKE),
        )
        return 0.5 * (terms[0] + terms[1])

    def _judge(self, look: str, images: Tensor, mask: Tensor | None, label: float) -> Tensor:
        """Return the loss of a discriminator's judgement of images against a label."""
        judge = self.discriminators[look]
        logits = judge(hidden(images, mask))
        return gan_loss(logits, label, self.gan, judged(logits, mask, judge))


def _mask(images: Tensor, samples: list | None) -> Tensor | None:
    """Return which pixels of images (N, B, H, W) count, (N, H, W) bool; None for all."""
    if samples is None:
        return None
    return DomainImages(images, samples, images).mask(tuple(images.shape[-2:]))


def _marked(images: Tensor, mask: Tensor | None) -> Tensor:
    """Return images whose pixels outside a mask are marked, so that a pool can keep them."""
    return images if mask is None else images.masked_fill(~mask[:, None], HOLE)


def _distance(images: Tensor, others: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean absolute difference where pixels count."""
    return counted_mean((images - others).abs(), None if mask is None else mask[:, None])
