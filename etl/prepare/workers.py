"""Workers: child processes under a limit of time and memory; one that ends in a call is replaced, and the call told of.

Nothing but the end of its process stops code in C that does not return, and nothing inside a process survives its
abort.  So documents are read and prepared in children, and the kernel keeps the limits: a timer whose signal ends the
process, and a bound to its memory.  A child writes which step it is at into memory that it shares with its parent, a
microsecond a step; so whoever called knows which document it was, and goes on without it.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Protocol

IN_FLIGHT = 4  # calls a worker that may wait for an earlier one's end, so that their results do not fill the memory
OUT_OF_MEMORY = 86  # exit status of a child whose allocation was refused
MEGABYTE = 1_000_000
NO_STEP = (-1, -1)
COLLECTED_EVERY = 20_000  # objects; Python's 700 are a look or two a page, and of documents little is left in circles


class Mark(Protocol):
    """Said by work before each of its steps, which it numbers as it likes: the time of the step begins."""

    def __call__(self, first: int, second: int = 0) -> None: ...


Work = Callable[..., Iterator[Any]]
"""Called in a child as work(mark, *args); what it yields is sent to the parent.  Pickle must find it by name."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a step may take; 0: no limit.

    seconds   of the processor
    memory    bytes beyond what its process began with
    patience  how many times the seconds may pass by the clock: on a machine that is busy, or for what does not end but
              waits
    """

    seconds: float
    memory: int
    patience: float = 20


class Lost(Exception):
    """A call that did not come to its end: the step that it was at, and why.

    step    NO_STEP if it was at none yet
    reason  "too slow: …", "too large: …", "crash: …" (the process ended by itself) or "error: …" (an exception)
    """

    def __init__(self, step: tuple[int, int], reason: str) -> None:
        super().__init__(step, reason)
        self.step, self.reason = step, reason


class Workers:
    """Children for as long as the context lasts: `count` that map() calls, and one for stream().

    A child begins when it is needed, or at begin(); where that is safe by a fork, and then with all that was imported.
    """

    def __init__(self, count: int, budget: Budget) -> None:
        self._budget = budget
        self._mapping = [_Child(budget) for _ in range(count)]
        self._streaming = _Child(budget)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for child in (*self._mapping, self._streaming):
            child.end()

    def begin(self) -> None:
        """Begin all children now: before there is a thread, or a connection to a database, to be forked with."""
        for child in (*self._mapping, self._streaming):
            child.begin()

    def stream(self, work: Work, *args: Any) -> Iterator[Any]:
        """What work(mark, *args) yields, as it comes; one such call at a time.  Raises Lost where it is cut short."""
        over = False
        try:
            self._streaming.call(work, args)
            while not (over := (message := self._streaming.receive()) is None):
                yield message[0]
        finally:
            if not over:  # it may still be sending
                self._streaming.end()

    def map(self, work: Work, calls: Iterable[Any], instead: Callable[[Any, Lost], list[Any]]) -> Iterator[Any]:
        """What work(mark, call) yields for each of the calls, in their order.

        instead  given a call that was lost, the calls that take its place; a smaller one each time
        """
        tasks, busy, idle = deque[_Task](), dict[Connection, _Task](), list(self._mapping)
        left = iter(calls)
        ahead = next(left, None)
        try:
            while True:
                while ahead is not None and idle and len(tasks) < IN_FLIGHT * len(self._mapping):
                    tasks.append(_Task(work, idle.pop(), [ahead]))
                    busy[tasks[-1].begin()] = tasks[-1]
                    ahead = next(left, None)  # while the children work
                while tasks and not tasks[0].calls:
                    yield from tasks.popleft().results
                if not busy:
                    return
                for pipe in wait(list(busy)):
                    task = busy.pop(pipe)  # type: ignore[call-overload]  # wait() returns what it was given
                    task.receive(instead)
                    if task.calls:
                        busy[task.child.pipe] = task
                    else:
                        idle.append(task.child)
        finally:
            for task in busy.values():
                task.child.end()


@dataclass(slots=True)
class _Task:
    """A call, or those that took its place; the first is under way."""

    work: Work
    child: _Child
    calls: list[Any]
    results: list[Any] = field(default_factory=list)
    part: list[Any] = field(default_factory=list)  # what the first call has yielded so far

    def begin(self) -> Connection:
        self.part = []
        self.child.call(self.work, self.calls[:1])
        return self.child.pipe

    def receive(self, instead: Callable[[Any, Lost], list[Any]]) -> None:
        """The next that the child has to say."""
        try:
            message = self.child.receive()
        except Lost as lost:
            self.child.end()
            self.calls[:1] = instead(self.calls[0], lost)
        else:
            if message is not None:
                self.part.append(message[0])
                return
            self.results += self.part
            del self.calls[0]
        if self.calls:
            self.begin()


class _Child:
    """A process that is called, and begun again when it has ended."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._step = multiprocessing.RawArray("q", 2)
        self._process: multiprocessing.process.BaseProcess | None = None
        self.pipe: Connection

    def call(self, work: Work, args: Iterable[Any]) -> None:
        self.begin()
        self._step[:] = NO_STEP
        self.pipe.send((work, tuple(args)))

    def receive(self) -> tuple[Any] | None:
        """What the call yields next, in a tuple of one; None: that was all.  Raises Lost."""
        try:
            message = self.pipe.recv()
        except (EOFError, ConnectionError):
            message = None, self._why()
        if message is not None and len(message) == 2:
            raise Lost((self._step[0], self._step[1]), message[1])
        return message  # type: ignore[no-any-return]  # as _serve sends it

    def end(self) -> None:
        if self._process is not None:
            self._process.kill()  # it may be anywhere, and has nothing to lose
            self._process.join()
            self._process.close()
            self.pipe.close()
            self._process = None

    def begin(self) -> None:
        if self._process is not None and self._process.is_alive():
            return
        self.end()
        self.pipe, theirs = multiprocessing.Pipe()
        ends = theirs, self.pipe
        # A fork has all modules and loops at once; a new interpreter takes 2 s.  It replaces a child that ended while a
        # thread of ours (etl.prepare.prefetch) prepares: the main thread may be anywhere then, even inside a commit.
        forks = sys.platform == "linux" and threading.current_thread() is threading.main_thread()
        context: Any = multiprocessing.get_context("fork" if forks else "spawn")
        process = context.Process(target=_serve, args=(*ends, self._step, self._budget), daemon=True)
        process.start()
        theirs.close()
        self._process = process

    def _why(self) -> str:
        """Why the process has ended."""
        if self._process is None:
            return "never begun"
        self._process.join()
        status = self._process.exitcode or 0
        if status == -signal.SIGPROF:
            return f"too slow: more than {self._budget.seconds:g} s"
        if status == -signal.SIGALRM:
            return f"too slow: more than {self._budget.patience * self._budget.seconds:g} s by the clock"
        if status == OUT_OF_MEMORY:
            return f"too large: more than {self._budget.memory // MEGABYTE} MB of memory"
        return f"crash: {signal.Signals(-status).name}" if status < 0 else f"crash: exit status {status}"


