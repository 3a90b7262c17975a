"""Workers: child processes under a limit of time and memory; one that ends in a call is replaced, and the call told of.

Nothing but the end of its process stops code in C that does not return, and nothing inside a process survives its
abort.  So documents are read and prepared in children, and the kernel keeps the limits: a timer whose signal ends the
process, and a bound to its memory.  A child writes which step it is at into memory that it shares with its parent, a
microsecond a step; so the caller knows which document it was, and goes on without it.

A child that is killed from outside (SIGKILL: by a person, or by a kernel that is short of memory) proves nothing
against its document: the call is made again, once for a step.  A second kill at the same step is the document's, which
is left out then and met no more.  A kill between two steps is nobody's.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any

from etl.errors import Retryable
from etl.prepare.fork_server import ForkServer
from etl.prepare.worker_process import FULL, MEGABYTE, OUT_OF_MEMORY, STEP_NUMBERS, Budget, Work, serve

IN_FLIGHT = 4  # calls a worker that may wait for an earlier one's end, so that their results do not fill the memory
MAX_IDLE_KILLS = 10  # of one call between its steps, until the machine is given up
KILLED_EVER = "worker processes are killed whatever they do: is the machine out of memory?"
KILLED = (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP)  # exit codes that others cause


class Lost(Exception):
    """A call that did not come to its end: the step that it was at, and why.

    step    () if it was at none yet
    reason  "too slow: …", "too large: …", "crash: …" (the process ended by itself), "killed: …" (from outside) or
            "error: …" (an exception)
    killed  whether the process was ended from outside
    seconds that its step took in any case
    """

    def __init__(self, step: tuple[int, ...], reason: str, killed: bool = False, seconds: float = 0) -> None:
        super().__init__(step, reason)
        self.step, self.reason, self.killed, self.seconds = step, reason, killed, seconds


def _nothing() -> None:
    """What is to be loaded where all is."""


class Workers:
    """Children for as long as the context lasts: `count` that map() calls, and one for stream().

    A child begins when it is needed: a fork of a process that has loaded what they need.

    warm  loads it; a function that pickle finds by its name
    """

    def __init__(self, count: int, budget: Budget, warm: Callable[[], None] = _nothing) -> None:
        steps = [multiprocessing.RawArray("q", STEP_NUMBERS + 1) for _ in range(count + 1)]
        self._server = ForkServer(partial(serve, steps, budget), warm)
        self._streaming, *self._mapping = (_Child(self._server, n, step, budget) for n, step in enumerate(steps))

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def begin(self) -> None:
        """Begin to load it now: before there is a thread, or a connection to a database, to be forked with."""
        self._server.begin()

    def end(self) -> None:
        """End the children and what they are forked from; a later call begins anew."""
        for child in (*self._mapping, self._streaming):
            child.end()
        self._server.end()

    def stream(self, work: Work, *args: Any) -> Iterator[Any]:
        """Results of work(mark, *args), as they come; one such call at a time.  Raises Lost where it is cut short."""
        over = False
        try:
            self._streaming.call(work, args)
            while not (over := (message := self._streaming.receive()) is None):
                yield message[0]
        finally:
            if not over:  # it may still be sending
                self._streaming.end()

    def map(self, work: Work, calls: Iterable[Any], instead: Callable[[Any, Lost], list[Any]]) -> Iterator[Any]:
        """Results of work(mark, call) for each of the calls, in their order.

        instead  given a call that was lost, the calls that take its place; smaller ones each time
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
class Kills:
    """Kills from outside of a call's process: the last step at which there was one, and how many were at none."""

    step: tuple[int, ...] = ()
    idle: int = 0

    def forgive(self, lost: Lost) -> bool:
        """Whether the call is made again as it was: its process was killed, and not twice at one step.

        Raises Retryable where it is killed time and again whatever it does.
        """
        if not lost.killed:
            return False
        if not lost.step:
            self.idle += 1
            if self.idle == MAX_IDLE_KILLS:
                raise Retryable(KILLED_EVER)
            return True
        again, self.step = lost.step == self.step, lost.step
        return not again


