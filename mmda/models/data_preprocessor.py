"""Normalisation of each domain with its own statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor
from mmseg.utils import stack_batch
from torch import Tensor

from mmda.datasets.transforms.formatting import LABELS
from mmda.errors import ConfigError, DataError
from mmda.registry import MODELS


@MODELS.register_module()
class DomainDataPreprocessor(BaseDataPreprocessor):
    """Normalise, pad and batch the images of each domain, for any number of bands.

    A paired batch ``{'source': ..., 'target': ...}`` becomes ``inputs`` and ``data_samples`` by
    domain; a batch without domains, as at test time, stays one. Each sample is normalised with the
    statistics of the domain that its metadata names. So target-only training, whose ``source`` is
    the target domain, normalises as its evaluation does. Where the metadata name none of
    ``domains``, the domain of the batch is used, or ``test_domain`` at test time.

    Args:
        mean: Mean per band, in the image's units.
        std: Standard deviation per band, in the image's units.
        domains: Statistics of single domains that replace the common ones, e.g.
            ``dict(target=dict(mean=[...], std=[...]))``.
        size: Height and width to which training images are padded, in pixels.
        size_divisor: In place of ``size``, the number of which padded heights and widths are
            multiples. It applies to test images too; their predictions are cut to the image.
        pad_val: Value of padding pixels in images, after normalisation.
        seg_pad_val: Value of padding pixels in labels.
        test_domain: Domain whose statistics are used for test samples that name none.

    Raises:
        ConfigError: When statistics differ in length or a standard deviation is not positive.
    """

    def __init__(
        self,
        mean: Sequence[float],
        std: Sequence[float],
        domains: dict[str, dict] | None = None,
        size: tuple[int, int] | None = None,
        size_divisor: int | None = None,
        pad_val: float = 0,
        seg_pad_val: int = 255,
        test_domain: str = "target",
    ) -> None:
        super().__init__(non_blocking=True)  # pinned memory is copied without waiting
        self.num_bands = len(mean)
        self.size = tuple(size) if size else None
        self.size_divisor = size_divisor
        self.pad_val, self.seg_pad_val = pad_val, seg_pad_val
        self.test_domain = test_domain
        self.domains = tuple(domains or ())
        self._register("default", mean, std)
        for name, statistics in (domains or {}).items():
            self._register(name, statistics["mean"], statistics["std"])

    def _register(self, name: str, mean: Sequence[float], std: Sequence[float]) -> None:
        if len(mean) != self.num_bands or len(std) != self.num_bands or min(std) <= 0:
            raise ConfigError(
                f"DomainDataPreprocessor: mean {list(mean)} and std {list(std)} of `{name}` must "
                f"both have {self.num_bands} values (one per band), and each std must be positive."
            )
        for key, values in (("mean", mean), ("std", std)):
            tensor = torch.tensor(values, dtype=torch.float32).view(-1, 1, 1)
            self.register_buffer(f"{name}_{key}", tensor, persistent=False)

    def forward(self, data: dict, training: bool = False) -> dict[str, Any]:
        """Normalise a batch.

        Args:
            data: A paired batch, which may have a ``step``, or ``inputs`` and ``data_samples``
                without domains.
            training: Whether to pad labels with the images.

        Returns:
            ``inputs`` and ``data_samples``; for a paired batch each is a dict by domain,
            ``weak_inputs`` has the teacher's views of the domains that have them, and a ``step`` is
            passed on.

        Raises:
            DataError: When an image has another number of bands than the statistics, or images
                that are not padded differ in size.
        """
        data = self.cast_data(data)
        if "inputs" in data:
            samples = _with_long_labels(data.get("data_samples"))
            inputs = self._normalised(data["inputs"], samples, self.test_domain)
            stacked, samples = self._stack(inputs, samples, training)
            return {"inputs": stacked, "data_samples": samples}
        batch: dict[str, Any] = {"inputs": {}, "data_samples": {}, "weak_inputs": {}}
        if "step" in data:
            batch["step"] = data.pop("step")
        for domain, part in data.items():
            samples = _with_long_labels(part["data_samples"])
            if "weak_inputs" in part:
                weak = self._normalised(part["weak_inputs"], samples, domain)
                batch["weak_inputs"][domain], _ = self._stack(weak, None, training)
            images = self._normalised(part["inputs"], samples, domain)
            batch["inputs"][domain], batch["data_samples"][domain] = self._stack(
                images, samples, training
            )
        return batch

    def _normalised(
        self, images: Sequence[Tensor], samples: list | None, domain: str
    ) -> list[Tensor]:
        named = samples or [None] * len(images)
        return [
            self._normalise(image, self._domain_of(sample, domain), sample)
            for image, sample in zip(images, named, strict=True)
        ]

    def _stack(
        self, images: list[Tensor], samples: list | None, training: bool
    ) -> tuple[Tensor, list | None]:
        size = self.size if training else None
        if size is None and self.size_divisor is None:
            if len({image.shape for image in images}) > 1:
                raise DataError(
                    f"Images of one batch differ in size: {[tuple(i.shape) for i in images]}. "
                    "Set `size` in the data preprocessor, or use batch size 1 for evaluation."
                )
            return torch.stack(images), samples
        padded, padded_samples = stack_batch(
            images,
            samples if training else None,
            size,
            self.size_divisor,
            self.pad_val,
            self.seg_pad_val,
        )
        if training or samples is None:
            return padded, None if samples is None else padded_samples
        for sample, information in zip(samples, padded_samples, strict=True):
            sample.set_metainfo(information)
        return padded, samples

    def _domain_of(self, sample: Any, default: str) -> str:
        named = sample.metainfo.get("domain") if sample is not None else None
        return named if named in self.domains else default

    def _normalise(self, image: Tensor, domain: str, sample: Any) -> Tensor:
        if image.shape[0] != self.num_bands:
            path = sample.metainfo.get("img_path", "an image") if sample is not None else "an image"
            raise DataError(
                f"`{path}` has {image.shape[0]} bands, but the config's data preprocessor has "
                f"{self.num_bands}. Set `mean`, `std` and the backbone's `in_channels` to the data."
            )
        mean, std = self.statistics(domain)
        return (image.float() - mean) / std

    def statistics(self, domain: str) -> tuple[Tensor, Tensor]:
        """Return the mean and the standard deviation, (B, 1, 1) each, of a domain."""
        name = domain if domain in self.domains else "default"
        return getattr(self, f"{name}_mean"), getattr(self, f"{name}_std")


def _with_long_labels(samples: list | None) -> list | None:
    """Give samples their labels as int64, which losses need, once they are on the device."""
    for sample in samples or ():
        for name in LABELS:
            if name in sample:
                pixels = sample.get(name)
                pixels.data = pixels.data.long()
    return samples
