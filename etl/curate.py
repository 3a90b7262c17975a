"""Curate: what people decide about articles: withdraw one, bring it back, call two the same or different.  I/O.

Each is a run of its own: one transaction, elected anew around the articles it names, with its changes in the feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from etl import runs, store
from etl.commit import TEXT_COLLISION
from etl.errors import Usage
from etl.explain import articles_named
from etl.prepare import prepare
from etl.recipe import Recipe
from etl.revise import READ_NOTHING
from etl.settle import Coming, Totals, Touched, settle
from schemas.records import Article, RunReport
from schemas.tables import article, judgement, retraction, revision

Word = Literal["same", "different"]


def retract(connection: sa.Connection, article_ids: Sequence[str], reason: str, label: str, now: datetime) -> RunReport:
    """Withdraw articles: each leaves the corpus, its cluster elects anew, and it stays away when it is read again.

    One that is withdrawn already stays so, with its first reason.  Raises Usage for an id that is not there.
    """
    current = _known(connection, article_ids)
    going = {a: text_id for a, (_, text_id) in current.items() if text_id is not None}
    before = store.states(connection, article.c.article_id, going.keys())
    connection.execute(sa.update(article).where(article.c.article_id.in_(going)).values(text_id=None))
    if going:
        connection.execute(
            sa.insert(retraction), [{"article_id": a, "reason": reason, "at": now} for a in sorted(going)]
        )
    totals = Totals(written=bool(going))
    totals.retracted = len(going)
    touched = Touched(texts=set(going.values()), before=before)
    return _settled(connection, touched, totals, label, now)


def restore(connection: sa.Connection, article_ids: Sequence[str], label: str, now: datetime) -> RunReport:
    """Bring withdrawn articles back, with the text that is current by now.  Raises Usage for an unknown id."""
    current = _known(connection, article_ids)
    coming_back = sorted(a for a, (_, text_id) in current.items() if text_id is None)
    recipe = store.stored_recipe(connection)
    coming: dict[int, Coming] = {}
    for article_id in coming_back:
        text_id, digest, comparison, found = _text_of(connection, article_id, current[article_id][0], recipe)
        stored = store.digests(connection, [text_id])
        if stored.get(text_id, digest) != digest:
            raise Usage(f"article {article_id} cannot be restored: {TEXT_COLLISION}")
        if not stored:
            store.add_texts(connection, [text_id], [digest], [comparison], [found.signature])
        coming[text_id] = found
        connection.execute(sa.update(article).where(article.c.article_id == article_id).values(text_id=text_id))
    connection.execute(sa.delete(retraction).where(retraction.c.article_id.in_(coming_back)))
    totals = Totals(written=bool(coming_back))
    totals.retracted = -len(coming_back)
    touched = Touched(texts=set(coming), articles=set(coming_back), come=set(coming_back), coming=coming)
    return _settled(connection, touched, totals, label, now)


def judge(
    connection: sa.Connection, one: str, other: str, word: Word | None, reason: str, label: str, now: datetime
) -> RunReport:
    """Say that two articles are the same story, or are not; None takes back what was said.

    Raises Usage for an unknown id, for an article and itself, and for calling two different that have the same text.
    """
    current = _known(connection, [one, other])
    if one == other:
        raise Usage("an article and itself need no judgement; name two")
    if word == "different" and current[one][1] == current[other][1] and current[one][1] is not None:
        raise Usage("these two have the same comparison text: nothing can part them; retract one instead")
    pair = dict(zip(("article_id", "other_id"), sorted((one, other)), strict=True))
    same_pair = sa.and_(*(judgement.c[name] == value for name, value in pair.items()))
    said = connection.scalar(sa.select(judgement.c.word).where(same_pair))
    totals = Totals(written=said != word)
    if said != word:
        connection.execute(sa.delete(judgement).where(same_pair))
        if word is not None:
            connection.execute(sa.insert(judgement).values(word=word, reason=reason, at=now, **pair))
    texts = {text_id for _, text_id in current.values() if text_id is not None}
    return _settled(connection, Touched(texts=texts, judged={one, other}), totals, label, now)


def resolve(connection: sa.Connection, named: Sequence[str]) -> list[str]:
    """Ids of articles named by id (or its first digits), URL, key or path.

    Raises Usage for a name that fits no article, or several.
    """
    found = []
    for name in named:
        rows = articles_named(connection, name)
        if len(rows) != 1:
            what = "no article" if not rows else f"{len(rows)} articles or more"
            raise Usage(f"{name!r} names {what}; give the id that `wirecopy explain` or corpus_article shows")
        found.append(rows[0].article_id)
    return found


def _settled(connection: sa.Connection, touched: Touched, totals: Totals, label: str, now: datetime) -> RunReport:
    if totals.written:
        settle(connection, store.stored_recipe(connection), touched, totals)
    run = runs.Run(label, "curation", None, now)
    return runs.finish(connection, run, dict(READ_NOTHING), totals, totals.written)


def _known(connection: sa.Connection, article_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
    current = store.current(connection, set(article_ids))
    for article_id in article_ids:
        if article_id not in current:
            raise Usage(f"there is no article {article_id!r}; corpus_article and corpus_duplicate show the ids")
    return current


def _text_of(
    connection: sa.Connection, article_id: str, content_hash: str, recipe: Recipe
) -> tuple[int, bytes, str, Coming]:
    """(text_id, digest, comparison text, …) of a stored revision, made again as it was when it was read."""
    row = connection.execute(
        sa.select(revision.c.title, revision.c.body).where(
            revision.c.article_id == article_id, revision.c.content_hash == content_hash
        )
    ).one()
    stored = Article(source="-", source_key="-", path="-", title=row.title, body=row.body)
    (made,) = prepare([stored], recipe).to_pylist()
    return made["text_id"], made["digest"], made["comparison"], Coming(made["signature"], made["shingles"])