def _serve(pipe: Connection, parents: Connection, step: Any, budget: Budget) -> None:
    """A child's life: calls, until nobody is left to make one."""
    parents.close()  # or this end would stay open when the parent is gone
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which ends its children
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not what the parent does on it
    for timer in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(timer, signal.SIG_DFL)  # it ends the process, in the midst of C too
    gc.freeze()  # what was forked is not looked through, and so not copied
    gc.set_threshold(COLLECTED_EVERY)

    def allow(seconds: float) -> None:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds * budget.patience)

    def mark(first: int, second: int = 0) -> None:
        step[0], step[1] = first, second
        allow(budget.seconds)

    limited = False
    while True:
        try:
            work, args = pipe.recv()
        except EOFError:
            return
        if not limited:  # not before: a new interpreter has just loaded the work's modules
            _limit_memory(budget.memory)
            limited = True
        try:
            for result in work(mark, *args):
                allow(0)  # the parent may take its time to receive
                pipe.send((result,))
            pipe.send(None)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        except Exception as error:  # a fault of ours that one document shows must not cost the others
            allow(0)
            place = traceback.extract_tb(error.__traceback__)[-1]
            pipe.send((None, f"error: {error!r} ({os.path.basename(place.filename)}:{place.lineno})"))


def _limit_memory(memory: int) -> None:
    """Refuse this process more memory of its own than that, beyond what it has; only Linux can."""
    if not memory or sys.platform != "linux":
        return
    import resource

    with open("/proc/self/status", encoding="ascii") as status:
        held = next(int(line.split()[1]) for line in status if line.startswith("VmData:")) * 1024
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = held + memory if most == resource.RLIM_INFINITY else min(held + memory, most)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # no dump of a crash
