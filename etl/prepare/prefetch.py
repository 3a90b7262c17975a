"""Prefetch: items of an iterator taken by a thread of their own, while whoever asked for them is busy with others.

Whoever commits rows would leave the children idle that prepare the next ones: a child sends its rows only when
somebody receives them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any, TypeVar

Item = TypeVar("Item")
SWITCH_S = 0.0005
"""For how long one thread may keep the other from running: at Python's 5 ms a message of a megabyte, which comes in a
dozen pieces, would be received in 60 ms."""


@contextmanager
def prefetched(items: Generator[Item, None, None], count: int) -> Iterator[Iterator[Item]]:
    """The items in their order, up to `count` of them fetched before they are asked for.

    An exception of theirs is raised where the item would have been.  At the end of the context no item is fetched any
    more, and `items` is closed.
    """
    fetched: Queue[tuple[Item | None, BaseException | None]] = Queue(count)
    over = threading.Event()

    def fetch() -> None:
        try:
            for item in items:
                fetched.put((item, None))
                if over.is_set():
                    break
            items.close()
            fetched.put((None, None))
        except BaseException as error:  # handed on, whatever it is
            fetched.put((None, error))

    def received() -> Iterator[Any]:
        while True:
            item, error = fetched.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item

    thread = threading.Thread(target=fetch, name="prefetch")
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    thread.start()
    try:
        yield received()
    finally:
        over.set()
        while thread.is_alive():  # it may wait for room
            try:
                fetched.get(timeout=0.1)
            except Empty:
                continue
        thread.join()
        sys.setswitchinterval(before)
