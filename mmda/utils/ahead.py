"""Working ahead: an iterable that is made in a thread of its own while its items are used."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from queue import Queue
from threading import Event, Semaphore, Thread
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
        size: Number of items that may wait or be in the making, at least 1.
    """
    made: Queue[Any] = Queue()
    places, stopped = Semaphore(size), Event()
    thread = Thread(target=_work, args=(items, made, places, stopped), name=name)
    try:
        thread.start()
        while True:
            item = made.get()
            if isinstance(item, _End):
                break
            places.release()
            yield item
            del item  # or it would stay in memory until the next one is there
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        if thread.ident is not None:
            thread.join()


def _work(items: Iterable[Any], made: Queue[Any], places: Semaphore, stopped: Event) -> None:
    iterator = iter(items)
    try:
        while _place(places, stopped):
            made.put(next(iterator))
    except StopIteration:
        made.put(_End())
    except BaseException as error:
        made.put(_End(error))
    finally:
        if hasattr(iterator, "close"):
            iterator.close()


def _place(places: Semaphore, stopped: Event) -> bool:
    """Wait for a place for the next item; tell whether it is still wanted."""
    while not stopped.is_set():
        if places.acquire(timeout=_PATIENCE):
            return not stopped.is_set()
    return False
