"""The reference of ``training_step.py``: the same training in plain PyTorch, by hand."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SOURCE, TARGET = 0.0, 1.0


@dataclass
class PlainBatch:
    """One iteration's data as lists of tensors: images (B, H, W) uint8, labels (H, W) int64."""

    source: list[Tensor]
    target: list[Tensor]
    labels: list[Tensor]


class BareLoop:
    """Output-space adversarial alignment (single level), written out.

    Args:
        segmentor: An ``EncoderDecoder``; only its backbone and decode head are called.
        discriminator: The discriminator of the softmax maps.
        mean: Mean per band.
        std: Standard deviation per band.
        optimizers: Arguments of the segmentor's AdamW and of the discriminator's Adam.
        clip: Largest norm of the segmentor's gradient.
        weight: Weight of the adversarial loss.
        max_iters: Length of the polynomial schedule.
    """

    def __init__(
        self,
        segmentor: nn.Module,
        discriminator: nn.Module,
        mean: list[float],
        std: list[float],
        optimizers: tuple[dict, dict],
        clip: float,
        weight: float,
        max_iters: int,
    ) -> None:
        self.segmentor, self.discriminator = segmentor.train(), discriminator.train()
        self.mean = torch.tensor(mean).view(-1, 1, 1)
        self.std = torch.tensor(std).view(-1, 1, 1)
        self.optimizers = (
            torch.optim.AdamW(segmentor.parameters(), **optimizers[0]),
            torch.optim.Adam(discriminator.parameters(), **optimizers[1]),
        )
        self.rates = [settings["lr"] for settings in optimizers]
        self.clip, self.weight, self.max_iters = clip, weight, max_iters
        self.iteration = 0

    def step(self, batch: PlainBatch) -> float:
        """Do one iteration and return its summed loss."""
        source, target = (
            (torch.stack(images).float() - self.mean) / self.std
            for images in (batch.source, batch.target)
        )
        loss = self._loss(source, target, torch.stack(batch.labels))
        loss.backward()
        nn.utils.clip_grad_norm_(self.segmentor.parameters(), self.clip)
        decay = (1 - self.iteration / self.max_iters) ** 0.9
        for optimizer, rate in zip(self.optimizers, self.rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate * decay
            optimizer.step()
            optimizer.zero_grad()
        self.iteration += 1
        return loss.item()

    def _loss(self, source: Tensor, target: Tensor, labels: Tensor) -> Tensor:
        images = torch.cat([source, target])
        logits = self.segmentor.decode_head(self.segmentor.backbone(images))
        logits = F.interpolate(logits, images.shape[-2:], mode="bilinear", align_corners=False)
        source_logits, target_logits = logits.split([len(source), len(target)])
        loss = F.cross_entropy(source_logits, labels, ignore_index=255)
        source_maps, target_maps = source_logits.softmax(1), target_logits.softmax(1)
        self.discriminator.requires_grad_(False)
        adversarial = self._judge(target_maps, SOURCE)
        self.discriminator.requires_grad_(True)
        discrimination = self._judge(source_maps.detach(), SOURCE) + self._judge(
            target_maps.detach(), TARGET
        )
        return loss + self.weight * adversarial + 0.5 * discrimination

    def _judge(self, maps: Tensor, label: float) -> Tensor:
        verdict = self.discriminator(maps)
        return F.binary_cross_entropy_with_logits(verdict, torch.full_like(verdict, label))
