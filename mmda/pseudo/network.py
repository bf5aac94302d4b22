"""The network's predictions for a batch of tiles."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmda.errors import ConfigError
from mmda.pseudo.store import Prediction
from mmda.pseudo.thresholds import BINS
from mmda.raster.decoding import IGNORE


class NetworkPredictor:
    """Runs a segmentor on batches and keeps only the arg-max and confidence of its maps.

    Args:
        model: A :class:`~mmda.models.UDASegmentor`, in evaluation mode; its ``evaluate`` decides
            whether the student or the teacher predicts.

    Attributes:
        seconds: Time spent in the network's forward pass.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.num_classes: int = model.num_classes
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
        samples = self.model.predictor.predict(data["inputs"], data["data_samples"])
        if data["inputs"].is_cuda:
            torch.cuda.synchronize()
        self.seconds += time.perf_counter() - start
        predictions, histograms = [], np.zeros(self.num_classes * BINS, np.int64)
        for sample in samples:
            label, bins = _reduced(sample)
            place = (label.long() * BINS + bins)[label != IGNORE]
            histograms += torch.bincount(place, minlength=len(histograms)).cpu().numpy()
            arrays = (
                label.to(torch.uint8).cpu().numpy(),
                bins.to(torch.int16).cpu().numpy().astype(np.uint16),
            )
            predictions.append(Prediction(sample.metainfo["tile"], *arrays))
        return predictions, histograms.reshape(self.num_classes, BINS)


def _reduced(sample: Any) -> tuple[Tensor, Tensor]:
    """Return arg-max (255 where there is no data) and bin of confidence, each (H, W) int64."""
    confidence, label = sample.seg_logits.data.float().softmax(0).max(0)
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
