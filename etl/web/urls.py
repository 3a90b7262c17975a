"""URLs: one way to write each, which may be asked, and what a page calls its own.  Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from etl.errors import Rejected
from etl.text.stored import stored_line

# Parameters that say how a reader came, not what is read.
TRACKING = re.compile(
    r"utm_.*|fbclid|gclid|dclid|msclkid|igshid|mc_[ce]id|yclid|_ga|cmpid|icid|ito|ncid|ocid|smid|rss|sh|ref_src|xtor|wt_mc|s?cid",
    re.IGNORECASE,
)
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
NO_URL = re.compile(r'[\s<>"\x00-\x20\x7f]')
MAX_URL = 2_000  # characters; browsers and servers take no longer ones
LINK = re.compile(r"<link\b[^>]{1,2000}>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""([a-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
VARIANT_HOST = re.compile(r"^(?:www|m|mobile|amp)\.")
HEAD_BYTES = 100_000  # of a page, within which its head ends


def canonical_url(url: str | None) -> str | None:
    """A web URL without fragment, default port and tracking parameters, scheme and host in lower case.

    None for what is no web URL; other parameters keep their order.
    """
    if not url:
        return None
    try:
        parts = urlsplit(stored_line(url))
        host = parts.hostname
    except ValueError:  # a bracket that is no IPv6 address
        return None
    if parts.scheme not in DEFAULT_PORTS or not host or " " in parts.netloc:
        return None
    netloc = parts.netloc.rpartition("@")[2].lower().removesuffix(DEFAULT_PORTS[parts.scheme])
    query = parts.query
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        kept = [pair for pair in pairs if not TRACKING.fullmatch(pair[0])]
        query = query if kept == pairs else urlencode(kept)
    return urlunsplit((parts.scheme, netloc, parts.path or "/", query, ""))


def web_url(text: str, base: str = "") -> str:
    """The canonical URL that may be asked for a link, which may be relative to a base.

    Raises Rejected for what is no http(s) URL, or holds a name and a password: those would end in logs and archives.
    """
    try:
        whole = urljoin(base, text.strip())
        parts = urlsplit(whole)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        port_is_a_number = False
        whole, parts = text, urlsplit("")
    found = canonical_url(whole) if port_is_a_number and not NO_URL.search(whole) else None
    if found is None:
        raise Rejected("fetch", "no web address")
    if "@" in parts.netloc:
        raise Rejected("fetch", "no web address: it holds a name or password")
    if len(found) > MAX_URL:
        raise Rejected("fetch", f"no web address: longer than {MAX_URL} characters")
    return found


def without_credentials(url: str) -> str:
    """A URL, or what should be one, as it may be shown."""
    return re.sub(r"(?<=//)[^/?#]*@", "", url)


def origin(url: str) -> str:
    """Scheme, host and port: what one robots.txt holds for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def host(url: str) -> str:
    """The host and, unless it is the scheme's own, the port of a canonical URL."""
    return urlsplit(url).netloc


def variant_of(page: bytes, url: str) -> str | None:
    """The URL of the page itself, where this is its AMP or mobile variant; told by its canonical link.

    page  its head at least
    """
    for tag in LINK.findall(page[:HEAD_BYTES].decode("utf-8", "replace")):
        said = {name.lower(): a or b or c for name, a, b, c in ATTRIBUTE.findall(tag)}
        if said.get("rel", "").lower() == "canonical" and said.get("href"):
            try:
                found = web_url(said["href"], url)
            except Rejected:
                return None
            same_site = VARIANT_HOST.sub("", host(found)) == VARIANT_HOST.sub("", host(url))
            return found if same_site and found != url and urlsplit(found).path.strip("/") else None
    return None
