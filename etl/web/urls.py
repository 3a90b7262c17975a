"""URLs: the one spelling by which articles are known, the URL that is asked, and a page's name for itself.  Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import SplitResult, unquote_plus, urljoin, urlsplit, urlunsplit

import idna

from etl.errors import Rejected
from etl.text.stored import stored_line

TRACKING_PARAMETERS = frozenset(
    """
    utm_source utm_medium utm_campaign utm_term utm_content utm_id utm_name utm_cid utm_reader utm_referrer
    utm_pubreferrer utm_brand utm_place utm_social utm_social-type utm_source_platform utm_creative_format
    utm_marketing_tactic utm_swu utm_viz_id utm_hp_ref utm_int utm_userid utm_email utm_keyword utm_channel utm_sq
    fbclid gclid gclsrc dclid gbraid wbraid msclkid twclid ttclid li_fat_id yclid ysclid igshid igsh _openstat mkt_tok
    mc_cid mc_eid _ga _gl _hsenc _hsmi __hsfp __hssc __hstc hsctatracking oly_anon_id oly_enc_id vero_id vero_conv
    wickedid s_kwcid ef_id cmpid icid ito ncid ocid smid scid xtor wt_mc wt_zmc ref_src ref_url
    at_medium at_campaign at_custom1 at_custom2 at_custom3 at_custom4 pk_campaign pk_kwd pk_source pk_medium
    mtm_campaign mtm_source mtm_medium mtm_keyword mtm_content echobox taid guccounter guce_referrer guce_referrer_sig
    __twitter_impression amp_js_v amp_gsa usqp
    """.split()  # noqa: SIM905  a list of 90 quoted names is no table
)
"""Names of query parameters that say how a reader came and never what is read, compared in small letters.

