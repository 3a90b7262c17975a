"""Asker: one URL at a time, as its robots.txt and our politeness allow, through redirects, with retries.  I/O."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import aiohttp
from protego import Protego
from yarl import URL

from etl.errors import Rejected, Retryable
from etl.fetch.politeness import JITTER, MAX_WAIT_S, ROBOTS_BYTES, Host, Left, RequestBudget, robot_rules
from etl.fetch.polling import ROBOTS_TTL_S, retry_after_s, robot_name
from etl.fetch.segments import PRINTABLE
from etl.fetch.tdmrep import PATH, TdmRule, said_of, tdm_rules
from etl.text.decode import decode
from etl.web.client import Answer, Web
from etl.web.urls import canonical_url, origin, web_url
from schemas.fetched import Visit

REDIRECT_STATUSES = (301, 302, 303, 307, 308)
MAX_REDIRECTS = 5
MAX_TRIES = 3
MIN_ANSWER_S = 1.0  # for an answer, however little of the run's time is left
RETRIED_STATUSES = (429, 500, 502, 503, 504)


class Disallowed(Exception):
    """The host's robots.txt disallows the URL."""


class Landed(Exception):
    """A redirect to a page that has landed in this run.  digest: of its body."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest)
        self.digest = digest


@dataclass(slots=True)
class Asker:
    """Sends the requests of one run.

    connections, delay_s  to and at one host; slots: of connections to all hosts
    remembered  finds the robots.txt of an origin in the store; noted: those that were asked now
    backoff_s   before the first repetition; doubled each time
    landed      digests of the bodies that landed in this run, by the hash of their canonical URL
    """

    web: Web
    agent: str
    began: datetime
    budget: RequestBudget
    connections: int
    delay_s: float
    remembered: Callable[[str], Visit | None]
    slots: asyncio.Semaphore
    backoff_s: float
    noted: list[tuple[Visit, Answer]] = field(default_factory=list)
    asked: set[int] = field(default_factory=set)
    landed: dict[int, str] = field(default_factory=dict)
    _hosts: dict[str, Host] = field(default_factory=dict)
    _rules: dict[str, asyncio.Task[Protego]] = field(default_factory=dict)
    _terms: dict[str, asyncio.Task[list[TdmRule]]] = field(default_factory=dict)

    def is_new(self, url: str) -> bool:
        """Whether the page of a URL was not asked before in this run; from now on it was."""
        key = hash(canonical_url(url))  # 64 bits: half the memory of the URL itself
        if key in self.asked:
            return False
        self.asked.add(key)
        return True

    async def ask(self, url: str, headers: Mapping[str, str], max_bytes: int) -> Answer:
        """The answer to a URL, after redirects.

        Cookies live for one chain of redirects: some sites answer once more in full to who comes back with theirs.

        Raises Disallowed, Left, Landed; Rejected for what a later run need not try, Retryable for what it may.
        """
        jar: aiohttp.CookieJar | None = None
        for _ in range(MAX_REDIRECTS + 1):
            await self._require_allowed(url)
            cookies = jar.filter_cookies(URL(url)).values() if jar else ()
            cookie = "; ".join(f"{each.key}={each.value}" for each in cookies)
            answer = await self._patiently(url, {**headers, "Cookie": cookie} if cookie else headers, max_bytes)
            if answer.status not in REDIRECT_STATUSES:
                return answer
            if given := [value for name, value in answer.headers if name.lower() == "set-cookie"]:
                jar = aiohttp.CookieJar(unsafe=True) if jar is None else jar  # unsafe: of hosts without a name, too
                jar.update_cookies_from_headers(given, URL(url))
            url = _target(answer)
            if (page := hash(canonical_url(url))) in self.landed:
                raise Landed(self.landed[page])
        raise Rejected("fetch", f"no page: more than {MAX_REDIRECTS} redirects")

    async def _patiently(self, url: str, headers: Mapping[str, str], max_bytes: int) -> Answer:
        """The answer to a request, which is repeated where the host is busy or the connection was lost."""
        host = self._host(origin(url))
        for attempt in range(1, MAX_TRIES + 1):
            reason = ""
            try:
                async with host.turn(self.budget), self.slots:
                    left_s = self.budget.until - time.monotonic()
                    answer = await self.web.get(url, headers, max_bytes, max(left_s, MIN_ANSWER_S))
                self.budget.bytes -= answer.size
                if answer.status not in RETRIED_STATUSES:
                    host.failures = 0
                    return answer
                reason = f"status {answer.status}"
                wait_s = retry_after_s(answer.header("retry-after"), datetime.now(UTC))
            except Retryable as error:
                reason, wait_s = str(error), None
            if wait_s is None:
                wait_s = self.backoff_s * 2 ** (attempt - 1) * random.uniform(*JITTER)  # noqa: S311  # no secret
            host.pause(wait_s)
            if attempt == MAX_TRIES or wait_s > MAX_WAIT_S:
                break
        host.failures += 1
        raise Retryable(reason)

    async def _require_allowed(self, url: str) -> None:
        """Raises Disallowed for a URL that robots.txt forbids; Retryable where robots.txt cannot be read."""
        where = origin(url)
        if where not in self._rules:
            self._rules[where] = asyncio.create_task(self._read_rules(where))
        rules = await asyncio.shield(self._rules[where])
        if not rules.can_fetch(url, robot_name(self.agent)):
            raise Disallowed

    async def _read_rules(self, where: str) -> Protego:
        """The rules of an origin: remembered ones, or what its robots.txt says now.

        One that is not there allows everything (RFC 9309), one that cannot be read nothing: Retryable.
        """
        try:
            text = await self._remembered_text(f"{where}/robots.txt")
        except Rejected as error:
            raise Retryable(f"its robots.txt cannot be read: {error.reason}") from error
        rules = robot_rules(text, robot_name(self.agent))
        self._host(where).obey(rules, robot_name(self.agent))
        return rules

    async def terms(self, url: str) -> list[tuple[str, str]]:
        """What the tdmrep.json of its host says of a page, as headers; nothing where it cannot be read now."""
        where = origin(url)
        if where not in self._terms:
            self._terms[where] = asyncio.create_task(self._read_terms(where))
        return said_of(await asyncio.shield(self._terms[where]), url)

    async def _read_terms(self, where: str) -> list[TdmRule]:
        try:
            await self._require_allowed(f"{where}{PATH}")
            return tdm_rules(await self._remembered_text(f"{where}{PATH}"))
        except (Disallowed, Left, Rejected, Retryable):  # its pages need not wait for that: the next run asks again
            return []

    async def _remembered_text(self, url: str) -> str:
        """The text of a file of a host's rules, as it was remembered or as it is now; "" where it is not there.

        Raises Rejected or Retryable where it cannot be read.
        """
        now, visit = self.began, self.remembered(url)
        if visit is None or visit.next_at is None or now >= visit.next_at:
            answer = await self._robots(url)
            if answer.status == 304 or answer.status >= 500:  # it was not asked whether it changed
                raise Rejected("fetch", f"status {answer.status}")
            text = decode(answer.decoded()).removeprefix("\ufeff") if answer.status == 200 else ""
            text = text[:ROBOTS_BYTES].replace("\x00", "")
            visit = Visit(
                url, "robots", now, answer.status, next_at=now + timedelta(seconds=ROBOTS_TTL_S), content=text
            )
            self.noted.append((visit, answer))
        return visit.content or ""

    async def _robots(self, url: str) -> Answer:
        """The answer to a robots.txt or tdmrep.json, after redirects, to which no robots.txt is applied."""
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._patiently(url, {}, 4 * ROBOTS_BYTES)
            if answer.status not in REDIRECT_STATUSES:
                return answer
            url = _target(answer)
        return answer  # endless redirects: as if it were not there

    def _host(self, where: str) -> Host:
        return self._hosts.setdefault(where, Host(self.connections, self.delay_s))


def _target(answer: Answer) -> str:
    """The target of a redirect: its bytes are UTF-8, or stay as they are.  Raises Rejected for no web address."""
    location = answer.header("location").encode("latin-1")
    if not location:
        raise Rejected("fetch", f"no page: status {answer.status} that leads nowhere")
    try:
        return web_url(location.decode(), answer.url)
    except UnicodeDecodeError:
        return web_url(quote(location, safe=PRINTABLE), answer.url)
