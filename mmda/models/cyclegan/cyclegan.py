"""CycleGAN: translation between the looks of two domains, learned from unpaired images."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from mmengine.model import BaseModel, ModuleDict
from torch import Tensor

from mmda.errors import ConfigError, check_choice
from mmda.models.alignments.base import frozen
from mmda.models.cyclegan.image_pool import ImagePool
from mmda.models.losses import gan_loss
from mmda.registry import MODELS

OTHER = {"target": "source", "source": "target"}
WEIGHTS = {"adversarial": 1.0, "cycle": 10.0, "identity": 5.0}
REAL, FAKE = 1.0, 0.0


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
            data_samples: Not used.
            mode: ``'loss'``, ``'predict'`` or ``'tensor'``.
            weak_inputs: Not used.
            step: Not used.
        """
        return self.loss(inputs) if mode == "loss" else self.translate(inputs)

    def loss(self, images: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return the losses of all four networks for images (N, B, H, W) by domain.

        Raises:
            ConfigError: When a domain is missing.
        """
        if set(images) != set(OTHER):
            raise ConfigError(
                f"CycleGAN needs images of {sorted(OTHER)}, but the training dataset yields "
                f"{sorted(images)}. Give `train_dataloader.dataset` a `source` and a `target`."
            )
        losses = {}
        for look in OTHER:
            made, terms = self._generator_losses(look, images)
            terms["loss_dis"] = self._discriminator_loss(look, images[look], made)
            losses.update({f"{look}.{name}": value for name, value in terms.items()})
        return losses

    def translate(self, images: Tensor, look: str = "target") -> Tensor:
        """Return images (N, B, H, W) in [-1, 1] of the other domain in the look of ``look``."""
        return self.generators[look](images)

    def _generator_losses(
        self, look: str, images: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the translated images, and the terms of the round trip through ``look``."""
        generator, weights = self.generators[look], self.weights
        before = images[OTHER[look]]
        made = generator(before)
        with frozen(self.discriminators[look]):
            judged = self.discriminators[look](made)
        back = self.generators[OTHER[look]](made)
        terms = {
            "loss_adv": weights["adversarial"] * gan_loss(judged, REAL, self.gan),
            "loss_cycle": weights["cycle"] * F.l1_loss(back, before),
        }
        if weights["identity"]:
            same = generator(images[look])
            terms["loss_identity"] = weights["identity"] * F.l1_loss(same, images[look])
        return made, terms

    def _discriminator_loss(self, look: str, real: Tensor, made: Tensor) -> Tensor:
        judge = self.discriminators[look]
        earlier = self.pools[look](made)
        terms = (gan_loss(judge(real), REAL, self.gan), gan_loss(judge(earlier), FAKE, self.gan))
        return 0.5 * (terms[0] + terms[1])
