"""Explain: the fate of one article, and the reason.  I/O: it only reads."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from etl.errors import Usage
from etl.extract.rights import Rights
from etl.fingerprint.recipe import Recipe
from etl.report.diff import diff
from etl.report.explanation import (
    Dates,
    Decided,
    Explanation,
    Member,
    Passage,
    Related,
    StoryOrigin,
    Touch,
    containment,
    order,
    rank_and_day,
)
from etl.store import tombstones
from etl.store.articles import recipe_name
from etl.store.lookups import MAX_ARTICLES_A_NAME, ArticleRow, articles_named, articles_titled, hint
from etl.store.tombstones import Tombstone
from schemas.relations import relation
from schemas.rights import Statement
from schemas.tables import (
    article,
    change,
    cluster_member,
    decision,
    is_current,
    quarantine,
    retraction,
    revision,
    run,
)

MAX_MEMBERS = 20
MAX_RELATED = 20
MAX_TOUCHES = 50  # the latest: a canonical of a long archive has thousands


def explain(connection: sa.Connection, named: str) -> list[Explanation]:
    """The fate of the articles that a name fits, MAX_ARTICLES_A_NAME at most.

    named  an id or its first 6 digits or more, a URL, a key or a path; else words of one headline

    Raises Usage for a name that fits no article and no quarantined record, and for words of several headlines.
    """
    found = [_explained(connection, row) for row in articles_named(connection, named)]
    found += [
        Explanation("quarantined", None, row.source, row.path if row.record < 0 else f"{row.path}#{row.record}", "",
                    reason=f"{row.stage}: {row.reason}")
        for row in connection.execute(sa.select(quarantine).where(quarantine.c.path == named))
    ]  # fmt: skip
    found = found or [_erased(connection, each) for each in tombstones.named(connection, named)]
    return found or [_explained(connection, _titled(connection, named))]


def _titled(connection: sa.Connection, words: str) -> ArticleRow:
    """The one article with these words in its headline."""
    rows = articles_titled(connection, words, MAX_ARTICLES_A_NAME + 1)
    if len(rows) > 1:
        listed = "".join(f"\n{row.article_id}  {row.source}: {row.title}" for row in rows[:MAX_ARTICLES_A_NAME])
        number = f"more than {MAX_ARTICLES_A_NAME}" if len(rows) > MAX_ARTICLES_A_NAME else str(len(rows))
        raise Usage(f"{number} articles have {words!r} in their headline; name one of them by its id:{listed}")
    if not rows:
        advice = (
            hint(words)
            or "; give an article's id, URL, key or path as corpus_article shows it, or words of its headline"
        )
        raise Usage(f"nothing named {words!r} was read{advice}")
    return rows[0]


def _erased(connection: sa.Connection, tombstone: Tombstone) -> Explanation:
    said = _decisions(connection, tombstone.article_id)
    history = _history(connection, tombstone.article_id)
    reason = f"{tombstone.at:%Y-%m-%d %H:%M} UTC, {tombstone.reason}"
    return Explanation(
        "erased", tombstone.article_id, tombstone.source, "", "", reason=reason, decisions=said, history=history
    )


def _explained(connection: sa.Connection, row: ArticleRow) -> Explanation:
    history = _history(connection, row.article_id)
    mine_revisions = sa.select(sa.func.count()).select_from(revision).where(revision.c.article_id == row.article_id)
    facts: dict[str, Any] = {
        "article_id": row.article_id,
        "source": row.source,
        "source_key": row.source_key,
        "title": row.title,
        "dates": _dates(row),
        "revisions": connection.scalar(mine_revisions),
        "runs": tuple(dict.fromkeys(touch.run_id for touch in history)),
        "history": history,
        "decisions": _decisions(connection, row.article_id),
        "passages": _passages(connection, row.article_id),
        "rights": _rights(connection, row),
    }
    if row.text_id is None:
        return Explanation("retracted", reason=_why_retracted(connection, row.article_id), **facts)
    mine = connection.execute(sa.select(cluster_member).where(cluster_member.c.text_id == row.text_id)).one()
    head = connection.execute(sa.select(cluster_member).where(cluster_member.c.text_id == mine.canonical_id)).one()
    facts["origin"] = _origin(connection, head.article_id)
    related = _related(connection, head.article_id)
    facts |= {"related": tuple(related[:MAX_RELATED]), "related_more": max(0, len(related) - MAX_RELATED)}
    if head.article_id == row.article_id:
        copies = _copies(connection, mine.canonical_id)
        members = _members(connection, mine.canonical_id, row.article_id) if copies > 1 else ()
        return Explanation("canonical", copies=copies, members=members, **facts)
    return _duplicate(connection, row, mine, head, facts)


def _duplicate(
    connection: sa.Connection, row: ArticleRow, mine: ArticleRow, head: ArticleRow, facts: dict[str, Any]
) -> Explanation:
    """mine, head: the standings of the article's text and of its canonical's."""
    (canonical,) = articles_named(connection, head.article_id)
    measure, (contained, contains) = "Jaccard", containment(mine.jaccard, mine.shingles, head.shingles)
    recipe = Recipe.renewed(recipe_name(connection) or Recipe().name)
    if recipe.characters:
        measure, (contained, contains) = "aligned share", _shares(connection, row, canonical, recipe)
    bodies = [_body(connection, each) for each in (canonical, row)]
    return Explanation(
        "duplicate",
        relation=relation(mine.text_id, mine.canonical_id, mine.judged),
        canonical_id=head.article_id,
        canonical_source=canonical.source,
        canonical_key=canonical.source_key,
        canonical_title=canonical.title,
        jaccard=mine.jaccard,
        contained=contained,
        contains=contains,
        bands=mine.bands,
        order=order(_dates(row), _dates(canonical)),
        canonical_dates=_dates(canonical),
        diff=diff(*bodies),
        measure=measure,
        **facts,
    )


def _shares(connection: sa.Connection, row: ArticleRow, canonical: ArticleRow, recipe: Recipe) -> tuple[float, float]:
    from etl.fingerprint import comparison, signatures  # their loops take half a second to load

    texts = comparison.compared_by([(each.title, _body(connection, each)) for each in (row, canonical)])
    mine, theirs = signatures.shingle_sets(texts, recipe)
    return signatures.shares_in(mine, theirs)


def _history(connection: sa.Connection, article_id: str) -> tuple[Touch, ...]:
    """The latest changes of an article, in the order in which they came."""
    query = (
        sa.select(change.c.run_id, run.c.label, change.c.at, change.c.change, change.c.canonical_id)
        .join(run, run.c.run_id == change.c.run_id)
        .where(change.c.article_id == article_id)
        .order_by(change.c.position.desc())
        .limit(MAX_TOUCHES)
    )
    rows = [Touch(row.run_id, row.label, row.at.isoformat(), row.change, row.canonical_id)
            for row in connection.execute(query)]  # fmt: skip
    return tuple(reversed(rows))


def _decisions(connection: sa.Connection, article_id: str) -> tuple[Decided, ...]:
    """People's decisions on an article, in their order."""
    other = sa.case((decision.c.article_id == article_id, decision.c.other_id), else_=decision.c.article_id)
    query = (
        sa.select(decision, article.c.article_id.label("other"), article.c.source_key)
        .outerjoin(article, sa.and_(decision.c.other_id.is_not(None), article.c.article_id == other))
        .where(sa.or_(decision.c.article_id == article_id, decision.c.other_id == article_id))
        .order_by(decision.c.position)
    )
    return tuple(
        Decided(row.at.isoformat(), row.who, row.word, row.reason, row.other, row.source_key, row.run_id)
        for row in connection.execute(query)
    )


