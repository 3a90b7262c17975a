"""Curation: people withdraw an article, bring it back, or call two articles the same or different.  I/O.

Each decision is a run of its own: one transaction, an election around the articles it names, and rows in the change
feed.  The tables `judgement` and `retraction` hold the decisions in force; `decision` keeps every one, and who made it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from etl.commit.batches import TEXT_COLLISION
from etl.commit.relate import finish
from etl.commit.settle import NewText, Touched, settle
from etl.decide.changes import Effect, total
from etl.decide.revisions import READ_NOTHING
from etl.errors import Usage
from etl.fingerprint.recipe import Recipe
from etl.prepare.rows import prepare
from etl.store import election, runs
from etl.store.articles import add_texts, current_revisions, digests, stored_recipe
from etl.store.bulk import among
from etl.store.lookups import articles_named, hint
from schemas.records import RunReport
from schemas.tables import article, decision, judgement, retraction, revision

Word = Literal["same", "different"]


@dataclass(frozen=True, slots=True)
class Said:
    """Who decides, why and when; label names the run."""

    who: str
    reason: str
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement on a pair of articles, by their ids; word None takes the one in force back."""

    one: str
    other: str
    word: Word | None
    who: str
    reason: str

    @property
    def pair(self) -> tuple[str, str]:
        return min(self.one, self.other), max(self.one, self.other)


def retract(connection: sa.Connection, article_ids: Sequence[str], said: Said) -> RunReport:
    """Withdraw articles: each leaves the corpus, its cluster is elected anew, and reading it again does not restore it.

    An article that is withdrawn already keeps its first reason.  Raises Usage for an unknown id.
    """
    current = known(connection, article_ids)
    going = {a: text_id for a, (_, text_id) in current.items() if text_id is not None}
    before = election.states(connection, article.c.article_id, going.keys())
    connection.execute(sa.update(article).where(among(connection, article.c.article_id, going)).values(text_id=None))
    if going:
        rows = [{"article_id": a, "reason": said.reason, "at": said.at} for a in sorted(going)]
        connection.execute(sa.insert(retraction), rows)
    effect = Effect(retracted=len(going), written=bool(going))
    touched = Touched(texts=set(going.values()), before=before)
    told = [(said.who, "retract", a, None, said.reason) for a in sorted(going)]
    return settled(connection, touched, effect, told, said)


def restore(connection: sa.Connection, article_ids: Sequence[str], said: Said) -> RunReport:
    """Bring withdrawn articles back, with the text that is current now.  Raises Usage for an unknown id."""
    current = known(connection, article_ids)
    coming_back = sorted(a for a, (_, text_id) in current.items() if text_id is None)
    recipe = stored_recipe(connection)
    new_texts: dict[int, NewText] = {}
    for article_id in coming_back:
        text_id, digest, found = _text_of(connection, article_id, current[article_id][0], recipe)
        stored = digests(connection, [text_id])
        if stored.get(text_id, digest) != digest:
            raise Usage(f"article {article_id} cannot be restored: {TEXT_COLLISION}")
        if not stored:
            add_texts(connection, [text_id], [digest], [found.signature])
        new_texts[text_id] = found
        connection.execute(sa.update(article).where(article.c.article_id == article_id).values(text_id=text_id))
    connection.execute(sa.delete(retraction).where(retraction.c.article_id.in_(coming_back)))
    effect = Effect(retracted=-len(coming_back), written=bool(coming_back))
    touched = Touched(texts=set(new_texts), articles=set(coming_back), come=set(coming_back), new_texts=new_texts)
    told = [(said.who, "restore", a, None, said.reason) for a in coming_back]
    return settled(connection, touched, effect, told, said)


def judge(connection: sa.Connection, one: str, other: str, word: Word | None, said: Said) -> RunReport:
    """Judge that two articles are the same story, or different ones; None takes the judgement back.

    Raises Usage for an unknown id, for twice the same article, and for "different" on articles with the same text.
    """
    return judge_all(connection, [Judged(one, other, word, said.who, said.reason)], said)


