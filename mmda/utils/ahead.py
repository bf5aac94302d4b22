"""Working ahead: an iterable that is made in a thread of its own while its items are used."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import Full, Queue
from threading import Event, Thread
from typing import Any, TypeVar

Item = TypeVar("Item")

_PATIENCE = 0.05  # seconds after which a waiting thread looks whether it is still needed


class _End:
    """The last thing in a queue: the iterable has ended, perhaps by an error."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def ahead(items: Iterable[Item], name: str, size: int = 1) -> Generator[Item, None, None]:
    """Yield the items of an iterable that a thread makes, at most ``size`` of them in advance.

    Several may be chained, so that each stage of a work has a thread. An error of the iterable is
    raised here. Where the generator is closed, the thread ends after the item that it is at, and
    the iterable is closed too, so that a chain ends from its last stage to its first.

    Args:
        items: The iterable.
        name: Name of the thread.
        size: Number of finished items that may wait, at least 1.
    """
    made: Queue[Any] = Queue(size)
    stopped = Event()
    thread = Thread(target=_work, args=(items, made, stopped), name=name)
    try:
        thread.start()
        while True:
            item = made.get()
            if isinstance(item, _End):
                break
            yield item
            del item  # or it would stay in memory until the next one is there
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        if thread.ident is not None:
            thread.join()


def _work(items: Iterable[Any], made: Queue[Any], stopped: Event) -> None:
    iterator = iter(items)
    try:
        for item in iterator:
            if not _put(item, made, stopped):
                return
            del item
        _put(_End(), made, stopped)
    except BaseException as error:
        _put(_End(error), made, stopped)
    finally:
        if hasattr(iterator, "close"):
            iterator.close()


def _put(item: Any, made: Queue[Any], stopped: Event) -> bool:
    """Wait for a place in the queue; tell whether the item is still wanted."""
    while not stopped.is_set():
        try:
            made.put(item, timeout=_PATIENCE)
        except Full:
            continue
        return True
    return False
