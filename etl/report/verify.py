"""Verify: recompute a store from its revisions, by other means than those that filled it.  I/O: it only reads.

Signatures and comparison texts are checked by this version's kernel on every text, and by the definition itself
(etl.text.tokens.tokens, datasketch) on a sample, since the definition takes 2 ms a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from etl.decide.revisions import USUAL, Revision, day_of, text_day
from etl.fingerprint import signatures
from etl.fingerprint.comparison import SHORT, compare, with_headline
from etl.fingerprint.recipe import Recipe
from etl.report import matches
from etl.report.damage import Unreadable, broken_rules, dangling_references, unreadable_values
from etl.report.difference import Difference
from etl.report.verify_election import election_differences
from etl.report.verify_relations import relation_differences
from etl.store import source_days, tombstones
from etl.store.articles import COPIED, body_digests, recipe_name
from etl.store.quarantine import quarantine_id
from etl.store.sources import id_names, precedences
from etl.text.stubs import is_stub
from etl.text.tokens import tokens
from schemas import tables
from schemas.agencies import MARK_WITHIN, agency, origin
from schemas.publishers import publisher
from schemas.records import article_id_of
from schemas.staging import text_key

TEXTS_BY_DEFINITION = 200  # a fault in one text of fifty shows with probability 0.98
TEXTS_A_READ = 2_000


def verify(
    connection: sa.Connection, recipe: Recipe, progress: Callable[[str], None]
) -> Iterator[Difference | Unreadable]:
    """All differences between the store and what its revisions give; a correct store has none.

    progress  called with the name of each part as it begins

    A part that a damaged value cuts short is a difference itself, and the others go on.
    """
    parts: dict[str, Callable[[], Iterator[Difference | Unreadable]]] = {
        "values": lambda: unreadable_values(connection),
        "references": lambda: dangling_references(connection),
        "rules": lambda: (Difference("rule", "the file", broken, "kept") for broken in broken_rules(connection)),
        "names": lambda: _names(connection),
        "revisions": lambda: _revisions(connection),
        "texts": lambda: _texts(connection, recipe),
        "election": lambda: election_differences(connection, recipe),
        "relations": lambda: relation_differences(connection, recipe),
        "counts": lambda: _counts(connection),
        "changes": lambda: _changes(connection),
        "matches": lambda: (Difference(*each) for each in matches.differences(connection)),
    }
    for name, part in parts.items():
        progress(name)
        try:
            yield from part()
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            yield Difference("reading", name, f"{error.orig}", "every row")
        except Exception as error:  # a value that a disk has changed raises whatever its type raises
            yield Difference("reading", name, f"{type(error).__name__}: {error!s:.200}", "every row")


def _names(connection: sa.Connection) -> Iterator[Difference]:
    """Ids are those of source and key, and of source, path and record; a store with texts says by which recipe.

    No erasure is unfinished, and who decided of an article that is not there decided of an erased one.
    """
    article, quarantine = tables.article.c, tables.quarantine.c
    first = id_names(connection)
    for row in connection.execute(sa.select(article.article_id, article.source, article.source_key)):
        if row.article_id != (expected := article_id_of(first.get(row.source, row.source), row.source_key)):
            yield Difference("id", f"article {row.source}, {row.source_key}", row.article_id, expected)
    named = (quarantine.quarantine_id, quarantine.source, quarantine.path, quarantine.record)
    for given, *name in connection.execute(sa.select(*named)):
        if given != (expected := quarantine_id(*name)):
            yield Difference("id", f"quarantined {name[1]} of {name[0]}", given, expected)
    for article_id, fault, wanted in tombstones.faults(connection):
        yield Difference("erasure", f"article {article_id}", fault, wanted)
    if connection.scalar(sa.select(tables.text.c.text_id).limit(1)) is not None and recipe_name(connection) is None:
        yield Difference("recipe", "the store", None, "one")


def _changes(connection: sa.Connection) -> Iterator[Difference]:
    """The last change of each article says who stands for it now: consumers that follow the changes have the corpus."""
    change, article, member, head = (
        tables.change, tables.article, tables.cluster_member, tables.cluster_member.alias("head"),
    )  # fmt: skip
    last = sa.select(change.c.article_id, sa.func.max(change.c.position).label("position")).group_by(
        change.c.article_id
    ).subquery()  # fmt: skip
    query = (
        sa.select(article.c.article_id, change.c.position, change.c.canonical_id, head.c.article_id.label("head"))
        .outerjoin(last, last.c.article_id == article.c.article_id)
        .outerjoin(change, change.c.position == last.c.position)
        .outerjoin(member, member.c.text_id == article.c.text_id)
        .outerjoin(head, head.c.text_id == member.c.canonical_id)
    )
    for row in connection.execute(query):
        if row.position is None or row.canonical_id != row.head:
            yield Difference("last change", f"article {row.article_id}", row.canonical_id, row.head)


def _revisions(connection: sa.Connection) -> Iterator[Difference]:
    """The current revision is the greatest; its day and length are the article's; a text's rank is its first's."""
    article, revision, member = tables.article, tables.revision, tables.cluster_member
    columns = [revision.c[n] for n in ("content_hash", "first_date", "last_date", "fetched_at", "reader")]
    said = [revision.c[n] for n in ("credit", "dateline", "byline", "site", "url", "trailer")]
    body, size = revision.c.body, sa.func.length(revision.c.body)
    foot = sa.case((size > MARK_WITHIN, sa.func.substr(body, size - MARK_WITHIN + 1)), else_=body)
    facts = [revision.c.published_at, size, *said, sa.func.substr(body, 1, MARK_WITHIN), foot]
    facts.append(revision.c.language.label("r_language"))
    query = sa.select(*(c.label(f"r_{c.name}") for c in columns), *facts, article).join(
        revision, revision.c.article_id == article.c.article_id
    )
    best: dict[str, tuple[Revision, Any]] = {}
    several: dict[str, list[Revision]] = {}
    stored: dict[str, Any] = {}
    for row in connection.execute(query):
        seen = Revision(*row[:5])
        if row.article_id in best:
            several.setdefault(row.article_id, [best[row.article_id][0]]).append(seen)
        if row.article_id not in best or seen.recency() > best[row.article_id][0].recency():
            best[row.article_id] = (seen, (*row[5:7], _origin(*row[7 : 5 + len(facts)])))
        stored[row.article_id] = row
    bodies = body_digests(connection, several.keys())
    of_sources = precedences(connection)
    withdrawn = set(connection.scalars(sa.select(tables.retraction.c.article_id)))
    ranks: dict[int, tuple[int, int, str]] = {}
    for article_id, row in stored.items():
        seen, (published_at, length, named) = best[article_id]
        filed = seen.first_date
        if article_id in several:
            filed = text_day(several[article_id], bodies[article_id], seen.content_hash)
        day = day_of(published_at, filed, of_sources.get(row.source, USUAL))
        if row.content_hash != seen.content_hash:
            yield Difference("current revision", f"article {article_id}", row.content_hash, seen.content_hash)
        elif (row.day, row.length, row.partition_date) != (day, length, filed):
            stands = (row.day, row.length, row.partition_date)
            yield Difference("day, length or date", f"article {article_id}", stands, (day, length, filed))
        elif (stands := tuple(row._mapping[name] for name in COPIED)) != named:
            yield Difference("agency, publisher, origin or language", f"article {article_id}", stands, named)
        if (row.text_id is None) != (article_id in withdrawn):
            yield Difference("retraction", f"article {article_id}", row.text_id, "none" if row.text_id else "a text")
        if row.text_id is not None:
            rank = (row.day, -row.length, article_id)
            ranks[row.text_id] = min(rank, ranks.get(row.text_id, rank))
    for row in connection.execute(sa.select(member)):
        rank = (row.day, -row.length, row.article_id)
        if ranks.get(row.text_id) != rank:
            yield Difference("rank", f"text {row.text_id}", rank, ranks.get(row.text_id))
        ranks.pop(row.text_id, None)
    for text_id in ranks:
        yield Difference("standing", f"text {text_id}", None, "one")


