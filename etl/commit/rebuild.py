"""Rebuild: elect a whole store by another recipe, or tell what that would change.  I/O, in one transaction.

Readers see the old corpus until the new one is complete.  Texts are elected in rank order, so each compares itself with
earlier texts only, no decision is reverted, and memory does not grow with the store but for a rank a text.

A store whose texts an earlier normaliser made gets them anew from its revisions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa

from etl.commit.filing import refile_all
from etl.commit.references import reindex
from etl.commit.relate import finish, relate_anew
from etl.commit.settle import by_text, settle
from etl.decide.band_index import contents
from etl.decide.changes import Effect, Row, compare
from etl.decide.definition import DEFAULT, Definition
from etl.decide.election import elect
from etl.decide.revisions import READ_NOTHING
from etl.decide.standings import Judgements, Rank, Text
from etl.errors import Fatal
from etl.fingerprint import signatures
from etl.fingerprint.comparison import compare as compare_texts
from etl.fingerprint.recipe import Recipe
from etl.store import articles, election, run_end, runs
from etl.store.bulk import as_columns, insert, update
from etl.store.relations import definition_name
from schemas.records import RunReport
from schemas.staging import text_key
from schemas.tables import article, bucket, cluster_member, recipe, reference_match, revision, signature, text

TEXTS_A_BATCH = 5_000  # some 100 MB
ARTICLES_A_BATCH = 2_000
TextProgress = Callable[[int, int], None]
"""Called with the number of texts elected so far, and of all texts."""


@dataclass(slots=True)
class WhatIf:
    """The changes that another recipe would make.

    report   of the store as it would be
    changes  rows of the change feed, of articles that would stand elsewhere
    """

    report: RunReport
    changes: list[Row] = field(default_factory=list)


class _Undo(Exception):
    """Rolls a savepoint back."""


def rebuild(
    connection: sa.Connection,
    wanted: Recipe,
    label: str,
    now: datetime,
    progress: TextProgress,
    relations: Definition | None = DEFAULT,
) -> RunReport:
    """Sign and elect all texts by another recipe, and make relations by another definition, as a run of its own.

    With the store's own recipe no election is held but over what an earlier version filed under another day; with its
    own definition as well, only the relations of these are made anew.

    relations  their definition; None: the store keeps none any more
    """
    run = runs.Run(label, "rebuild", None, now)
    name, stored = articles.recipe_name(connection), definition_name(connection)
    anew = name not in (None, wanted.name)
    touched = refile_all(connection)
    if anew:
        effect = elected_anew(connection, wanted, progress, touched.revised)
        effect = replace(effect, refiled=touched.refiled)
        connection.execute(sa.update(recipe).values(name=wanted.name))
    else:
        effect = settle(connection, wanted, touched) if touched.articles else Effect()
    if name is None or not (anew or stored != (relations and relations.name)):
        return finish(connection, run, dict(READ_NOTHING), effect)
    report = run_end.finish(connection, run, dict(READ_NOTHING), replace(effect, written=True))
    number = report.run_id or 0
    relate_anew(connection, relations, number)
    return replace(report, seconds=run_end.end(connection, run, number))


def what_if(connection: sa.Connection, change: Callable[[sa.Connection], Effect]) -> WhatIf:
    """What a change would do, such as elected_anew().  It is done and rolled back: no reader sees it, writers wait."""
    now = datetime.now(UTC)
    found: list[WhatIf] = []
    try:
        with connection.begin_nested():
            effect = change(connection)
            run = runs.Run("what if", "rebuild", None, now)
            report = run_end.finish(connection, run, dict(READ_NOTHING), replace(effect, written=False))
            found.append(WhatIf(report, [row for row in effect.changes.rows() if row[1] != "revised"]))
            raise _Undo
    except _Undo:
        return found[0]


def elected_anew(
    connection: sa.Connection, wanted: Recipe, progress: TextProgress, revised: Collection[str] = ()
) -> Effect:
    """Elect all texts by a recipe; what that changes.  revised: articles that consumers have to read again anyway."""
    before = election.all_states(connection)
    stored = articles.recipe_name(connection)
    for table in (bucket, cluster_member, signature):
        connection.execute(sa.delete(table))
    if stored is not None and stored != Recipe.renewed(stored).name:
        _compare_anew(connection, wanted)
    judgements = by_text(election.judged_texts(connection))
    order = _order(connection)
    for at in range(0, len(order), TEXTS_A_BATCH):
        _elect_batch(connection, order[at : at + TEXTS_A_BATCH], wanted, judgements)
        progress(min(at + TEXTS_A_BATCH, len(order)), len(order))
    return Effect(changes=compare(before, election.all_states(connection), revised), written=True)


def _compare_anew(connection: sa.Connection, wanted: Recipe) -> None:
    """Make the texts of all articles by this version's normaliser, and mark the stubs."""
    for table in (reference_match, text):
        connection.execute(sa.delete(table))
    after = ""
    while found := articles.texts_of_articles(connection, after, ARTICLES_A_BATCH):
        after = found[-1][0]
        made = compare_texts([(title, body) for _, _, title, body, _ in found], wanted)
        keys = [text_key(comparison) for comparison in made.prints.comparison]
        stored = articles.digests(connection, {text_id for text_id, _ in keys})
        known = dict(stored)
        if any(known.setdefault(text_id, digest) != digest for text_id, digest in keys):
            raise Fatal("text_id collision: two texts have the same 63-bit id; retract one of their articles first")
        new = [(text_id, digest) for text_id, digest in known.items() if text_id not in stored]
        insert(connection, text, as_columns(new))
        rows = [(row[0], text_id) for row, (text_id, _) in zip(found, keys, strict=True)]
        update(connection, article, ["article_id"], ["text_id"], rows)
        marked = [
            (row[0], row[1], dict(sorted({**row[4], "body": "stub"}.items())))
            for row, stub in zip(found, made.stubs, strict=True)
            if stub
        ]
        update(connection, revision, ["article_id", "content_hash"], ["evidence"], marked)
    reindex(connection)


def _elect_batch(
    connection: sa.Connection, batch: Sequence[tuple[int, Rank]], wanted: Recipe, judgements: Judgements
) -> None:
    ranks = dict(batch)
    comparison = election.comparisons(connection, ranks.keys())
    ids = list(comparison)
    signed = signatures.sign([comparison[i] for i in ids], wanted)
    insert(connection, signature, [ids, [s.astype("<u4").tobytes() for s in signed.signatures]])
    found = contents(np.asarray(signed.signatures), wanted)
    sizes = signed.sizes.tolist()
    arrivals = {i: (Text(i, ranks[i], size), content) for i, size, content in zip(ids, sizes, found, strict=True)}
    outcome = elect(arrivals, [], election.StoredArchive(connection, wanted, comparison), wanted, judgements)
    election.write_outcome(connection, outcome)


def _order(connection: sa.Connection) -> list[tuple[int, Rank]]:
    """All texts with their ranks, in the order of election: that of a text is its first article's."""
    columns = [article.c[n] for n in ("text_id", "day", "length", "article_id")]
    ranks: dict[int, Rank] = {}
    for text_id, day, length, article_id in connection.execute(
        sa.select(*columns).where(article.c.text_id.is_not(None))
    ):
        rank = (day, -length, article_id)
        ranks[text_id] = min(rank, ranks.get(text_id, rank))
    return sorted(ranks.items(), key=lambda each: each[1])
