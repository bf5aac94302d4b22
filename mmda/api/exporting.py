"""Passing on trained models in Python: what ``mmda export`` calls."""

from __future__ import annotations

from pathlib import Path

from mmda.api.prediction import Model
from mmda.errors import ConfigError


def export(model: Model, out: str | Path) -> Path:
    """Write the network that predicts to a safetensors file, which cannot hold code.

    All that takes a checkpoint takes the file, too, with the same config; it cannot be resumed
    from. Discriminators, the optimisers and whichever of teacher and student does not predict are
    left out.

    Args:
        model: The model, see :func:`~mmda.api.prediction.load_model`.
        out: The file, which ends in ``.safetensors``.

    Returns:
        Path of the file.

    Raises:
        ConfigError: When ``out`` ends in something else, or safetensors is not installed.

    Example:
        >>> from mmda import export, load_model
        >>> model = load_model("config.py", "iter_60.pth", device="cpu")
        >>> passed_on = load_model("config.py", export(model, "model.safetensors"), device="cpu")
        >>> passed_on.classes
        ['background', 'building']
    """
    from mmda.engine import safetensors_file

    path = Path(out)
    if path.suffix != safetensors_file.SUFFIX:
        raise ConfigError(f"`{path}` must end in {safetensors_file.SUFFIX}; nothing is written.")
    network = model.network
    meta = {"dataset_meta": network.dataset_meta, "temperature": network.temperature}
    safetensors_file.write(network.predictor, meta, path)
    return path
