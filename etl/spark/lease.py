"""Lease: who builds a lake, so that two builds never write into one.  I/O.

Each attempt to build a lake takes a number, by a file LAKE/lease/N.json that it creates where there is none: of two
that take the same at once one is refused (etl.sources.locations.create).  The highest number has the lake, until its
file says that it is done, or has not been renewed for LEASE_S, or its process is seen to be gone from this machine.
So a build that died blocks nobody for longer, and one that was taken for dead finds a higher number, and stops.  Who
takes a number looks once more whether it is the highest, and removes the files of lower ones.

Clocks of machines that build one lake have to agree to within LEASE_S - RENEW_S.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

from etl.errors import Fatal, Retryable, WirecopyError
from etl.settings import decider
from etl.sources import locations
from etl.spark.lake import reached

LEASE_S, RENEW_S = 180, 20
"""How long a lease holds that is not renewed, and how often it is."""


class Lease:
    """The right to build a lake; a thread renews it."""

    def __init__(self, lake: str, number: int) -> None:
        self._lake, self._number = lake, number
        self._who = {
            "by": f"{decider()}@{socket.gethostname()}, process {os.getpid()}",
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": _machine(),
            "process": os.getpid(),
        }
        self._renewed, self._lost, self._ended = time.time(), False, Event()

    def require(self) -> None:
        """Raises Fatal where another build has taken the lake, since this one could not renew its lease in time."""
        if not self._lost and time.time() - self._renewed > LEASE_S / 2:  # this machine slept, or its network
            self._renew()
        if self._lost:
            raise Fatal(f"another build of {self._lake} has begun, since this one gave no sign for {LEASE_S} s")

    def _said(self, until: float) -> bytes:
        return json.dumps({**self._who, "until": until}).encode()

    def _renew(self) -> None:
        now = time.time()
        if max(_numbers(self._lake), default=0) > self._number:
            self._lost = True
        else:
            locations.write(_path(self._lake, self._number), self._said(now + LEASE_S))
            self._renewed = now

    def _renew_for_ever(self) -> None:
        while not self._lost and not self._ended.wait(RENEW_S):
            with suppress(WirecopyError, OSError):  # the next try comes soon, and require() sees what is too late
                self._renew()


@contextmanager
def held(lake: str) -> Iterator[Lease]:
    """The lease of a lake for the block.  Raises Retryable that names who has it."""
    with reached(lake):
        lease = _taken(lake)
    thread = Thread(target=lease._renew_for_ever, name="lease", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        lease._ended.set()
        thread.join()
        with suppress(WirecopyError, OSError):  # else it is over when it is not renewed
            locations.write(_path(lake, lease._number), lease._said(0))


def require_free(lake: str) -> int:
    """The number of the last lease, which is over; 0: there was none.  Raises Retryable that names who has the lake."""
    with reached(lake):
        last = max(_numbers(lake), default=0)
        before = _read(lake, last) if last else None
    if before is not None and not _is_over(before):
        raise Retryable(
            f"{lake} is being built by {before['by']}, since {before['since']}; if that has died, this can go on"
            f" {max(1, round(before['until'] - time.time()))} s from now"
        )
    return last


def _taken(lake: str) -> Lease:
    number = require_free(lake) + 1
    lease = Lease(lake, number)
    if not locations.create(_path(lake, number), lease._said(time.time() + LEASE_S)) or max(_numbers(lake)) > number:
        raise Retryable(f"another build of {lake} has begun at the same moment; this one was not begun")
    for before in _numbers(lake):
        if before < number:
            locations.remove(_path(lake, before))
    return lease


def _is_over(lease: dict[str, Any]) -> bool:
    if lease["until"] < time.time():
        return True
    if not lease["machine"] or lease["machine"] != _machine():
        return False
    try:
        os.kill(lease["process"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _machine() -> str:
    """What tells apart the machines, and their containers, in which a process has its number; "" where nothing does."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _numbers(lake: str) -> list[int]:
    found = (name.removesuffix(".json") for name in locations.names(locations.join(lake, "lease")))
    return [int(name) for name in found if name.isdecimal()]


def _read(lake: str, number: int) -> dict[str, Any] | None:
    found = locations.read(_path(lake, number))
    return None if found is None else json.loads(found)


def _path(lake: str, number: int) -> str:
    return locations.join(locations.join(lake, "lease"), f"{number}.json")
