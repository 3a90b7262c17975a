"""Fork server: a process that loads what workers need, and forks them from that state on request.

A worker that ended has to be replaced in the midst of a run.  The program itself may have threads and a connection to a
database by then, with which it must not be forked, and a new interpreter takes 2 s to load what a worker needs.  A fork
of this process takes 10 ms.  Python's own fork server begins as an empty interpreter, and so starts no warm workers.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from etl.errors import Retryable

ANSWER = struct.Struct("q")  # a process id, or its exit code
ATTEMPTS = 3
UNKNOWN = -signal.SIGKILL  # the exit code of a worker whose server is gone: as if it had been killed


class ForkServer:
    """Starts workers: main(slot, pipe) is called in a child of its own for each start(slot).

    begin() forks the server from the program where that is safe (Linux, main thread); else it is a new interpreter.

    warm  called by the server before all else, while the program goes on
    """

    def __init__(self, main: Callable[[int, Connection], None], warm: Callable[[], None]) -> None:
        self._main, self._warm = main, warm
        self._server: BaseProcess | None = None
        self._control: socket.socket

    def begin(self) -> None:
        """Start the server now, before there are threads or connections that it would inherit."""
        if self._server is not None and self._server.is_alive():
            return
        self.end()
        control, theirs = socket.socketpair()
        forks = sys.platform == "linux" and threading.current_thread() is threading.main_thread()
        context: Any = multiprocessing.get_context("fork" if forks else "spawn")
        # Celery calls the processes of its pool daemons, which may have no children; ours ends with its parent.
        multiprocessing.current_process().daemon = False
        server = context.Process(target=_serve, args=(theirs, control, self._main, self._warm), daemon=True)
        with theirs:  # this process must not hold it: an answer would be waited for when the server is gone
            try:
                server.start()
            except BaseException:
                control.close()
                raise
        self._control, self._server = control, server

    def start(self, slot: int) -> tuple[int, Connection]:
        """A new worker: its process id, and the parent's end of a pipe to it.  A server that was killed is replaced."""
        for _ in range(ATTEMPTS):
            try:
                self.begin()  # before the pipe is there: a server that holds its other end would hide the worker's end
            except BrokenPipeError:  # a new interpreter was killed before it had read what it is to do
                continue
            ours, theirs = multiprocessing.Pipe()
            try:
                socket.send_fds(self._control, [ANSWER.pack(slot)], [theirs.fileno()])
                return self._answer(), ours
            except OSError:
                ours.close()
                self.end()
            finally:
                theirs.close()
        raise Retryable("worker processes cannot be started: is the machine out of memory?")

    def exit_code(self, pid: int) -> int:
        """Exit code of a worker that has ended, or is about to: negative for a signal."""
        try:
            self._control.send(ANSWER.pack(pid))
            return self._answer()
        except OSError:
            self.end()
            return UNKNOWN

    def end(self) -> None:
        if self._server is not None:
            self._control.close()
            self._server.kill()
            self._server.join()
            self._server.close()
            self._server = None

    def _answer(self) -> int:
        answer = self._control.recv(ANSWER.size)
        if len(answer) < ANSWER.size:
            raise ConnectionResetError("the process that starts workers has ended")
        return int(ANSWER.unpack(answer)[0])


def _serve(
    control: socket.socket, parents: socket.socket, main: Callable[[int, Connection], None], warm: Callable[[], None]
) -> None:
    """The server's life: a worker for each descriptor that comes, an exit code for each process id."""
    parents.close()  # or this end would stay open when the parent is gone
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    warm()
    gc.freeze()  # not looked through by workers, and so not copied
    with suppress(ConnectionError):  # the parent is gone, and had not read its last answer
        _answer_all(control, main)
    os._exit(0)


def _answer_all(control: socket.socket, main: Callable[[int, Connection], None]) -> None:
    """Answer the parent until it is gone."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, ANSWER.size, 1)
        if not message:
            return
        (number,) = ANSWER.unpack(message)
        if not descriptors:
            control.send(ANSWER.pack(_exit_code(number)))
            continue
        pid = os.fork()
        if pid == 0:
            control.close()
            try:
                main(number, Connection(descriptors[0]))
            finally:
                os._exit(1)
        os.close(descriptors[0])
        control.send(ANSWER.pack(pid))


def _exit_code(pid: int) -> int:
    """Of a child of this process; of a server's before this one, which was killed, nobody knows it any more."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return UNKNOWN