def _rights(connection: sa.Connection, row: ArticleRow) -> Rights:
    """What an article says of the terms of its use, in its current revision."""
    mine = revision.c.article_id == row.article_id, revision.c.content_hash == row.content_hash
    said = sa.select(*(revision.c[name] for name in Rights._fields)).where(*mine)
    licence, statements, reserved, free = connection.execute(said).one()
    return Rights(licence, tuple(Statement(**each) for each in statements or ()), reserved, free)


def _origin(connection: sa.Connection, canonical_id: str) -> StoryOrigin | None:
    """Where a story is from.  Asks the view, which a reader may."""
    view = sa.table("corpus_story", *map(sa.column, ("canonical_id", "origin", "origin_evidence"))).c
    found = connection.execute(sa.select(view.origin, view.origin_evidence).where(view.canonical_id == canonical_id))
    if (row := found.first()) is None:
        return None
    evidence = json.loads(row.origin_evidence)
    return StoryOrigin(row.origin, evidence["by"], evidence.get("article_id"))


def _passages(connection: sa.Connection, article_id: str) -> tuple[Passage, ...]:
    """What an article has of references, most first.  Asks the view, which a reader may."""
    view = sa.table("corpus_reference", sa.column("article_id"), *map(sa.column, Passage._fields))
    query = sa.select(*(view.c[name] for name in Passage._fields)).where(view.c.article_id == article_id)
    ordered = query.order_by(view.c.shared.desc(), view.c.reference, view.c.reference_key)
    return tuple(Passage(*row) for row in connection.execute(ordered))


