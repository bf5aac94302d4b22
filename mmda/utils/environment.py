"""What a bug report needs to know of the machine: versions, devices, variables."""

from __future__ import annotations

import importlib
import os
import platform
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType

import mmda
from mmda.utils.installation import FORKS, InstallationError, check_installation
from mmda.utils.names import printable

PACKAGES = (*FORKS.values(), "numpy", "rasterio", "shapely", "geopandas", "pyproj", "opencv-python")
SECRET = re.compile(r"key|token|secret|passw|credential|auth", re.IGNORECASE)
HIDDEN = "***"


def describe_environment() -> dict[str, str]:
    """Return versions, devices and ``MMDA_*`` variables by name.

    Nothing that is missing or broken raises an error: its line says so. The home folder is ``~``,
    and what may be a password or key is left out (see :func:`hide_secrets`).
    """
    lines = {
        "mmda": f"{mmda.__version__} in {_short(str(Path(mmda.__file__).parent))}",
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": platform.platform(),
        "CPU cores": str(os.cpu_count()),
        **dict(_torch()),
        **{name: _version(name) for name in dict.fromkeys(PACKAGES)},
        **dict(_libraries()),
        **variables(os.environ),
    }
    try:
        check_installation()
    except InstallationError as error:
        lines["problem"] = str(error)
    return lines


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return mmda's variables of an environment, in their order, without secrets."""
    names = sorted(name for name in environment if name.startswith("MMDA_"))
    return {name: hide_secrets(name, environment[name]) for name in names}


def hide_secrets(name: str, value: str) -> str:
    """Return a variable's value as one line that can be shown to others.

    Args:
        name: The variable. Where it, or the value, speaks of a key, token or password, the
            value is hidden as a whole.
        value: Its value. In addresses, the user and what follows the question mark are hidden.
    """
    if SECRET.search(name) or SECRET.search(value):
        return HIDDEN
    value = re.sub(r"//[^/]*@", f"//{HIDDEN}@", value)
    return _short(printable(re.sub(r"\?.*", f"?{HIDDEN}", value, flags=re.DOTALL)))


def _short(path: str) -> str:
    home = os.path.expanduser("~")
    return f"~{path[len(home) :]}" if path.startswith(home + os.sep) else path


def _torch() -> Iterator[tuple[str, str]]:
    torch = _module("torch")
    if isinstance(torch, str):
        yield "torch", torch
        return
    yield "torch", torch.__version__
    yield "CUDA", f"{torch.version.cuda or 'none in this build'}"
    for index in range(torch.cuda.device_count()):
        device = torch.cuda.get_device_properties(index)
        yield f"GPU {index}", f"{device.name}, {device.total_memory / 2**30:.0f} GiB"


def _libraries() -> Iterator[tuple[str, str]]:
    """Yield the versions of the C libraries that the raster packages bring."""
    for library, module, attribute in (
        ("GDAL", "rasterio", "__gdal_version__"),
        ("GEOS", "shapely", "geos_version_string"),
        ("PROJ", "pyproj", "__proj_version__"),
    ):
        found = _module(module)
        yield library, found if isinstance(found, str) else str(getattr(found, attribute))


def _module(name: str) -> ModuleType | str:
    """Import a package, or return a line that says why it cannot be."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # a broken library fails in any way
        return f"`import {name}` fails: {printable(str(error))}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
