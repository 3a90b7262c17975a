"""Politeness: rate limit, robots.txt and backoff of each host.  I/O: it waits.

A host is a scheme, host name and port.  A request that would wait too long is left for another run, so that no worker
waits.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from protego import Protego

MAX_WAIT_S = 60.0  # a host that asks for a longer pause is left for another run
MAX_HOST_FAILURES = 5  # in a row, after which a host is left alone
ROBOTS_BYTES = 500_000  # what RFC 9309 wants read at least
JITTER = (0.75, 1.25)  # so that crawlers do not synchronise
AGENT_LINE = re.compile(r"\s*user(?:-|\s+)?agent(?:[\s:]++|$)(.*)", re.IGNORECASE)


def robot_rules(text: str, agent: str) -> Protego:
    """The rules of a robots.txt for one agent.  Linear: the parser looks at each rule once for each agent of its group,
    and so is shown all others under one name, which is none."""

    def shown(line: str) -> str:
        named = AGENT_LINE.match(line)
        name = named[1].partition("#")[0].strip().lower().replace("*", "") if named else ""
        return line if name in agent.lower() else "User-agent: \0"

    return Protego.parse("\n".join(map(shown, text.splitlines())))


class Left(Exception):
    """A URL is left for another run; the text says why."""


@dataclass(slots=True)
class RequestBudget:
    """The requests, bytes and time that a run may still spend."""

    requests: int
    bytes: int
    until: float  # time.monotonic()

    @property
    def is_spent(self) -> bool:
        return self.requests <= 0 or self.bytes <= 0 or time.monotonic() >= self.until

    def spend_request(self) -> None:
        """Raises Left when the budget is spent."""
        if self.is_spent:
            raise Left("the run's requests, bytes or time are spent")
        self.requests -= 1


@dataclass(slots=True)
class Host:
    """Requests to one host, one after another."""

    connections: int
    delay_s: float
    free_at: float = 0.0
    failures: int = 0
    rules: Protego | None = None
    slots: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.slots = asyncio.Semaphore(self.connections)

    @asynccontextmanager
    async def turn(self, budget: RequestBudget) -> AsyncIterator[None]:
        """Wait for a request's turn.  Raises Left where that takes too long, or the host does not answer."""
        async with self.slots:
            now = time.monotonic()
            begins = max(now, self.free_at)
            if self.failures >= MAX_HOST_FAILURES:
                raise Left("its host does not answer")
            if begins - now > max(MAX_WAIT_S, self.delay_s * JITTER[1]) or begins >= budget.until:
                raise Left("its host wants to be asked later")
            budget.spend_request()
            self.free_at = begins + self.delay_s * random.uniform(*JITTER)  # noqa: S311  # no secret
            if begins > now:
                await asyncio.sleep(begins - now)
            yield

    def pause(self, seconds: float) -> None:
        """Send no request for so long."""
        self.free_at = max(self.free_at, time.monotonic() + seconds)

    def obey(self, rules: Protego, agent: str) -> None:
        """Take over the rules of its robots.txt, and its crawl delay if that is longer than ours."""
        self.rules = rules
        rate = rules.request_rate(agent)
        asked_for = max(rules.crawl_delay(agent) or 0.0, rate.seconds / rate.requests if rate else 0.0)
        if asked_for > self.delay_s:
            self.delay_s, self.slots = asked_for, asyncio.Semaphore(1)
