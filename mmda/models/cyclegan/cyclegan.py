"""CycleGAN: translation between the looks of two domains, learned from unpaired images."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseModel, ModuleDict
from torch import Tensor

from mmda.errors import ConfigError, check_choice
from mmda.models.alignments.base import frozen
from mmda.models.alignments.domain_batch import DomainImages
from mmda.models.alignments.valid_area import hidden, judged
from mmda.models.cyclegan.image_pool import ImagePool
from mmda.models.losses import gan_loss
from mmda.registry import MODELS
from mmda.utils.distributed import counted_mean

OTHER = {"target": "source", "source": "target"}
WEIGHTS = {"adversarial": 1.0, "cycle": 10.0, "identity": 5.0}
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

    Args:
        generator: Config of the generators, such as
            :class:`~mmda.models.cyclegan.generator.ResNetGenerator`.
        discriminator: Config of the discriminators.
        weights: Weights of the terms ``adversarial``, ``cycle`` and ``identity``, by default the
            published 1, 10 and 5. An identity weight of 0 saves two of six passes through a
            generator.
        pool_size: Number of images per pool.
        gan: ``'lsgan'`` as published, or ``'vanilla'``.
        data_preprocessor: Config of the preprocessor.
        init_cfg: Initialisation, as in MMEngine.

    Raises:
        ConfigError: When a weight's name is unknown.
    """

    def __init__(
        self,
        generator: dict,
        discriminator: dict,
        weights: dict[str, float] | None = None,
        pool_size: int = 50,
        gan: str = "lsgan",
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
        return made, terms

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
