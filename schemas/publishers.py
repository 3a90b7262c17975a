"""Publishers: the registrable name of the host that an article's URL names, as "gazette.example".  Pure.

Below most domains of countries and beside them names are registered at the second level; below those of SECOND at the
third ("gazette.co.uk"), and on the platforms of SHARED each name is somebody else's.  A source may declare its
publisher instead (dags/sources.toml).
"""

from __future__ import annotations

import re
from functools import lru_cache

SECOND = frozenset(
    """
    ac asn asso co com edu firm gen go gob gouv gov gub id idv ind info ltd mil ne net nom or org plc
    """.split()  # noqa: SIM905
)
"""Second levels of countries' domains (two letters) below which names are registered."""
SHARED = frozenset(
    """
    beehiiv.com blogspot.com buttondown.email fc2.com free.fr github.io gitlab.io hatenablog.com hubpages.com
    livejournal.com medium.com netlify.app over-blog.com pages.dev substack.com tumblr.com typepad.com vercel.app
    weebly.com wixsite.com wordpress.com
    """.split()  # noqa: SIM905
)
"""Platforms whose subdomains belong to their users."""
_HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


def publisher(url: str | None) -> str | None:
    """The registrable name of a URL's host; None without one, and for an address in numbers."""
    host = _HOST.match(url) if url else None
    return registrable(host[1].casefold()) if host else None


@lru_cache(maxsize=4096)
def registrable(host: str) -> str | None:
    """The part of a host's name that somebody has registered."""
    labels = [label for label in host.strip(".").split(".") if label]
    if not labels or labels[-1].isdigit() or "[" in host:
        return None
    long = len(labels[-1]) == 2 and len(labels) > 2 and labels[-2] in SECOND
    return ".".join(labels[-3:] if long or ".".join(labels[-2:]) in SHARED else labels[-2:])