def _origin(
    credit: str | None,
    dateline: str | None,
    byline: str | None,
    site: str | None,
    url: str | None,
    trailer: str | None,
    head: str,
    foot: str,
    language: str,
) -> tuple[str | None, ...]:
    """What etl.store.articles.COPIED names, of a revision."""
    host = publisher(url)
    found = origin(credit, dateline, byline, site, host, trailer, head, foot)
    return agency(credit, dateline, byline, site), host, *(found or (None, None)), language


def _texts(connection: sa.Connection, recipe: Recipe) -> Iterator[Difference]:
    """Ids, signatures and sizes of texts are those of the comparison texts of their articles."""
    article, revision, text, signature, member = (
        tables.article, tables.revision, tables.text, tables.signature, tables.cluster_member,
    )  # fmt: skip
    total = connection.scalar(sa.select(sa.func.count()).select_from(text)) or 0
    step = max(1, total // TEXTS_BY_DEFINITION)
    query = (
        sa.select(text, signature.c.minima, member.c.shingles, revision.c.title, revision.c.body, article.c.article_id)
        .outerjoin(signature, signature.c.text_id == text.c.text_id)
        .outerjoin(member, member.c.text_id == text.c.text_id)
        .outerjoin(article, article.c.article_id == member.c.article_id)
        .outerjoin(
            revision,
            tables.is_current,
        )
    )
    result = connection.execution_options(yield_per=TEXTS_A_READ).execute(query)
    number = 0
    for rows in result.partitions():
        whole = [row for row in rows if row.article_id is not None and row.minima is not None]
        for row in set(rows) - set(whole):
            yield Difference("signature or article", f"text {row.text_id}", None, "one")
        prints = compare([(row.title, row.body) for row in whole], recipe).prints
        for row, comparison, minima in zip(whole, prints.comparison, prints.signatures, strict=True):
            where = f"text {row.text_id} (article {row.article_id})"
            if (row.text_id, bytes(row.digest)) != text_key(comparison):
                yield Difference("id and digest", where, row.text_id, text_key(comparison)[0])
                continue
            if bytes(row.minima) != minima.astype("<u4").tobytes():
                yield Difference("signature", where, "minima", "others")
            spelled = signatures.spelled(comparison, recipe)
            if row.shingles != len(spelled):
                yield Difference("shingles", where, row.shingles, len(spelled))
            if number % step == 0:
                yield from _by_definition(row, comparison, spelled, recipe)
            number += 1


def _by_definition(
    row: sa.Row[tuple[Any, ...]], comparison: str, spelled: set[str], recipe: Recipe
) -> Iterator[Difference]:
    from datasketch import MinHash

    where = f"text {row.text_id} by definition"
    title, body = (" ".join(tokens(text)) for text in (row.title, row.body))
    stub = is_stub(body)
    defined = with_headline(title, body, stub) if stub or body.count(" ") + 1 < SHORT else body
    if comparison != defined:
        yield Difference("comparison text", where, comparison[:60], defined[:60])
    peer = MinHash(num_perm=recipe.permutations, seed=recipe.seed, scheme="affine32", hashfunc=signatures.shingle_hash)
    peer.update_batch([s.encode() for s in spelled])
    if bytes(row.minima) != peer.hashvalues.astype("<u4").tobytes():
        yield Difference("signature", where, "minima", "datasketch's")


def _counts(connection: sa.Connection) -> Iterator[Difference]:
    """The counts of the last run equal those of the tables and views."""
    from etl.store.runs import latest_counts

    def rows(view: str, where: str = "") -> int:
        return int(connection.scalar(sa.text(f"SELECT count(*) FROM {view} {where}")) or 0)  # noqa: S608  own views

    counted = {
        "articles": rows("article", "WHERE text_id IS NOT NULL"),
        "canonical": rows("corpus_article"),
        "exact": rows("corpus_duplicate", "WHERE relation = 'exact'"),
        "near": rows("corpus_duplicate", "WHERE relation <> 'exact'"),
        "retracted": rows("retraction"),
    }
    kept, told = source_days.kept(connection), source_days.counted(connection)
    for day in sorted(kept.keys() | told.keys()):
        if kept.get(day) != told.get(day):
            yield Difference("counts", f"{day[0]} on {day[1]}", kept.get(day), told.get(day))
    reported = latest_counts(connection)
    for name, count in counted.items():
        if reported[name] != count:
            yield Difference(f"number of {name}", "the last run", reported[name], count)
