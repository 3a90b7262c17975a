"""Curate: what people decide about articles: withdraw one, bring it back, call two the same or different.  I/O.

Each is a run of its own: one transaction, elected anew around the articles it names, with its changes in the feed.
What holds stands in `judgement` and `retraction`; `decision` keeps all that was ever said, and who said it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from etl.commit.batches import TEXT_COLLISION
from etl.commit.settle import Coming, Touched, settle
from etl.decide.changes import Totals
from etl.decide.revisions import READ_NOTHING
from etl.errors import Usage
from etl.fingerprint.recipe import Recipe
from etl.prepare.rows import prepare
from etl.store import articles as store
from etl.store import election, runs
from etl.store.lookups import articles_named
from schemas.records import Article, RunReport
from schemas.tables import article, decision, judgement, retraction, revision

Word = Literal["same", "different"]


@dataclass(frozen=True, slots=True)
class Said:
    """Who decides, why, when; label: what started the run."""

    who: str
    reason: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """A person's word on a pair of articles, by their ids; word None takes back what was said of it."""

    one: str
    other: str
    word: Word | None
    who: str
    reason: str

    @property
    def pair(self) -> tuple[str, str]:
        return min(self.one, self.other), max(self.one, self.other)


def retract(connection: sa.Connection, article_ids: Sequence[str], said: Said) -> RunReport:
    """Withdraw articles: each leaves the corpus, its cluster elects anew, and it stays away when it is read again.

    One that is withdrawn already stays so, with its first reason.  Raises Usage for an id that is not there.
    """
    current = _known(connection, article_ids)
    going = {a: text_id for a, (_, text_id) in current.items() if text_id is not None}
    before = election.states(connection, article.c.article_id, going.keys())
    connection.execute(sa.update(article).where(article.c.article_id.in_(going)).values(text_id=None))
    if going:
        rows = [{"article_id": a, "reason": said.reason, "at": said.at} for a in sorted(going)]
        connection.execute(sa.insert(retraction), rows)
    totals = Totals(written=bool(going))
    totals.retracted = len(going)
    touched = Touched(texts=set(going.values()), before=before)
    told = [(said.who, "retract", a, None, said.reason) for a in sorted(going)]
    return _settled(connection, touched, totals, told, said)


def restore(connection: sa.Connection, article_ids: Sequence[str], said: Said) -> RunReport:
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
    told = [(said.who, "restore", a, None, said.reason) for a in coming_back]
    return _settled(connection, touched, totals, told, said)


def judge(connection: sa.Connection, one: str, other: str, word: Word | None, said: Said) -> RunReport:
    """Say that two articles are the same story, or are not; None takes back what was said.

    Raises Usage for an unknown id, for an article and itself, and for calling two different that have the same text.
    """
    return judge_all(connection, [Judged(one, other, word, said.who, said.reason)], said)


def judge_all(connection: sa.Connection, judged: Sequence[Judged], said: Said) -> RunReport:
    """Several judgements as one run, each with its own person and reason; of two on a pair the later holds."""
    current = _known(connection, [article_id for each in judged for article_id in each.pair])
    for each in judged:
        check(current, each)
    held: dict[tuple[str, str], Word | None] = dict(_held(connection))
    spoken = _last_words(connection)
    totals, told = Totals(), []
    for each in judged:
        row = (each.who, each.word or "undo", *each.pair, each.reason)
        if held.get(each.pair) != each.word:
            totals.written = True
            _hold(connection, each, said.at)
            held[each.pair] = each.word
        elif each.word is None or spoken.get(each.pair) == row:
            continue  # nothing to take back, or the same person said just that: a file may be read in twice
        spoken[each.pair] = row
        told.append(row)
    articles = {article_id for each in judged for article_id in each.pair}
    texts = {text_id for article_id in articles if (text_id := current[article_id][1]) is not None}
    return _settled(connection, Touched(texts=texts, judged=articles), totals, told, said)


def check(current: Mapping[str, tuple[str, int | None]], judged: Judged) -> None:
    """Raises Usage for a word that cannot be kept.  current: as store.current has it."""
    if judged.one == judged.other:
        raise Usage("an article and itself need no judgement; name two")
    texts = {current[article_id][1] for article_id in judged.pair}
    if judged.word == "different" and len(texts) == 1 and None not in texts:
        raise Usage("these two have the same comparison text: nothing can part them; retract one instead")


def _held(connection: sa.Connection) -> Iterator[tuple[tuple[str, str], Word | None]]:
    for row in connection.execute(sa.select(judgement.c.article_id, judgement.c.other_id, judgement.c.word)):
        yield (row[0], row[1]), row[2]


def _last_words(connection: sa.Connection) -> dict[tuple[str, str], tuple[str, ...]]:
    """What was said last of each pair, as a row to be told."""
    columns = [decision.c[name] for name in ("who", "word", "article_id", "other_id", "reason")]
    query = sa.select(*columns).where(decision.c.other_id.is_not(None)).order_by(decision.c.position)
    return {(row[2], row[3]): tuple(row) for row in connection.execute(query)}


def _hold(connection: sa.Connection, judged: Judged, at: datetime) -> None:
    """Make a judgement the one that holds of its pair."""
    pair = dict(zip(("article_id", "other_id"), judged.pair, strict=True))
    connection.execute(sa.delete(judgement).where(*(judgement.c[name] == value for name, value in pair.items())))
    if judged.word is not None:
        connection.execute(sa.insert(judgement).values(word=judged.word, reason=judged.reason, at=at, **pair))


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


def _settled(
    connection: sa.Connection, touched: Touched, totals: Totals, told: Sequence[tuple[str | None, ...]], said: Said
) -> RunReport:
    """Elect anew, write down the run, and who said what.  told: (who, word, article, other, reason)."""
    if totals.written:
        settle(connection, store.stored_recipe(connection), touched, totals)
    run = runs.Run(said.label, "curation", None, said.at)
    report = runs.finish(connection, run, dict(READ_NOTHING), totals, totals.written)
    last = connection.scalar(sa.select(sa.func.max(decision.c.position))) or 0
    names = ("who", "word", "article_id", "other_id", "reason")
    rows = [
        {"position": n, "run_id": report.run_id, "at": said.at, **dict(zip(names, row, strict=True))}
        for n, row in enumerate(told, last + 1)
    ]
    if rows:
        connection.execute(sa.insert(decision), rows)
    return report


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