def _related(connection: sa.Connection, article_id: str) -> list[Related]:
    """What an article is related to, what it shares most with first.  Asks the views, which a reader may."""
    names = ("article_id", "other_id", "kind", "contained", "contains", "longest_passage")
    pair = sa.table("corpus_relation", *map(sa.column, names)).c
    told = sa.table("corpus_article", *map(sa.column, ("article_id", "source", "source_key", "title"))).c
    found = []
    for mine, theirs, shares in (
        (pair.article_id, pair.other_id, (pair.contained, pair.contains)),
        (pair.other_id, pair.article_id, (pair.contains, pair.contained)),
    ):
        query = sa.select(pair.kind, theirs, told.source, told.source_key, told.title, *shares, pair.longest_passage)
        joined = query.where(mine == article_id, told.article_id == theirs)
        is_earlier = theirs is pair.other_id
        found += [Related(kind, is_earlier, *rest) for kind, *rest in connection.execute(joined)]
    return sorted(found, key=lambda each: (-max(each.mine, each.theirs), each.other_id))


def _why_retracted(connection: sa.Connection, article_id: str) -> str:
    withdrawn = connection.execute(sa.select(retraction).where(retraction.c.article_id == article_id)).one()
    return f"{withdrawn.at:%Y-%m-%d %H:%M} UTC, {withdrawn.reason or 'without a reason'}"


def _copies(connection: sa.Connection, canonical_text: int) -> int:
    members = article.join(cluster_member, cluster_member.c.text_id == article.c.text_id)
    query = sa.select(sa.func.count()).select_from(members).where(cluster_member.c.canonical_id == canonical_text)
    return connection.scalar(query) or 0


def _members(connection: sa.Connection, canonical_text: int, canonical: str) -> tuple[Member, ...]:
    """The earliest MAX_MEMBERS articles that a canonical stands for, without itself."""
    columns = (article.c.article_id, article.c.source, article.c.source_key, revision.c.title, cluster_member.c.text_id)
    query = (
        sa.select(*columns, cluster_member.c.judged, cluster_member.c.jaccard)
        .select_from(cluster_member)
        .join(article, article.c.text_id == cluster_member.c.text_id)
        .join(revision, is_current)
        .where(cluster_member.c.canonical_id == canonical_text, article.c.article_id != canonical)
        .order_by(article.c.day, article.c.article_id)
        .limit(MAX_MEMBERS)
    )
    return tuple(
        Member(*row[:4], relation(row.text_id, canonical_text, row.judged), row.jaccard)
        for row in connection.execute(query)
    )


def _body(connection: sa.Connection, row: ArticleRow) -> str:
    query = sa.select(revision.c.body).where(
        revision.c.article_id == row.article_id, revision.c.content_hash == row.content_hash
    )
    return str(connection.scalar(query))


def _dates(row: ArticleRow) -> Dates:
    return Dates(*rank_and_day(row.day), _iso(row.published_at), _iso(row.first_date), row.length)


def _iso(value: date | datetime | None) -> str | None:
    return value.isoformat() if value is not None else None
