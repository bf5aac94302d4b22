"""Calling a function in threads, in order and with bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def map_in_threads(
    function: Callable[[_In], _Out], items: Iterable[_In], workers: int
) -> Iterator[_Out]:
    """Yield ``function(item)`` for each item, in order.

    Only a few items and results are in memory at a time, however many there are. Items are taken
    from the iterable in the caller's thread. After an error, no further calls begin.

    Args:
        function: The function that is called in threads.
        items: Its arguments.
        workers: Number of threads.
    """
    waiting: deque[Future[_Out]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
