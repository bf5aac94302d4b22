"""Where the files of pretrained weights are, and how they come there."""

from __future__ import annotations

import os
import urllib.error
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlparse

import torch
from mmengine.dist import barrier, is_main_process
from mmengine.runner import (
    get_deprecated_model_names,
    get_external_models,
    get_mmcls_models,
    get_torchvision_models,
)
from mmengine.runner.checkpoint import _get_mmengine_home

from mmda.engine.packaged_weights import SCHEME, packaged_weights
from mmda.errors import ConfigError, did_you_mean

FOLDER = "MMDA_WEIGHTS"
"""Environment variable: a folder in which downloaded weights are looked for first, and put."""
TORCHVISION = ("torchvision", "modelzoo")
CATALOGUES: dict[str, Callable[[], dict[str, str]]] = {
    "open-mmlab": get_external_models,
    "openmmlab": get_external_models,
    "mmcls": get_mmcls_models,
    **dict.fromkeys(TORCHVISION, get_torchvision_models),
}
"""Addresses by name, for each scheme of names such as ``open-mmlab://resnet101_v1c``."""


def weights_file(name: str) -> Path:
    """Return the file of weights, downloaded where it is not there.

    Args:
        name: A file, an address (``https://...``), a name of one of :data:`CATALOGUES`, or
            ``package://NAME``.

    Raises:
        ConfigError: When the name is unknown, a package of the weights is not installed, or they
            cannot be downloaded.
    """
    place = resolve(name)
    if urlparse(place).scheme not in ("http", "https"):
        return Path(place)
    return find(place) or _download(place, name)


def resolve(name: str) -> str:
    """Return the file or address that a name stands for; the arguments of :func:`weights_file`."""
    scheme, separator, rest = name.partition("://")
    if not separator:
        return os.path.expanduser(name)
    if scheme in ("http", "https"):
        return name
    if scheme == SCHEME:
        return str(packaged_weights(rest))
    if scheme not in CATALOGUES:
        raise ConfigError(
            f"The checkpoint `{name}` cannot be read: `{scheme}://` is none of http, https, "
            f"{SCHEME}, {', '.join(CATALOGUES)}. Download the file and give its path."
        )
    try:
        known = CATALOGUES[scheme]()
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"The address of `{name}` is known to torchvision alone, which is not installed. Give "
            "the path of the weights, or install torchvision."
        ) from error
    if scheme in ("open-mmlab", "openmmlab"):
        rest = get_deprecated_model_names().get(rest, rest)
    if rest not in known:
        raise ConfigError(
            f"The checkpoint `{name}` is not one of those known as `{scheme}://...`."
            + did_you_mean(rest, known)
        )
    place = known[rest]
    return place if "://" in place else os.path.join(_get_mmengine_home(), place)


def folders() -> list[Path]:
    """Return where downloaded weights are looked for; new ones come into the first."""
    own = os.environ.get(FOLDER)
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    return [Path(own).expanduser(), cache] if own else [cache]


def find(address: str) -> Path | None:
    """Return the file of an address that was downloaded before, None where there is none."""
    files = (folder / file_name(address) for folder in folders())
    return next((path for path in files if path.is_file()), None)


def file_name(address: str) -> str:
    """Return the name of the file that an address is downloaded to."""
    return Path(urlparse(address).path).name


def _download(address: str, name: str) -> Path:
    """Download an address by the first process; the others wait, and fail with it."""
    path = folders()[0] / file_name(address)
    reason: Exception | None = None
    if is_main_process():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(address, str(path), progress=False)
        except (urllib.error.URLError, OSError) as error:
            reason = error
    barrier()
    if not path.is_file():
        because = f" ({getattr(reason, 'reason', reason)})" if reason else ""
        raise ConfigError(
            f"The weights `{name}` are not on this machine, and `{address}` cannot be downloaded "
            f"to `{path.parent}`{because}. Fetch them where there is internet, `mmda weights "
            f"CONFIG --fetch`, and copy `{path.name}` into a folder that the environment variable "
            f"{FOLDER} names; or give their path in `init_cfg.checkpoint`."
        ) from reason
    return path
