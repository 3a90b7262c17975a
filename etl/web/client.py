"""Web client: one request with limits, behind an SSRF guard, and its answer as received.  I/O.

SSRF guard: the resolved address is checked when the socket opens, so DNS rebinding cannot bypass it, and anew for each
hop of a chain of redirects, so that permission for one host is none for the next.  No cookies are kept, no proxy of the
environment is used, no credentials are sent; TLS certificates are verified.
"""

from __future__ import annotations

import errno
import socket
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from etl.errors import Rejected, Retryable, Usage
from etl.text.unpack import MAX_STREAM_RATIO
from etl.web.addresses import is_allowed, is_public

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 20  # between two pieces of an answer
TOTAL_TIMEOUT_S = 120  # of a request and its answer: ends a server that sends a byte a second
CHUNK_BYTES = 65_536
KEEP_ALIVE_S = 5  # idle connections to 500 hosts are as many files


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as received; body: without the chunks of its transfer, compressed as the server sent it."""

    url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    asked_at: datetime
    asked_with: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        """The first value of a header; "" if it has none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def size(self) -> int:
        """Bytes received, nearly."""
        return len(self.body) + sum(len(key) + len(value) + 4 for key, value in self.headers)

    def decoded(self, most: int = 0) -> bytes:
        """The body, unpacked, whose size was looked at as it came; the first bytes of it if `most` is given."""
        if is_packed(self.header("content-encoding").strip().lower(), self.body):
            return zlib.decompressobj(wbits=47).decompress(self.body, most)
        return self.body[:most] if most else self.body


ZLIB_ENCODINGS = ("gzip", "x-gzip", "deflate")


def is_packed(encoding: str, body: bytes) -> bool:
    """Whether a body is packed by zlib: servers say so of bodies that are not."""
    return encoding in ZLIB_ENCODINGS and body[:1] in (b"\x1f", b"\x78")


class Web:
    """Asks the web, from within `opened`."""

    def __init__(self, session: aiohttp.ClientSession):
        self._session = session

    async def get(self, url: str, headers: Mapping[str, str], max_bytes: int, within_s: float = float("inf")) -> Answer:
        """The answer to one GET, whatever its status; an error page is cut after CHUNK_BYTES.  Redirects are answers.

        max_bytes  of the body, as received and unpacked
        within_s   seconds for the whole of it, TOTAL_TIMEOUT_S at most

        Raises Rejected, stage "fetch", for what asking again would not mend: a forbidden address, a body that is too
        large or a bomb, no HTTP.  Raises Retryable for what may pass: no connection, a timeout, an answer cut short.
        """
        timeout = aiohttp.ClientTimeout(
            min(within_s, TOTAL_TIMEOUT_S), sock_connect=CONNECT_TIMEOUT_S, sock_read=READ_TIMEOUT_S
        )
        asked_at = datetime.now(UTC)
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False, timeout=timeout) as response:
                good = response.status == 200
                body = await _body(response, max_bytes) if good else await _first(response)
                return Answer(
                    url,
                    response.status,
                    response.reason or "",
                    tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in response.raw_headers),
                    body,
                    asked_at,
                    tuple(response.request_info.headers.items()),
                )
        except aiohttp.ClientConnectorCertificateError as error:
            raise Rejected("fetch", f"no trust: {error.certificate_error}") from error
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, Forbidden) or error.errno == errno.EACCES:
                raise Rejected("fetch", f"forbidden: {error.os_error.strerror}") from error
            raise Retryable(f"no connection: {error.os_error.strerror or error.os_error}") from error
        except aiohttp.ClientPayloadError as error:
            raise Retryable("cut short: the answer ended early, or its chunks make no sense") from error
        except (aiohttp.ClientResponseError, aiohttp.InvalidURL, ValueError) as error:
            said = error.message if isinstance(error, aiohttp.ClientResponseError) else str(error)
            raise Rejected("fetch", f"no HTTP: {said.partition(chr(10))[0][:100]}") from error
        except (TimeoutError, aiohttp.ClientError) as error:
            said = "timeout" if isinstance(error, TimeoutError) else type(error).__name__
            raise Retryable(f"no answer: {said}") from error


class Forbidden(OSError):
    """An address that may not be connected to."""