def judge_all(connection: sa.Connection, judged: Sequence[Judged], said: Said) -> RunReport:
    """Several judgements as one run, each with its own person and reason; of two on one pair the later is in force."""
    current = known(connection, [article_id for each in judged for article_id in each.pair])
    for each in judged:
        check(current, each)
    held: dict[tuple[str, str], Word | None] = dict(_held(connection))
    spoken = _last_words(connection)
    written, told = False, []
    for each in judged:
        row = (each.who, each.word or "undo", *each.pair, each.reason)
        if held.get(each.pair) != each.word:
            written = True
            _hold(connection, each, said.at)
            held[each.pair] = each.word
        elif each.word is None or spoken.get(each.pair) == row:
            continue  # nothing to take back, or the same person said just that: a file may be imported twice
        spoken[each.pair] = row
        told.append(row)
    articles = {article_id for each in judged for article_id in each.pair}
    texts = {text_id for article_id in articles if (text_id := current[article_id][1]) is not None}
    return settled(connection, Touched(texts=texts, judged=articles), Effect(written=written), told, said)


def check(current: Mapping[str, tuple[str, int | None]], judged: Judged) -> None:
    """Raises Usage for a judgement that cannot be honoured.

    current  what etl.store.articles.current_revisions returns for its articles
    """
    if judged.one == judged.other:
        raise Usage("a judgement is on two articles; these are one; name another")
    texts = {current[article_id][1] for article_id in judged.pair}
    if judged.word == "different" and len(texts) == 1 and None not in texts:
        raise Usage("these two have the same comparison text and cannot be different; retract one instead")


def _held(connection: sa.Connection) -> Iterator[tuple[tuple[str, str], Word | None]]:
    for row in connection.execute(sa.select(judgement.c.article_id, judgement.c.other_id, judgement.c.word)):
        yield (row[0], row[1]), row[2]


def _last_words(connection: sa.Connection) -> dict[tuple[str, str], tuple[str, ...]]:
    """The last decision on each pair: (who, word, article, other, reason)."""
    columns = [decision.c[name] for name in ("who", "word", "article_id", "other_id", "reason")]
    query = sa.select(*columns).where(decision.c.other_id.is_not(None)).order_by(decision.c.position)
    return {(row[2], row[3]): tuple(row) for row in connection.execute(query)}


def _hold(connection: sa.Connection, judged: Judged, at: datetime) -> None:
    """Make a judgement the one in force for its pair."""
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
            advice = hint(name) or "; give the id that `wirecopy explain` or corpus_article shows"
            raise Usage(f"{name!r} names {what}{advice}")
        found.append(rows[0].article_id)
    return found


def settled(
    connection: sa.Connection, touched: Touched, effect: Effect, told: Sequence[tuple[str | None, ...]], said: Said
) -> RunReport:
    """Elect anew, and write down the run and its decisions.  told: (who, word, article, other, reason)."""
    if effect.written:
        effect = total([effect, settle(connection, stored_recipe(connection), touched)])
    run = runs.Run(said.label, "curation", None, said.at)
    report = finish(connection, run, dict(READ_NOTHING), effect)
    last = connection.scalar(sa.select(sa.func.max(decision.c.position))) or 0
    names = ("who", "word", "article_id", "other_id", "reason")
    rows = [
        {"position": n, "run_id": report.run_id, "at": said.at, **dict(zip(names, row, strict=True))}
        for n, row in enumerate(told, last + 1)
    ]
    if rows:
        connection.execute(sa.insert(decision), rows)
    return report


def known(connection: sa.Connection, article_ids: Sequence[str]) -> dict[str, tuple[str, int | None]]:
    """What current_revisions() returns for these articles.  Raises Usage for an unknown id."""
    current = current_revisions(connection, set(article_ids))
    for article_id in article_ids:
        if article_id not in current:
            raise Usage(f"there is no article {article_id!r}; corpus_article and corpus_duplicate show the ids")
    return current


def _text_of(
    connection: sa.Connection, article_id: str, content_hash: str, recipe: Recipe
) -> tuple[int, bytes, NewText]:
    """(text_id, digest, …) of a stored revision, computed again from its title and body."""
    from schemas.article import Article  # pydantic, of no use to who only stores rows

    row = connection.execute(
        sa.select(revision.c.title, revision.c.body).where(
            revision.c.article_id == article_id, revision.c.content_hash == content_hash
        )
    ).one()
    stored = Article(source="-", source_key="-", path="-", title=row.title, body=row.body)
    (made,) = prepare([stored], recipe).to_pylist()
    return made["text_id"], made["digest"], NewText(made["signature"], made["shingles"])
