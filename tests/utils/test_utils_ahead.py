"""Working ahead in threads: order, errors, and ends that leave no thread behind."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from mmda.utils.ahead import ahead


def named(prefix):
    return [thread for thread in threading.enumerate() if thread.name.startswith(prefix)]


def test_items_keep_their_order_through_a_chain_of_threads():
    doubled = (2 * item for item in ahead(range(100), "first"))
    assert list(ahead(doubled, "second", size=3)) == list(range(0, 200, 2))
    assert not named("first")
    assert not named("second")


def test_each_stage_has_a_thread_and_few_items_wait():
    made, threads = [], set()

    def make():
        for item in range(50):
            threads.add(threading.current_thread().name)
            made.append(item)
            yield item

    for item in ahead(make(), "maker", size=2):
        assert len(made) <= item + 3  # two that wait or are being made, and the one that is used
    assert threads == {"maker"}


def test_an_error_arrives_after_the_items_before_it():
    def make():
        yield 1
        raise ValueError("no more")

    items = ahead(ahead(make(), "inner"), "outer")
    assert next(items) == 1
    with pytest.raises(ValueError, match="no more"):
        next(items)
    assert not named("inner")
    assert not named("outer")


def test_an_end_of_the_last_stage_ends_all():
    ended = threading.Event()

    def make():
        try:
            while True:
                yield 0
        finally:
            ended.set()

    with closing(ahead(make(), "one")) as first, closing(ahead(first, "two")) as second:
        assert next(second) == 0
        assert named("one")
        assert named("two")
    assert ended.is_set()
    assert not named("one")
    assert not named("two")


def test_nothing_starts_before_the_first_item_is_asked_for():
    with closing(ahead(iter([1]), "idle")):
        assert not named("idle")
