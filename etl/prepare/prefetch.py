"""Prefetch: items of an iterator taken by a thread of their own, while whoever asked for them is busy with others.

Whoever commits rows would leave the children idle that prepare the next ones: a child sends its rows only when
somebody receives them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, TypeVar

Item = TypeVar("Item")
SWITCH_S = 0.0005
"""For how long one thread may keep the other from running: at Python's 5 ms a message of a megabyte, which comes in a
dozen pieces, would be received in 60 ms."""


@contextmanager
def prefetched(items: Generator[Item, None, None], most: int, size: Callable[[Item], int]) -> Iterator[Iterator[Item]]:
    """The items in their order, fetched before they are asked for until those that wait are of size `most` or more.

    An exception of theirs is raised where the item would have been.  At the end of the context no item is fetched any
    more, and `items` is closed.
    """
    fetched = SimpleQueue[tuple[Item | None, BaseException | None]]()
    changed = threading.Condition()
    waiting, over = 0, False

    def fetch() -> None:
        nonlocal waiting
        try:
            for item in items:
                with changed:
                    waiting += size(item)
                fetched.put((item, None))
                with changed:
                    while waiting >= most and not over:
                        changed.wait()
                    if over:
                        break
            items.close()
            fetched.put((None, None))
        except BaseException as error:  # handed on, whatever it is
            fetched.put((None, error))

    def received() -> Iterator[Any]:
        nonlocal waiting
        while True:
            item, error = fetched.get()
            if error is not None:
                raise error
            if item is None:
                return
            with changed:
                waiting -= size(item)
                changed.notify()
            yield item

    thread = threading.Thread(target=fetch, name="prefetch")
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    thread.start()
    try:
        yield received()
    finally:
        with changed:
            over = True
            changed.notify()
        thread.join()
        sys.setswitchinterval(before)
