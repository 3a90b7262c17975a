"""Worker process: a child's side of etl.prepare.workers: the calls it serves, under limits that the kernel keeps."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, Protocol

from etl.errors import is_of_machine

OUT_OF_MEMORY = 86  # exit status of a child whose allocation was refused
MEGABYTE = 1_000_000
STEP_NUMBERS = 15  # numbers, at most, that name a step
MOMENT_S = 0.01  # in which a step of a document is not timed anew: two timers are 7 µs of its 190
COLLECTED_EVERY = 20_000  # objects; Python's 700 are a look or two a page, and of documents little is left in circles


class Mark(Protocol):
    """Called by work before each of its steps with the numbers that name it; the time of the step begins.

    Or it began a moment ago, with an earlier step.
    """

    def __call__(self, *step: int) -> None: ...


Work = Callable[..., Iterator[Any]]
"""Called in a child as work(mark, *args); what it yields is sent to the parent.  Pickle must find it by name."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a step may take; 0: no limit.

    seconds   of the processor
    memory    bytes that its process may hold beyond what it began with, its earlier steps' included
    patience  how many times the seconds may pass by the clock: on a machine that is busy, or for what does not end but
              waits
    """

    seconds: float
    memory: int
    patience: float = 20


FULL = (None, None, "full")
"""Sent for None at the end of a call by a child that holds much of the memory it may: it is not called again."""


def serve(steps: list[Any], budget: Budget, slot: int, pipe: Connection) -> None:
    """A child's life: calls, until nobody is left to make one."""
    step = steps[slot]
    for timer in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(timer, signal.SIG_DFL)  # it ends the process, in the midst of C too
    gc.set_threshold(COLLECTED_EVERY)

    allowed_at = -MOMENT_S

    def allow(seconds: float) -> None:
        nonlocal allowed_at
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds * budget.patience)
        allowed_at = time.monotonic() if seconds else -MOMENT_S

    def mark(*at: int) -> None:
        count = len(at)
        step[0], step[1 : 1 + count] = count, at
        if time.monotonic() - allowed_at > MOMENT_S:
            allow(budget.seconds)

    full = 0
    while True:
        try:
            work, args = pipe.recv()
        except EOFError:
            return
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        if not full:  # not before: a new interpreter has just loaded the work's modules
            full = _limit_memory(budget.memory)
        try:
            for result in work(mark, *args):
                packed = ForkingPickler.dumps((result,))
                allow(0)  # the parent may take its time to receive
                step[0] = 0
                pipe.send_bytes(packed)
            allow(0)
            step[0] = 0
            pipe.send(FULL if _held() > full else None)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except Exception as error:  # a fault of ours that one document shows must not cost the others
            allow(0)
            if isinstance(error, OSError) and is_of_machine(error):
                pipe.send((error.errno, error.strerror, error.filename))
                continue
            pipe.send((None, reason_of(error)))


def reason_of(error: BaseException) -> str:
    """An exception that nobody foresaw as a reason for quarantine: what it is, and the line that raised it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"error: {error!r:.300} ({os.path.basename(place.filename)}:{place.lineno})"


def _limit_memory(memory: int) -> int:
    """Refuse this process more memory of its own than that, beyond what it has; only Linux can.

    Returns the bytes from which on the process is full: a later document would be refused for what earlier ones left.
    """
    if not memory or sys.platform != "linux":
        return sys.maxsize
    import resource

    held = _held()
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held + memory if most == resource.RLIM_INFINITY else min(held + memory, most)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # no dump of a crash
    return held + memory // 4


def _held() -> int:
    """Bytes of memory of this process's own, as its limit counts them; 0 where the system does not say."""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmData:")) * 1024
    except OSError:
        return 0
