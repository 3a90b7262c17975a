"""Commit: prepared rows into the store, batch by batch, in the transaction of the caller.

Each batch goes: which records say something new (etl.revise) → write them → where every text they touch now
stands in the order → who stands for whom (etl.elect) → write that → what consumers see change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from etl import store
from etl.elect import Outcome, Text, elect
from etl.feed import Changes, changes
from etl.recipe import Recipe
from etl.revise import Revised, Revision, Verdict, day_of, revise
from etl.store import StoredArchive
from schemas.records import Quarantined
from schemas.tables import article, revision

TEXT_COLLISION = "text_id collision: another text has the same 63-bit id; change a character to bring it in"


@dataclass(slots=True)
class Totals:
    """What a run has done so far.

    counts      records by verdict
    delta       change of the numbers of canonical, exact and near articles in the store
    changes     rows of the change feed: (article_id, change, canonical_id)
    collisions  records whose text_id is another text's
    written     whether anything in the store is other than before
    """

    counts: dict[Verdict, int] = field(
        default_factory=lambda: dict.fromkeys(("new", "revised", "unchanged", "stale"), 0)
    )
    delta: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("canonical", "exact", "near"), 0))
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    collisions: list[Quarantined] = field(default_factory=list)
    written: bool = False
    verified: int = 0

    def add(self, seen: Changes) -> None:
        self.changes += seen.rows
        for kind, difference in seen.delta.items():
            self.delta[kind] += difference


def commit_batch(connection: sa.Connection, batch: pa.Table, recipe: Recipe, totals: Totals) -> None:
    """Bring one batch of rows (schemas.staging.ARTICLES) into the store."""
    columns = {name: batch.column(name).to_pylist() for name in batch.column_names}
    columns, known_texts = _without_collisions(connection, columns, totals)
    article_ids = set(columns["article_id"])
    current = store.current(connection, article_ids)
    revised = revise(
        [(a, _seen(columns, i)) for i, a in enumerate(columns["article_id"])],
        store.revisions(connection, current.keys()),
        {a: content for a, (content, _) in current.items()},
    )
    for verdict, count in revised.counts.items():
        totals.counts[verdict] += count
    if not (revised.added or revised.moved or revised.current):
        return
    totals.written = True
    before = store.states(connection, article.c.article_id, current.keys())
    _write_articles(connection, columns, revised, current, known_texts)
    outcome, stored = _elect(connection, columns, _touched_texts(columns, revised, current), recipe)
    totals.verified += outcome.verified
    followers = _followers(connection, outcome, stored)
    before = store.states(connection, article.c.text_id, followers) | before
    store.write_standings(connection, {i: t for i, t in outcome.texts.items() if t is not None})
    store.write_buckets(connection, outcome.added, outcome.dropped)
    store.drop_texts(connection, [i for i, t in outcome.texts.items() if t is None])
    after = store.states(connection, article.c.text_id, followers)
    after |= store.states(connection, article.c.article_id, revised.current.keys())
    come = revised.current.keys() - current.keys()
    totals.add(changes({a: s for a, s in before.items() if a not in come}, after, revised.current.keys() - come))


def _without_collisions(
    connection: sa.Connection, columns: dict[str, list[Any]], totals: Totals
) -> tuple[dict[str, list[Any]], set[int]]:
    """The rows whose text is what its id says, and which of their texts are stored already."""
    digests = store.digests(connection, set(columns["text_id"]))
    known = set(digests)
    wrong = []
    for i, (text_id, digest) in enumerate(zip(columns["text_id"], columns["digest"], strict=True)):
        if digests.setdefault(text_id, digest) != digest:
            wrong.append(i)
    if wrong:
        for i in wrong:
            head = columns["body"][i].encode()[:256]
            totals.collisions.append(
                Quarantined(columns["path"][i], columns["record"][i], "commit", TEXT_COLLISION, head)
            )
        keep = [i for i in range(len(columns["text_id"])) if i not in set(wrong)]
        columns = {name: [values[i] for i in keep] for name, values in columns.items()}
    return columns, known


def _seen(columns: dict[str, list[Any]], i: int) -> Revision:
    day = columns["partition_date"][i]
    return Revision(columns["content_hash"][i], day, day, columns["fetched_at"][i])


def _write_articles(
    connection: sa.Connection,
    columns: dict[str, list[Any]],
    revised: Revised,
    current: dict[str, tuple[str, int]],
    known_texts: set[int],
) -> None:
    """Texts, articles and revisions as the records say they are now."""
    texts: dict[int, tuple[int, bytes, str, bytes]] = {}
    for i in revised.current.values():
        text_id = columns["text_id"][i]
        if text_id not in known_texts and text_id not in texts:
            texts[text_id] = (text_id, columns["digest"][i], columns["comparison"][i], columns["signature"][i])
    store.add_texts(connection, list(texts.values()))
    first_dates = {(a, r.content_hash): r.first_date for a, r in revised.moved}
    first_dates |= {(a, r.content_hash): r.first_date for a, r, _ in revised.added}
    come, changed = [], []
    for article_id, i in revised.current.items():
        content, text_id, body = columns["content_hash"][i], columns["text_id"][i], columns["body"][i]
        day = day_of(columns["published_at"][i], first_dates.get((article_id, content), columns["partition_date"][i]))
        if article_id in current:
            changed.append((article_id, content, text_id, day, len(body)))
        else:
            come.append((article_id, columns["source"][i], columns["source_key"][i], content, text_id, day, len(body)))
    store.add_articles(connection, come)
    store.revise_articles(connection, changed)
    store.add_revisions(connection, [_revision_row(columns, a, r, i) for a, r, i in revised.added])
    store.move_revisions(connection, revised.moved)
    _move_days(connection, revised, current)


def _revision_row(columns: dict[str, list[Any]], article_id: str, seen: Revision, i: int) -> tuple[Any, ...]:
    known = {
        "article_id": article_id,
        "first_date": seen.first_date,
        "last_date": seen.last_date,
        "fetched_at": seen.fetched_at,
        "reader": seen.reader,
    }
    return tuple(known[c.name] if c.name in known else columns[c.name][i] for c in revision.c)


def _move_days(connection: sa.Connection, revised: Revised, current: dict[str, tuple[str, int]]) -> None:
    """Articles whose current text is the old one, but was seen on an earlier day than was known."""
    moved = {a: r.first_date for a, r in revised.moved if a not in revised.current and current[a][0] == r.content_hash}
    rows = store.place_facts(connection, moved)
    store.revise_articles(
        connection, [(a, *current[a], day_of(published, moved[a]), length) for a, published, length in rows]
    )


def _touched_texts(columns: dict[str, list[Any]], revised: Revised, current: dict[str, tuple[str, int]]) -> set[int]:
    """Texts that an article took up, left, or may have moved."""
    touched = {columns["text_id"][i] for i in revised.current.values()}
    touched |= {current[a][1] for a in revised.current if a in current}
    return touched | {current[a][1] for a, _ in revised.moved if a in current}


def _elect(
    connection: sa.Connection, columns: dict[str, list[Any]], touched: set[int], recipe: Recipe
) -> tuple[Outcome, dict[int, Text]]:
    """Elect anew around the touched texts.  Returns the outcome, and the touched texts as they were stored."""
    coming = {t: i for i, t in enumerate(columns["text_id"]) if t in touched}
    archive = StoredArchive(connection, recipe, {t: columns["comparison"][i] for t, i in coming.items()})
    stored = {t.text_id: t for t in archive.texts(touched)}
    places = store.first_articles(connection, touched)
    departures = [t for i, t in stored.items() if places.get(i) != t.place]
    arrived = [i for i in touched if i not in stored and i in places]
    minima = np.array([np.frombuffer(columns["signature"][coming[i]], dtype="<u4") for i in arrived], dtype=np.uint32)
    arrivals = {
        i: (Text(i, places[i], columns["shingles"][coming[i]]), content)
        for i, content in zip(arrived, store.contents(minima, recipe), strict=True)
    }
    moved = [t.text_id for t in departures if t.text_id in places]
    archive.expect(moved)
    for text_id, content in archive.contents(moved):
        arrivals[text_id] = (Text(text_id, places[text_id], stored[text_id].shingles), content)
    return elect(arrivals, departures, archive, recipe), stored


def _followers(connection: sa.Connection, outcome: Outcome, stored: dict[int, Text]) -> set[int]:
    """Stored texts whose articles may stand elsewhere now.

    Those whose standing changed, and all members of a canonical whose first article is another than before.
    """
    heads = [i for i, text in outcome.texts.items() if text and i in stored and stored[i].place[2] != text.place[2]]
    changed = {i for i, old in outcome.before.items() if old is not None}
    return changed | store.member_ids(connection, heads)
