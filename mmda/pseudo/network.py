"""The network's predictions for a batch of tiles."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmda.errors import ConfigError, check_choice
from mmda.models.alignments.domain_batch import DomainImages, resize
from mmda.pseudo.store import Prediction
from mmda.pseudo.thresholds import BINS
from mmda.raster.decoding import IGNORE

SOFTMAX = ("after", "before")  # the maps are resized


class NetworkPredictor:
    """Runs a segmentor on batches and keeps only the arg-max and confidence of its maps.

    The model's ``test_time`` adapts it to each batch.

    Args:
        model: A :class:`~mmda.models.UDASegmentor`, in evaluation mode; its ``evaluate`` decides
            whether the student or the teacher predicts.
        softmax: ``'after'`` if the logits are resized to the tile and then become probabilities,
            as in evaluation; ``'before'`` if the probabilities are resized, as in the code of BDL,
            SIM and their successors. Confidences at borders are lower then.
        lowest: The lowest bin of confidence that is kept of each class, (C,), to predict as CBST
            does: the arg-max of the probabilities divided by the lower edges of these bins. A
            pixel's bin is then the highest one where the quotient is 1 or more, else 0.

    Raises:
        ConfigError: When ``softmax`` is neither, or is ``'before'`` and the segmentor predicts in
            windows, which are joined as logits of the tile's size.

    Attributes:
        seconds: Time spent in the network's forward pass.
    """

    def __init__(
        self, model: Any, softmax: str = "after", lowest: np.ndarray | None = None
    ) -> None:
        check_choice("softmax", softmax, SOFTMAX, "Pseudo-labels")
        mode = model.predictor.test_cfg.get("mode", "whole")
        if softmax == "before" and mode != "whole":
            raise ConfigError(
                "Pseudo-labels: softmax='before' needs a segmentor that predicts whole tiles, but "
                f"its `test_cfg.mode` is `{mode}`. Use softmax='after', or test_cfg=dict("
                "mode='whole')."
            )
        self.model, self.softmax = model, softmax
        self.num_classes: int = model.num_classes
        self.divisors = None if lowest is None else torch.from_numpy(lowest.clip(1) / BINS)
        self.seconds = 0.0

    @torch.no_grad()
    def __call__(self, data: dict) -> tuple[list[Prediction], np.ndarray]:
        """Predict a batch of packed samples.

        Returns:
            The predictions, of the size of the loaded tiles; and the number of pixels of the whole
            batch by class and bin of confidence, (C, BINS) int64.
        """
        data = self.model.data_preprocessor(data, False)
        start = time.perf_counter()
        samples = self._predict(data["inputs"], data["data_samples"])
        if data["inputs"].is_cuda:
            torch.cuda.synchronize()
        self.seconds += time.perf_counter() - start
        predictions, histograms = [], np.zeros(self.num_classes * BINS, np.int64)
        for sample in samples:
            label, bins = _reduced(sample, *self._confidence(self._probabilities(sample)))
            place = (label.long() * BINS + bins)[label != IGNORE]
            histograms += torch.bincount(place, minlength=len(histograms)).cpu().numpy()
            arrays = (
                label.to(torch.uint8).cpu().numpy(),
                bins.to(torch.int16).cpu().numpy().astype(np.uint16),
            )
            predictions.append(Prediction(sample.metainfo["tile"], *arrays))
        return predictions, histograms.reshape(self.num_classes, BINS)

    def _predict(self, images: Tensor, samples: list) -> list:
        """Predict; with ``'before'`` the samples' ``seg_logits`` are probabilities."""
        if self.softmax == "after":
            return self.model.predict(images, samples)
        network = self.model.predictor
        counted = DomainImages(images, samples, images, mask_key="has_data")
        mask = counted.mask(counted.size)
        with self.model.test_time.adapted(network, images, mask):
            maps = network(images).float().softmax(1)
        maps = resize(maps, tuple(images.shape[-2:]), network.align_corners)
        return network.postprocess_result(maps, samples)

    def _probabilities(self, sample: Any) -> Tensor:
        """Return a predicted sample's probabilities, (C, H, W)."""
        maps = sample.seg_logits.data.float()
        return maps if self.softmax == "before" else maps.softmax(0)

    def _confidence(self, probabilities: Tensor) -> tuple[Tensor, Tensor]:
        """Return confidence and label (H, W) of probabilities (C, H, W)."""
        if self.divisors is None:
            confidence, label = probabilities.max(0)
            return confidence, label
        quotient, label = (probabilities / self.divisors.to(probabilities)[:, None, None]).max(0)
        return quotient.where(quotient.isnan(), (quotient >= 1).to(quotient)), label


def _reduced(sample: Any, confidence: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    """Return arg-max (255 where there is no data) and bin of confidence, each (H, W) int64."""
    if not torch.isfinite(confidence).all():
        raise ConfigError(
            f"The prediction for the tile `{sample.metainfo['tile']}` is not finite: the training "
            "has diverged. Take an earlier checkpoint, or lower the learning rate."
        )
    bins = (confidence * BINS).long().clamp_(max=BINS - 1)
    if "valid" in sample:
        valid = sample.valid.data[0].to(label.device)
        if valid.shape != label.shape:
            raise ConfigError(
                f"The prediction for the tile `{sample.metainfo['tile']}` has {tuple(label.shape)} "
                f"pixels, but its mask of pixels with data has {tuple(valid.shape)}. Resize tiles "
                "with `ResizeImage`, which does not resize the mask."
            )
        label = label.masked_fill(~valid, IGNORE)
    return label, bins


def weights_digest(model: Any) -> str:
    """Return a digest of the weights of the network that predicts."""
    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in model.predictor.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
