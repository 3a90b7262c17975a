"""What a site may do to whoever asks it: every wrong answer ends in one place with a reason, and the run goes on."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl.errors import Rejected, Retryable
from etl.web import client
from etl.web.addresses import is_public
from tests.support import website

MOST = 300_000
AGENT = "wirecopy-test/1.0 (test@example.org)"


@pytest.fixture(scope="module")
def site() -> Iterator[website.Site]:
    with website.running() as running:
        yield running


def get(site: website.Site, url: str, allowed: str | None = None) -> client.Answer:
    async def ask() -> client.Answer:
        hosts = frozenset([f"127.0.0.1:{site.port}" if allowed is None else allowed])
        async with client.opened(AGENT, hosts) as the_web:
            return await the_web.get(url if "//" in url else site.url + url, {}, MOST)

    return asyncio.run(ask())


def written(*pieces: bytes, pause_s: float = 0.0) -> website.Nasty:
    async def write(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return write


def endless(head: bytes, piece: bytes) -> website.Nasty:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()

    return write


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
HTML = OK + b"Content-Type: text/html\r\n"
CUT_SHORT = gzip.compress(b"a b" * 99, mtime=0)[:-9]
BOMB = gzip.compress(b"\0" * 50_000_000)
NASTY: dict[str, tuple[website.Nasty, type[Exception], str]] = {
    "a length beyond the limit": (
        written(HTML + b"Content-Length: 10000000000\r\n\r\n", b"x"), Rejected, f"too large: more than {MOST} bytes"
    ),
    "an endless body": (endless(HTML + b"\r\n", b"x" * 65536), Rejected, "too large"),
    "an endless chunked body": (
        endless(HTML + CHUNKED, b"4000\r\n" + b"x" * 0x4000 + b"\r\n"), Rejected, "too large"
    ),
    "a bomb": (
        written(HTML + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB),
        Rejected, f"too large: it unpacks to more than {MOST} bytes",
    ),
    "a bomb by another name": (
        written(HTML + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"\0" * 50_000_000)),
        Rejected, "too large: it unpacks",
    ),
    "no gzip after all": (
        written(HTML + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08" + b"garbage" * 20), Rejected, "broken gzip"
    ),
    "half a gzip": (
        written(HTML + b"Content-Encoding: gzip\r\n\r\n" + CUT_SHORT), Retryable, "cut short"
    ),
    "a packing nobody asked for": (
        written(HTML + b"Content-Encoding: br\r\n\r\nxx"), Rejected, "no page: packed by br"
    ),
    "half a body": (written(HTML + b"Content-Length: 100\r\n\r\nhalf"), Retryable, "cut short"),
    "half a chunk": (written(HTML + CHUNKED + b"100\r\nhalf"), Retryable, "cut short"),
    "chunks of garbage": (written(HTML + CHUNKED + b"zz\r\nxx\r\n0\r\n\r\n"), Rejected, "no HTTP: Invalid char"),
    "no answer": (written(), Retryable, "no answer"),
    "no HTTP": (written(b"220 mail.example ESMTP\r\n"), Rejected, "no HTTP"),
    "endless headers": (endless(OK, b"X-Filler: " + b"x" * 4000 + b"\r\n"), Rejected, "no HTTP"),
    "an endless header": (endless(OK + b"X-Filler: ", b"x" * 65536), Rejected, "no HTTP"),
    "two lengths": (written(HTML + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), Rejected, "no HTTP"),
}  # fmt: skip


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", NASTY)
def test_an_answer_that_no_server_should_give_is_told_by_its_reason(site: website.Site, name: str) -> None:
    path = "/" + name.replace(" ", "-")
    site.nasty[path], error, reason = NASTY[name]
    with pytest.raises(error) as raised:
        get(site, path)
    assert reason in str(raised.value)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("limit", ["READ_TIMEOUT_S", "TOTAL_TIMEOUT_S"])
def test_a_body_that_never_comes_is_hung_up_on(site: website.Site, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, limit, 0.3)
    pause_s = 0.5 if limit == "READ_TIMEOUT_S" else 0.05
    site.nasty["/slow"] = written(HTML + b"Content-Length: 100\r\n\r\n", *[b"x"] * 100, pause_s=pause_s)
    with pytest.raises(Retryable, match="no answer: timeout"):
        get(site, "/slow")


def test_what_came_is_kept_as_it_came(site: website.Site) -> None:
    site.add("/page", website.story(3), packed=True)
    answer = get(site, "/page")
    assert answer.body[:2] == b"\x1f\x8b"
    assert answer.decoded().decode() == website.story(3)
    assert answer.decoded(15) == b"<!doctype html>"
    site.nasty["/plain"] = written(HTML + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno")
    assert get(site, "/plain").decoded() == b"no", "servers say so of bodies that are not packed"
    site.nasty["/chunks"] = written(HTML + CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    assert get(site, "/chunks").body == b"abc"


def test_of_an_error_page_no_more_is_read_than_a_beginning(site: website.Site) -> None:
    site.nasty["/error"] = endless(b"HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n\r\n", b"x" * 65536)
    answer = get(site, "/error")
    assert answer.status == 500
    assert len(answer.body) <= client.CHUNK_BYTES


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "127.0.0.1.",
    ],
)
def test_loopback_is_forbidden_by_whatever_name(site: website.Site, host: str) -> None:
    site.asked.clear()
    with pytest.raises((Rejected, Retryable)) as raised:
        get(site, f"http://{host}:{site.port}/x", allowed="")
    assert site.asked == []
    assert isinstance(raised.value, Retryable) or "forbidden" in str(raised.value) or "no HTTP" in str(raised.value)


def test_a_name_that_turns_out_to_be_here_is_forbidden(site: website.Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a name server says one thing to a check, and another to the connection."""
    answers = iter(["127.0.0.1", "169.254.169.254", "10.0.0.7", "::1"])
    resolve = socket.getaddrinfo

    def resolved(host: str, port: int, *rest: object, **more: object) -> object:
        if host != "news.example":
            return resolve(host, port, *rest, **more)  # type: ignore[arg-type]
        address = next(answers)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port) if "." in address else (address, port, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    site.asked.clear()
    for _ in range(4):
        with pytest.raises(Rejected, match="forbidden: an address that is not on the public internet"):
            get(site, f"http://news.example:{site.port}/x")
    assert site.asked == []


def test_a_host_that_is_allowed_may_be_anywhere(site: website.Site) -> None:
    site.add("/x", "x")
    assert get(site, f"http://localhost:{site.port}/x", allowed="localhost").status == 200
    assert get(site, f"http://localhost:{site.port}/x", allowed=f"localhost:{site.port}").status == 200
    with pytest.raises(Rejected, match="forbidden"):
        get(site, f"http://localhost:{site.port}/x", allowed="localhost:1")


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, no_password = serialization.Encoding.PEM, serialization.NoEncryption()
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, no_password) + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "key.pem")
    with website.running(context) as site, pytest.raises(Rejected, match="no trust"):
        get(site, f"https://localhost:{site.port}/x", allowed="localhost")


PRIVATE = """
127.0.0.1 127.255.255.255 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.100.100.200 0.0.0.0 224.0.0.1 240.0.0.1
255.255.255.255 192.0.0.192 168.63.129.16 198.18.0.1 192.0.2.1 ::1 :: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:a00:1
64:ff9b::7f00:1 64:ff9b:1::a00:1 2002:7f00:1:: 2001:0:4136:e378:8000:63bf:80ff:fffe fd00:ec2::254 fc00::1 fe80::1
fe80::1%eth0 fec0::1 ff02::1 2001:db8::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_addresses_that_are_not_on_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)
