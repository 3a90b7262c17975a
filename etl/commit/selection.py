"""Selection: the articles that a decision is on, by name, story, URL, source or list.  I/O: it only reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from etl.commit.curate import resolve
from etl.errors import Usage
from etl.store.bulk import among
from etl.store.lookups import articles_named, ids_named, may_be_digits
from etl.store.sources import require
from etl.store.tombstones import erased_names
from etl.store.tombstones import named as tombstones_named
from etl.web.urls import canonical_url
from schemas.records import is_article_id
from schemas.tables import MAX_PATH, article, cluster_member, revision

MAX_WRONG_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles; one of its fields is given.

    named       by id (or its first digits), URL, key or path
    story       these, named alike, and all copies of their stories
    url_prefix  of all at this URL or below it
    source      of this source
    listed      lines of a file: ids or URLs; a URL stands for all articles that have it
    """

    named: Sequence[str] = ()
    story: Sequence[str] = ()
    url_prefix: str | None = None
    source: str | None = None
    listed: Sequence[str] = ()

    def is_one_kind(self) -> bool:
        given = (self.named, self.story, self.url_prefix, self.source, self.listed)
        return sum(map(bool, given)) == 1


def chosen(connection: sa.Connection, selection: Selection, erased: bool = False) -> list[str]:
    """Ids of the selected articles, retracted ones among them.

    erased  names of articles that were erased are passed over, and a list may have whole ids that are not known

    Raises Usage for a selection of no kind or several, for one that nothing fits, and for each name that fits none.
    """
    if not selection.is_one_kind():
        raise Usage("name articles, or give one of --story, --url-prefix, --source and --from-file")
    if selection.url_prefix:
        found = _below(connection, selection.url_prefix)
    elif selection.source:
        require(connection, selection.source)
        found = connection.scalars(sa.select(article.c.article_id).where(article.c.source == selection.source)).all()
    elif selection.listed:
        found = _listed(connection, selection.listed, erased)
    else:
        names = selection.named or selection.story
        left = resolve(connection, [name for name in names if not (erased and _is_erased(connection, name))])
        return _stories(connection, left) if selection.story else left
    if not found and not selection.listed:
        raise Usage("no article is selected; corpus_member shows ids, URLs and sources")
    return sorted(found)


def titles(connection: sa.Connection, article_ids: Sequence[str], limit: int) -> list[str]:
    """The first of these articles as lines for people."""
    rows = [row for each in article_ids[:limit] for row in articles_named(connection, each)]
    return [f"{row.article_id}  {row.source}  {row.source_key}  {row.title}" for row in rows]


def _stories(connection: sa.Connection, article_ids: Sequence[str]) -> list[str]:
    """The articles of the clusters of these, and these, which may stand in none."""
    mine = sa.select(cluster_member.c.canonical_id).join(article, article.c.text_id == cluster_member.c.text_id)
    heads = mine.where(among(connection, article.c.article_id, article_ids))
    members = sa.select(article.c.article_id).join(cluster_member, cluster_member.c.text_id == article.c.text_id)
    return sorted({*article_ids, *connection.scalars(members.where(cluster_member.c.canonical_id.in_(heads)))})


def _below(connection: sa.Connection, prefix: str) -> Sequence[str]:
    """Articles whose key, or a revision's URL, is this one or lies below it.

    Both are normalised (etl.web.urls), and http and https are the same here.  A path ends where a segment ends: what is
    below /news/a is /news/a/b or /news/a?page=2, not /news/ab.
    """
    wanted = canonical_url(prefix)
    if wanted is None:
        raise Usage(f"{prefix!r} is no web address; write it with https://")
    stem = wanted.partition("://")[2].rstrip("/")
    ends = "&" if "?" in stem else "/?"
    begins = [f"{scheme}://{stem}" for scheme in ("http", "https")]
    found = set()
    for ids, urls in ((article.c.article_id, article.c.source_key), (revision.c.article_id, revision.c.url)):
        matching = sa.or_(*(sa.func.substr(urls, 1, len(begin)) == begin for begin in begins))
        for article_id, url in connection.execute(sa.select(ids, urls).where(matching)):
            rest = url.partition("://")[2][len(stem) :]
            if not rest or rest[0] in ends:
                found.add(article_id)
    return sorted(found)


def _listed(connection: sa.Connection, lines: Sequence[str], erased: bool) -> Sequence[str]:
    """Articles named by the lines of a file; empty ones and those that begin with # say nothing."""
    lines = [line.strip() for line in lines]
    names = {line: canonical_url(line) or line for line in lines if line and not line.startswith("#")}
    fitting = ids_named(connection, set(names.values()))
    unknown = names.values() - fitting.keys()
    for name in unknown:  # few: all others are looked for together
        if (may_be_digits(name) and not is_article_id(name)) or len(name) > MAX_PATH:
            fitting[name] = {row.article_id for row in articles_named(connection, name)}
    gone = erased_names(connection, unknown) if erased else set()
    found: set[str] = set()
    wrong = []
    for number, line in enumerate(lines, 1):
        if line not in names:
            continue
        ids = fitting.get(names[line], set())
        if len(ids) == 1 or (ids and "://" in names[line]):
            found |= ids
        elif erased and is_article_id(line):
            found.add(line)
        elif names[line] not in gone:
            wrong.append(f"line {number}, {line!r}, names {'no article' if not ids else 'several'}")
    if wrong:
        more = f", and {len(wrong) - MAX_WRONG_SHOWN} lines more" if len(wrong) > MAX_WRONG_SHOWN else ""
        raise Usage(f"{'; '.join(wrong[:MAX_WRONG_SHOWN])}{more}; nothing was done")
    return sorted(found)


def _is_erased(connection: sa.Connection, name: str) -> bool:
    return not articles_named(connection, name) and bool(tombstones_named(connection, name))
