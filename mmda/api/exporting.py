"""Passing on trained models in Python: what ``mmda export`` calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mmda.api.prediction import Model
from mmda.errors import ConfigError
from mmda.utils.files import check_new_file

if TYPE_CHECKING:
    from mmengine.config import Config

    from mmda.models.segmentors import UDASegmentor

SUFFIXES = (".safetensors", ".pth", ".onnx")


@dataclass(frozen=True)
class Exported:
    """A model that was written for others.

    Attributes:
        path: The file.
        config: The config that was written beside it, of a ``.pth`` file.
        notes: What MMSegmentation does not do as mmda does, of a ``.pth`` file.
        needs: Names of parts that only mmda has, of a ``.pth`` file.
        difference: Of an ``.onnx`` file, how far its probabilities differed from the model's.
    """

    path: Path
    config: Path | None = None
    notes: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    difference: float | None = None


def export(model: Model, out: str | Path) -> Path:
    """Write the network that predicts to a file whose suffix says the format.

    ``.safetensors`` cannot hold code, and all that takes a checkpoint takes it, with the same
    config. ``.pth`` is a checkpoint of MMSegmentation, whose config is written beside it. ``.onnx``
    goes from raw pixels to probabilities, normalisation and temperature included, for any number of
    images of any size; it is checked with onnxruntime. None can be resumed from. Discriminators,
    the optimisers and whichever of teacher and student does not predict are left out.

    Args:
        model: The model, see :func:`~mmda.api.prediction.load_model`.
        out: The file.

    Returns:
        Path of the file.

    Raises:
        ConfigError: When ``out`` ends in something else, a library of the format is not installed,
            the model adapts at test time, its ONNX file gives other probabilities, or a file is
            there already or cannot be written.

    Example:
        >>> from mmda import export, load_model
        >>> model = load_model("config.py", "iter_60.pth", device="cpu")
        >>> passed_on = load_model("config.py", export(model, "model.safetensors"), device="cpu")
        >>> passed_on.classes
        ['background', 'building']
    """
    return write_model(model, out).path


def check_out(path: Path) -> None:
    """Raise a :class:`ConfigError` if a model cannot be exported to a path; no model is needed."""
    if path.suffix not in SUFFIXES:
        raise ConfigError(f"`{path}` must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.")
    check_new_file(path)
    if path.suffix == ".pth":
        check_new_file(path.with_suffix(".py"))


def write_model(model: Model, out: str | Path) -> Exported:
    """Do what :func:`export` does, and return what there is to know of the file."""
    path = Path(out)
    check_out(path)
    network = model.network
    if path.suffix == ".safetensors":
        from mmda.engine import safetensors_file
        from mmda.exporting.metadata import exported_meta

        safetensors_file.write(network.predictor, exported_meta(network), path)
        return Exported(path)
    from mmda.exporting.metadata import check_portable

    check_portable(network, path)
    if path.suffix == ".onnx":
        from mmda.exporting import onnx_file

        return Exported(path, difference=onnx_file.write(network, path))
    return _export_mmseg(network, model.config, path)


def _export_mmseg(network: UDASegmentor, config: Config | None, path: Path) -> Exported:
    from mmda.exporting import mmseg_checkpoint

    if config is None:
        raise ConfigError("A .pth file needs the model's config; load the model with `load_model`.")
    needs = mmseg_checkpoint.write(network, config, path)
    return Exported(path, path.with_suffix(".py"), mmseg_checkpoint.limits(network), needs)
