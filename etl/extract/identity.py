"""Identity: what tells the records of a source apart.  Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b

from etl.text.stored import stored_line
from etl.web.urls import is_front_page
from schemas.records import RawDocument

# Ids that nobody else gives out: a URL or URN, a tag URI, a UUID, a hash.
GLOBAL_ID = re.compile(
    r"[a-z][a-z0-9+.\-]{1,20}:\S{4,}$|[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$|[0-9a-f]{16,}$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Identity:
    """How the records of a source are told apart.

    ids_by_file  an id names a record within its file, as a row's number does; else within the source
    shared_urls  hash_of(path, URL) of URLs under which a file has different articles (etl.prepare.shared_urls)
    id_name      the name of the source by which ids are computed; None: the one that it has
    """

    ids_by_file: bool = False
    shared_urls: frozenset[int] = frozenset()
    id_name: str | None = None


BY_SOURCE = Identity()


def keys(
    document: RawDocument, url: str | None, asked: str | None, key: str | None, identity: Identity
) -> tuple[str, str | None]:
    """What identifies a document within its source, and its own_key (schemas.article.Article).

    url    canonical, as the document says
    asked  the canonical URL that it was fetched by, if that is known
    key    the id that a record gives itself

    The key is the URL; else the URL that was asked, else the id, else the path, with the record's number.
    A URL counts unless it is a front page or is shared: neither names an article, but the URL that was asked does so
    always.  An id that is unique by its form (URN, UUID, hash) counts as it is, any other as Identity says.
    """
    key = stored_line(key) if key else ""
    in_container = document.record is not None
    if url and url == asked:
        return url, None
    if url and not is_front_page(url) and not (in_container and hash_of(document.path, url) in identity.shared_urls):
        return url, key if in_container else None
    if asked:
        return asked, None
    if key:
        return (f"{document.path}#{key}" if identity.ids_by_file and not GLOBAL_ID.match(key) else key), None
    return f"{document.path}#{document.record}" if in_container else document.path, None


def hash_of(*names: str) -> int:
    """64 bits that stand for names, the same in every process."""
    return int.from_bytes(blake2b("\n".join(names).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