A name is here because a mail, advertising or analytics product (or, for cmpid, icid, ito, ncid, ocid, smid and xtor, a
large publisher) documents it as such.  Any other parameter is content: `id`, `cid`, `sh` or `rss` name an article on
some site, and dropping one makes many articles one, while keeping one too many leaves a duplicate that the election
finds.  docs/reading.md repeats the list.
"""
CHANNELS = frozenset(
    """
    ad ads app apple bing campaign clicksource cmp display edm em email facebook fb feed flipboard google ig instagram
    int linkedin mail newsletter nl organic outbrain paid pinterest ppc push reddit referral rss sem seo share smartnews
    soc social taboola telegram tiktok tw twitter whatsapp yahoo youtube
    """.split()  # noqa: SIM905
)
"""First words of a campaign's name: `cid=soc_twitter_evening` is tracking, `cid=48213` names an article."""
CAMPAIGN = re.compile(r"([a-z]+)[_:.|-]")
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
PERCENT = re.compile(r"%([0-9A-Fa-f]{2})?")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
NOT_IN_URLS = re.compile(r"[^!#$%&'()*+,/:;=?@A-Za-z0-9._~\[\]-]")
NO_URL = re.compile(r'[\s<>"\x00-\x20\x7f]')
MAX_URL_CHARACTERS = 2_000  # characters; browsers and servers take no longer ones
LINK_TAG = re.compile(r"<link\b[^>]{1,2000}>", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""([a-z]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
VARIANT_HOST = re.compile(r"^(?:www|m|mobile|amp)\.")
PAGE_HEAD_BYTES = 100_000  # of a page, within which its head ends


def canonical_url(url: str | None) -> str | None:
    """The one spelling of a web URL, by which an article is known; None for what is no web URL.

    As RFC 3986 (6.2) normalises: scheme and host in small letters, international hosts in their ASCII form (IDNA 2008),
    no default port, no dot segments, percent-encoding with capital digits and only where it is needed.  Without
    user, fragment, empty query and TRACKING_PARAMETERS; other parameters keep their order and their spelling.
    Applied again it changes nothing.
    """
    parts = _web_parts(stored_line(url)) if url else None
    if parts is None:
        return None
    path = _without_dots(_encoded(parts.path))
    query = "&".join(piece for piece in parts.query.split("&") if piece and not _is_tracking(piece))
    return urlunsplit((parts.scheme, _netloc(parts), path or "/", _encoded(query), ""))


def web_url(text: str, base: str = "") -> str:
    """The absolute URL to ask for a link, which may be relative to a base: as it was listed, tracking and all.

    A server may answer another spelling otherwise, so only what HTTP cannot send is changed: the fragment goes, the
    host is in ASCII, other characters beyond ASCII are percent-encoded.

    Raises Rejected for what is no http(s) URL, or holds a name and a password: those would end in logs and archives.
    """
    try:
        parts = _web_parts(urljoin(base, text.strip()))
        port_is_a_number = parts is not None and (parts.port is None or parts.port > 0)
    except ValueError:
        parts, port_is_a_number = None, False
    if parts is None or not port_is_a_number or NO_URL.search(urlunsplit(parts)):
        raise Rejected("fetch", "no web address")
    if "@" in parts.netloc:
        raise Rejected("fetch", "no web address: it holds a name or password")
    path, query = (NOT_IN_URLS.sub(_percent_encoded, part) for part in (parts.path, parts.query))
    found = urlunsplit((parts.scheme, _netloc(parts), path or "/", query, ""))
    if len(found) > MAX_URL_CHARACTERS:
        raise Rejected("fetch", f"no web address: longer than {MAX_URL_CHARACTERS} characters")
    return found


def is_front_page(url: str) -> bool:
    """Whether a canonical URL names a site and nothing on it."""
    return url.count("/") == 3 and url.endswith("/")


def _web_parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:  # a bracket that is no IPv6 address
        return None
    return parts if parts.scheme in DEFAULT_PORTS and host and not NO_URL.search(_netloc(parts)) else None


def _netloc(parts: SplitResult) -> str:
    """Host and port, without user and default port."""
    netloc = parts.netloc.rpartition("@")[2]
    if netloc.isascii():
        return netloc.lower().removesuffix(DEFAULT_PORTS[parts.scheme]).removesuffix(":")
    name, colon, port = netloc.partition(":")
    return f"{_ascii_host(name)}{colon}{port}".removesuffix(DEFAULT_PORTS[parts.scheme]).removesuffix(":")


@lru_cache(1_000)
def _ascii_host(name: str) -> str:
    """An international host as DNS has it: each label that is not ASCII becomes an A-label ("xn--…")."""
    labels = unicodedata.normalize("NFKC", name).lower().replace("\u3002", ".").split(".")
    return ".".join(label if label.isascii() else _a_label(label) for label in labels)


def _a_label(label: str) -> str:
    try:
        return idna.encode(label, uts46=True).decode()
    except idna.IDNAError:  # emoji, which registries of some countries sell all the same
        return "xn--" + label.encode("punycode").decode("ascii")


def _encoded(part: str) -> str:
    """A path or query, percent-encoded where that is needed, and nowhere else."""
    if "%" in part:
        part = PERCENT.sub(_needed, part)
    return NOT_IN_URLS.sub(_percent_encoded, part)


def _needed(match: re.Match[str]) -> str:
    if match[1] is None:
        return "%25"
    character = chr(int(match[1], 16))
    return character if UNRESERVED.fullmatch(character) else match[0].upper()


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace"))


def _without_dots(path: str) -> str:
    """A path without the segments "." and ".." (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join([*kept, *([""] if segments[-1] in (".", "..") else [])])


def _is_tracking(piece: str) -> bool:
    """Whether a parameter ("name=value", as it stands in the query) says only how a reader came."""
    name, _, value = piece.partition("=")
    name = unquote_plus(name).lower()
    if name != "cid":
        return name in TRACKING_PARAMETERS
    campaign = CAMPAIGN.match(unquote_plus(value).lower())
    return campaign is not None and campaign[1] in CHANNELS


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
    """The canonical URL of the page itself, where this is its AMP or mobile variant; told by its canonical link.

    page  its head at least
    """
    for tag in LINK_TAG.findall(page[:PAGE_HEAD_BYTES].decode("utf-8", "replace")):
        said = {name.lower(): a or b or c for name, a, b, c in ATTRIBUTE.findall(tag)}
        if said.get("rel", "").lower() == "canonical" and said.get("href"):
            try:
                found = canonical_url(web_url(said["href"], url))
            except Rejected:
                return None
            if found is None or found == canonical_url(url) or is_front_page(found):
                return None
            return found if VARIANT_HOST.sub("", host(found)) == VARIANT_HOST.sub("", host(url)) else None
    return None
