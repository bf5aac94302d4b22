"""A model as an ONNX file, checked against the model by onnxruntime."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.export import Dim

from mmda.engine.inference import NetworkPredictor
from mmda.errors import ConfigError
from mmda.exporting.metadata import exported_meta
from mmda.exporting.onnx_network import PixelsToProbabilities
from mmda.models.segmentors import UDASegmentor
from mmda.utils.extras import require
from mmda.utils.files import atomic_path

SUFFIX = ".onnx"
TOLERANCE = 1e-4  # of a probability
TRACED = (2, 64, 96)  # images, height and width, in pixels
CHECKED = ((2, 64, 96), (1, 80, 77))
INPUT = "raw pixel values, as float32, of images (N, B, H, W); the network normalises them"


def write(network: UDASegmentor, path: Path) -> float:
    """Write a model from raw pixels to probabilities; number and size of the images are free.

    Args:
        network: The model, in evaluation mode on the CPU.
        path: The file.

    Returns:
        The largest difference from the model's own probabilities, at two sizes of images.

    Raises:
        ConfigError: When onnx, onnxruntime or onnxscript are not installed, the network cannot be
            exported, or onnxruntime gives other probabilities; no file is left then.
    """
    for library in ("onnx", "onnxruntime", "onnxscript"):
        require(library, f"A {SUFFIX} file", "onnx")
    import onnx

    path.parent.mkdir(parents=True, exist_ok=True)
    model = _exported(network).model_proto
    meta = {name: json.dumps(value) for name, value in exported_meta(network).items()}
    onnx.helper.set_model_props(model, {"input": INPUT, **meta})
    with atomic_path(path) as temporary:
        onnx.save(model, str(temporary))
        with _quiet():
            difference = max(_difference(network, temporary, size) for size in CHECKED)
        if not difference <= TOLERANCE:
            raise ConfigError(
                f"onnxruntime's probabilities differ from the model's by {difference:.2g}, but at "
                f"most {TOLERANCE:g} is expected; `{path}` is not written. Export to .safetensors "
                "or .pth."
            )
    return difference


def _exported(network: UDASegmentor) -> Any:
    module = PixelsToProbabilities(network).eval()
    with _quiet():
        try:
            return torch.onnx.export(
                module,
                (_pixels(network, TRACED),),
                input_names=["image"],
                output_names=["probabilities"],
                dynamic_shapes={"image": dict.fromkeys((0, 2, 3), Dim.DYNAMIC)},
                dynamo=True,
                verbose=False,
            )
        except Exception as error:  # of any kind, from inside the exporter
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise ConfigError(
                f"The network cannot be exported to ONNX: {reason[0]}. Export to .safetensors or "
                ".pth."
            ) from error


def _pixels(network: UDASegmentor, size: tuple[int, int, int]) -> torch.Tensor:
    """Return random images in the range of those that the network was trained on."""
    preprocessor: Any = network.data_preprocessor
    mean, std = preprocessor.statistics(preprocessor.test_domain)
    count, height, width = size
    random = torch.Generator().manual_seed(0)
    noise = torch.randn(count, len(mean), height, width, generator=random)
    return mean.cpu() + std.cpu() * noise


def _difference(network: UDASegmentor, path: Path, size: tuple[int, int, int]) -> float:
    """Return the largest difference of probabilities for random images."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    pixels = _pixels(network, size).numpy()
    (found,) = session.run(None, {"image": pixels})
    return float(np.abs(found - NetworkPredictor(network)(pixels)).max())


@contextmanager
def _quiet() -> Iterator[None]:
    """Hide what the exporter says of parts that the network does not use, and torch of sizes."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