@dataclass(slots=True)
class _Task:
    """A call, or those that took its place; the first is under way."""

    work: Work
    child: _Child
    calls: list[Any]
    results: list[Any] = field(default_factory=list)
    part: list[Any] = field(default_factory=list)  # results of the first call so far
    kills: Kills = field(default_factory=Kills)

    def begin(self) -> Connection:
        self.part = []
        self.child.call(self.work, self.calls[:1])
        return self.child.pipe

    def receive(self, instead: Callable[[Any, Lost], list[Any]]) -> None:
        """Take the child's next message."""
        try:
            message = self.child.receive()
        except Lost as lost:
            self.child.end()
            if not self.kills.forgive(lost):
                self.calls[:1] = instead(self.calls[0], lost)
                self.kills = Kills()
        else:
            if message is not None:
                self.part.append(message[0])
                return
            self.results += self.part
            self.kills = Kills()
            del self.calls[0]
        if self.calls:
            self.begin()


class _Child:
    """A process that is called, and begun again when it has ended."""

    def __init__(self, server: ForkServer, slot: int, step: Any, budget: Budget) -> None:
        self._server, self._slot, self._step, self._budget = server, slot, step, budget
        self._pid: int | None = None
        self.pipe: Connection

    def call(self, work: Work, args: Iterable[Any]) -> None:
        """Begin a call; a child that was killed since its last one is replaced."""
        for _ in range(MAX_IDLE_KILLS):
            self.begin()
            self._step[0] = 0
            try:
                self.pipe.send((work, tuple(args)))
                return
            except OSError:  # not the program's own closed output, for which a BrokenPipeError would be taken above
                self.end()
        raise Retryable(KILLED_EVER)

    def receive(self) -> tuple[Any] | None:
        """The next result of the call, in a tuple of one; None: that was all.

        Raises Lost, and OSError where the machine has no room for the work.
        """
        try:
            message = self.pipe.recv()
        except (EOFError, OSError):
            raise self._lost() from None
        if message is None or len(message) == 1:
            return message  # type: ignore[no-any-return]  # as serve() sends it
        if message == FULL:
            self.end()
            return None
        if len(message) == 3:
            raise OSError(*message)
        raise Lost(self._at(), message[1])

    def end(self) -> None:
        if self._pid is not None:
            with suppress(ProcessLookupError):  # its server was killed, too, and it is gone
                os.kill(self._pid, signal.SIGKILL)  # it may be anywhere, and has nothing to lose
            self._server.exit_code(self._pid)
            self.pipe.close()
            self._pid = None

    def begin(self) -> None:
        if self._pid is not None:
            return
        self._pid, self.pipe = self._server.start(self._slot)

    def _at(self) -> tuple[int, ...]:
        return tuple(self._step[1 : 1 + self._step[0]])

    def _lost(self) -> Lost:
        """Why the process has ended, and where."""
        status = 0 if self._pid is None else self._server.exit_code(self._pid)
        self._pid = None
        self.pipe.close()
        if status in KILLED:
            name = signal.Signals(-status).name
            return Lost(self._at(), f"killed: {name} from outside, twice; is the machine out of memory?", True)
        if status == -signal.SIGPROF:
            seconds = self._budget.seconds
            return Lost(self._at(), f"too slow: more than {seconds:g} s", seconds=seconds)
        if status == -signal.SIGALRM:
            reason = f"too slow: more than {self._budget.patience * self._budget.seconds:g} s by the clock"
        elif status == OUT_OF_MEMORY:
            reason = f"too large: more than {self._budget.memory // MEGABYTE} MB of memory"
        else:
            reason = f"crash: {signal.Signals(-status).name}" if status < 0 else f"crash: exit status {status}"
        return Lost(self._at(), reason)
