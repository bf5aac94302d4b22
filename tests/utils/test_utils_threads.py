"""Work in threads keeps the order, holds few items and stops after an error."""

import threading
import time

import pytest

from mmda.utils.threads import map_in_threads


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order_from_other_threads(workers):
    def work(number):
        time.sleep(0.002 * (number % 3))
        return number, threading.current_thread()

    found = list(map_in_threads(work, range(20), workers))
    assert [number for number, _ in found] == list(range(20))
    assert threading.current_thread() not in {thread for _, thread in found}


def test_workers_work_at_the_same_time():
    meeting = threading.Barrier(3)
    list(map_in_threads(lambda _: meeting.wait(timeout=10), range(3), 3))


def test_no_more_items_are_taken_than_are_needed():
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    results = map_in_threads(lambda number: number, items(), 2)
    assert taken == []
    next(results)
    assert len(taken) == 3
    results.close()


def test_an_error_ends_it():
    begun = []

    def work(number):
        begun.append(number)
        if number == 1:
            raise ValueError("one")
        return number

    results = map_in_threads(work, range(50), 1)
    assert next(results) == 0
    with pytest.raises(ValueError, match="one"):
        list(results)
    assert len(begun) < 5