@asynccontextmanager
async def opened(user_agent: str, allowed: frozenset[str]) -> AsyncIterator[Web]:
    """The web, for one run.

    allowed  hosts, with or without a port, that may be on any address
    """
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S, socket_factory=_guarded_socket),
        headers={"User-Agent": user_agent, "Accept-Encoding": "gzip", "Accept": "*/*"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # the landing zone keeps bodies as they came; bombs are counted here
        middlewares=(_guard(allowed),),
        trust_env=False,
        read_bufsize=CHUNK_BYTES,
    )
    async with session:
        yield Web(session)


def require_user_agent(user_agent: str) -> None:
    """Raises Usage unless it says who asks and how to reach them."""
    if not ("@" in user_agent or "http://" in user_agent or "https://" in user_agent) or "\n" in user_agent:
        raise Usage(
            "sites must know who asks: set WIRECOPY_USER_AGENT to a name and an address to write to, such as "
            '"gazette-archive/1.0 (+https://example.org/crawler; desk@example.org)"'
        )


async def client(user_agent: str, allowed: frozenset[str], **more: Any) -> aiohttp.ClientSession:
    """A session for reading files from web servers, which follows redirects.  allowed: as for opened()."""
    connector = aiohttp.TCPConnector(socket_factory=_guarded_socket)
    headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
    timeout = aiohttp.ClientTimeout(sock_connect=CONNECT_TIMEOUT_S, sock_read=READ_TIMEOUT_S)
    return aiohttp.ClientSession(
        connector=connector,
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=timeout,
        middlewares=(_guard(allowed),),
        **more,
    )


_hop_is_allowed: ContextVar[bool] = ContextVar("hop_is_allowed", default=False)
"""Whether the host of the request that is being sent may be on any address."""


def _guard(allowed: frozenset[str]) -> aiohttp.ClientMiddlewareType:
    """Tells _guarded_socket() of each hop whether its host is on the allowlist."""

    async def guard(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
        token = _hop_is_allowed.set(is_allowed(request.url.host_port_subcomponent or "", allowed))
        try:
            return await send(request)
        finally:
            _hop_is_allowed.reset(token)

    return guard


def _guarded_socket(info: Any) -> socket.socket:
    """A socket for one address.  Raises Forbidden unless that is on the public internet or its host is allowed."""
    family, kind, protocol, _, address = info
    if not _hop_is_allowed.get() and not is_public(address[0]):
        raise Forbidden(errno.EACCES, "an address that is not on the public internet (WIRECOPY_ALLOW_HOSTS)")
    return socket.socket(family, kind, protocol)


async def _body(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """All of a body.  Raises Rejected where it is more than max_bytes, as received or unpacked."""
    too_large = Rejected("fetch", f"too large: more than {max_bytes} bytes")
    if (response.content_length or 0) > max_bytes:
        raise too_large
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in (*ZLIB_ENCODINGS, "identity", ""):
        raise Rejected("fetch", f"no page: packed by {encoding[:20]}, which was not asked for")
    unpacker, pieces, size = None, [], 0
    async for piece in response.content.iter_chunked(CHUNK_BYTES):
        if not size and is_packed(encoding, piece):
            unpacker = Measure(max_bytes)
        size += len(piece)
        if size > max_bytes:
            raise too_large
        if unpacker:
            unpacker.add(piece)
        pieces.append(piece)
    if unpacker and not unpacker.whole:
        raise Retryable("cut short: the packed body ended early")
    return b"".join(pieces)


async def _first(response: aiohttp.ClientResponse) -> bytes:
    """The beginning of a body that nobody will read; a short one to its end, so that the connection can be kept."""
    piece = await response.content.read(CHUNK_BYTES)
    if not response.content.at_eof():
        response.close()
    return piece


class Measure:
    """Unpacks to count, piece by piece, and keeps nothing."""

    def __init__(self, max_bytes: int) -> None:
        self._zlib, self._room = zlib.decompressobj(wbits=47), max_bytes
        self._max_bytes = max_bytes

    @property
    def whole(self) -> bool:
        return self._zlib.eof

    def add(self, piece: bytes) -> None:
        """Raises Rejected for what is no gzip, or unpacks to more than there is room for."""
        try:
            while piece and not self._zlib.eof:
                self._room -= len(self._zlib.decompress(piece, MAX_STREAM_RATIO * CHUNK_BYTES))
                if self._room < 0:
                    raise Rejected("fetch", f"too large: it unpacks to more than {self._max_bytes} bytes")
                piece = self._zlib.unconsumed_tail
        except zlib.error as error:
            raise Rejected("fetch", f"broken gzip: {error}") from error
