"""Reaching a Dask cluster, whose machines share the disk with this one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmda.errors import ConfigError
from mmda.utils.installation import install_extra


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Yield a client of a Dask scheduler.

    Args:
        address: Its address, ``tcp://HOST:PORT``, or its scheduler file (``.json``).

    Raises:
        ConfigError: When Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigError(
            f"--scheduler needs Dask, which is not installed: {install_extra('dask')}."
        ) from error
    place = {"scheduler_file": address} if address.endswith(".json") else {"address": address}
    try:
        client = Client(**place, timeout=20, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"No Dask scheduler answers at `{address}` ({error}). Start one with `dask scheduler` "
            "and give the address that it prints, such as tcp://10.0.0.1:8786."
        ) from error
    try:
        yield client
    finally:
        client.close()


def killed_its_workers(error: BaseException) -> bool:
    """Tell whether a task failed as one worker after the other died with it."""
    return type(error).__name__ == "KilledWorker"
