"""Where a training's curves and pictures go besides its folder: TensorBoard, MLflow and others."""

from __future__ import annotations

from collections.abc import Sequence

from mmengine.config import Config

from mmda.errors import ConfigError, did_you_mean
from mmda.utils.extras import require

TRACKERS = {
    "tensorboard": "TensorboardVisBackend",
    "mlflow": "MLflowVisBackend",
    "wandb": "WandbVisBackend",
    "clearml": "ClearMLVisBackend",
    "neptune": "NeptuneVisBackend",
    "dvclive": "DVCLiveVisBackend",
    "aim": "AimVisBackend",
}
"""Names of libraries, and MMEngine's backend that writes for each."""
PICTURES = 20  # in the course of a training


def add_trackers(config: Config, names: Sequence[str], pictures: int | None = None) -> None:
    """Add backends to a config's visualizer, and a hook that shows predictions.

    A backend that the config has already stays as it is there.

    Args:
        config: A loaded config.
        names: Keys of :data:`TRACKERS`; without any, nothing is added.
        pictures: Number of iterations between two pictures; by default a twentieth of the training.

    Raises:
        ConfigError: When a name is unknown, its library is missing, the config has no visualizer,
            or pictures have nowhere to go.
    """
    if not names:
        if pictures is not None:
            raise ConfigError("--pictures needs --log, such as `--log tensorboard`.")
        return
    if not config.get("visualizer"):
        raise ConfigError(f"The config `{config.filename}` has no `visualizer` to log with.")
    backends = list(config.visualizer.get("vis_backends") or [])
    for name in names:
        if name not in TRACKERS:
            raise ConfigError(
                f"--log {name}: expected one of {', '.join(TRACKERS)}."
                + did_you_mean(name, TRACKERS)
            )
        _check_library(name)
        if TRACKERS[name] not in {one["type"] for one in backends}:
            backends.append({"type": TRACKERS[name]})
    config.visualizer.vis_backends = backends
    length = int((config.get("train_cfg") or {}).get("max_iters") or PICTURES)
    interval = max(1, length // PICTURES) if pictures is None else pictures
    hook = {"type": "TargetPicturesHook", "interval": interval}
    config.default_hooks = {**(config.get("default_hooks") or {}), "pictures": hook}


def _check_library(name: str) -> None:
    if name == "tensorboard":
        require("torch.utils.tensorboard", "--log tensorboard")
        return
    try:
        __import__(name)
    except ImportError as error:
        raise ConfigError(
            f"--log {name}: `{name}` cannot be imported ({error}). Install it with "
            f"`pip install {name}`."
        ) from error
