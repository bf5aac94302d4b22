"""MMEngine without what takes longer than a tiny training."""

from __future__ import annotations

import ast
import copy
import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


@contextmanager
def quick_mmengine() -> Iterator[None]:
    """Leave out work of MMEngine that no result hangs on, or do it once per process."""
    import mmengine.dataset.base_dataset as datasets
    import mmengine.model.base_module
    import mmengine.model.weight_init
    import mmengine.optim.optimizer.default_constructor as optimisers
    import mmengine.utils.version_utils as versions
    import yapf.yapflib.yapf_api
    from mmengine.config import Config

    with pytest.MonkeyPatch.context() as patch:
        # Each checkpoint and log holds the config, formatted, and the commit of MMEngine's folder.
        patch.setattr(yapf.yapflib.yapf_api, "FormatCode", _parsed)
        patch.setattr(versions, "_minimal_ext_cmd", lambda command: b"0" * 40)
        # Each dataset collects garbage, among all that the tests' process has imported.
        patch.setattr(datasets, "gc", SimpleNamespace(collect=lambda: 0))
        # Each initialisation of a model keeps the mean of every parameter, for the log.
        for module in (mmengine.model.base_module, mmengine.model.weight_init):
            patch.setattr(module, "update_init_info", _check_known)
        # Each optimiser looks for compiled operators, once per parameter.
        compiled = functools.cache(optimisers.mmcv_full_available)
        patch.setattr(optimisers, "mmcv_full_available", compiled)
        # Each config parses its bases.
        patch.setattr(Config, "_file2dict", staticmethod(_reading_once(Config._file2dict)))
        yield


def _parsed(text: str, **_: Any) -> tuple[str, bool]:
    """Return a config's text as it is; like the formatter, fail where it is no Python."""
    ast.parse(text)
    return text, True


def _check_known(module: Any, init_info: str) -> None:
    """Keep MMEngine's check that no parameter comes in while a model is initialised."""
    assert all(param in module._params_init_info for param in module.parameters())


def _reading_once(read: Any) -> Any:
    """Parse each of the repository's configs once for the same environment."""

    @functools.cache
    def read_once(filename: str, environment: tuple, args: tuple, kwargs: tuple) -> tuple:
        return read(filename, *args, **dict(kwargs))

    def parse(filename: str, *args: Any, **kwargs: Any) -> tuple:
        if CONFIGS not in Path(filename).resolve().parents:
            return read(filename, *args, **kwargs)
        path = os.path.abspath(filename)
        environment = tuple(item for item in os.environ.items() if item[0].startswith("MMDA_"))
        return copy.deepcopy(read_once(path, environment, args, tuple(kwargs.items())))

    return parse
