"""Prefetch: in order, ahead of whoever asks, and over when he is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from etl.prepare.prefetch import prefetched
from etl.prepare.worker_process import Budget
from etl.prepare.workers import Lost, Workers

WAIT_S = 30  # for what another thread does at once


def one(item: int) -> int:
    return 1


def test_items_come_in_order_and_an_error_in_its_place():
    def items():
        yield 1
        yield 2
        raise KeyError("three")

    with prefetched(items(), 8, one) as found:
        assert [next(found), next(found)] == [1, 2]
        with pytest.raises(KeyError, match="three"):
            next(found)
    with prefetched((n for n in range(50)), 3, one) as found:
        assert list(found) == list(range(50))


def test_items_are_fetched_while_nobody_asks():
    third = threading.Event()

    def items():
        for n in range(10):
            if n == 3:
                third.set()
            yield n

    with prefetched(items(), 6, int) as found:
        assert next(found) == 0
        assert third.wait(WAIT_S)


def test_what_waits_is_no_larger_than_it_may_be():
    made = []

    def items():
        for n in range(20):
            made.append(n)
            yield n

    with prefetched(items(), 6, one) as found:
        for n in found:
            assert len(made) <= n + 1 + 6


def test_who_leaves_early_leaves_nothing_running():
    closed = threading.Event()

    def items():
        try:
            yield from range(1_000_000)
        finally:
            closed.set()

    before = threading.active_count()
    with prefetched(items(), 2, one) as found:
        assert next(found) == 0
    assert closed.is_set()
    assert threading.active_count() == before


def double(mark: Callable[[int], None], number: int) -> Iterator[int]:
    mark(number)
    if number == 2:
        os._exit(3)
    yield 2 * number


def test_a_child_that_ends_beside_a_thread_is_replaced():
    def instead(call: int, lost: Lost) -> list[int]:
        return [call + 100]

    with Workers(1, Budget(0, 0)) as workers:
        workers.begin()
        with prefetched((n for n in workers.map(double, [1, 2, 3], instead)), 4, one) as found:
            assert list(found) == [2, 204, 6]
