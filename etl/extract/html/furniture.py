"""Extract: what sites call the parts of a page, as classes and ids.  Pure."""

from __future__ import annotations

import re
from functools import lru_cache

# What sites call the furniture around an article, as words of a class or id; told word by word, which takes a fifth of
# the time of one large expression.
FURNITURE = frozenset({
    "share", "sharing", "social", "related", "newsletter", "ad", "ads", "consent", "gdpr", "paywall", "breadcrumb",
    "breadcrumbs", "comment", "comments", "disqus", "respond", "tag", "tags", "taglist", "topics", "keywords", "byline",
    "bio", "dateline", "timestamp", "meta", "credit", "credits", "caption", "gallery", "slideshow", "carousel",
    "widget", "outbrain", "taboola", "menu", "toolbar", "pagination", "pager", "prev", "next", "footer", "masthead",
    "popup", "modal", "overlay", "tooltip", "trending", "popular", "login", "print", "email", "skip", "hidden",
    "copyright", "rail", "disclaimer", "rating", "vote", "poll", "toc", "infobox",
})  # fmt: skip
FURNITURE_PAIRS = frozenset({  # also written as one word
    "sidebar", "pubdate", "mostread", "mostpopular", "mostviewed", "morefrom", "moreon", "morestories", "morenews",
    "readmore", "readnext", "readalso", "seealso", "furtherreading", "signup", "visuallyhidden", "screenreader",
    "correctionnote", "factbox", "jumplink", "inlinelist", "sronly",
})  # fmt: skip
FURNITURE_STARTS = (
    "recommend", "promo", "advert", "sponsor", "cookie", "subscri", "author", "nav", "follow", "donat"
)  # fmt: skip
ARTICLE_NAMES = re.compile(
    r"article-?_?(body|content|text|main)|(story|post|entry|news|page|main|body|rich)-?_?(body|content|text)"
    r"|articlebody|storybody|post-?content|entry-?content|td-post-content|field-name-body|content__body",
    re.IGNORECASE,
)
# Parts of names, looked for in lower case: a dozen plain searches are faster than one expression.
LEAD = (
    "lead", "intro", "standfirst", "summary", "subtitle", "subhead", "sub-head", "abstract", "teaser", "excerpt",
    "deck", "chapeau", "vorspann",
)  # fmt: skip
COMMENTS = ("comment", "disqus", "respond", "reactie", "kommentar", "discussion", "replies")


@lru_cache(20_000)  # the pages of a site name their parts alike
def is_furniture(names: str) -> bool:
    """Whether an element's class and id name it as something around an article."""
    before = ""
    for word in names.lower().replace("-", " ").replace("_", " ").split():
        if (
            word in FURNITURE
            or word in FURNITURE_PAIRS
            or word.startswith(FURNITURE_STARTS)
            or before + word in FURNITURE_PAIRS
        ):
            return ARTICLE_NAMES.search(names) is None
        before = word
    return False
