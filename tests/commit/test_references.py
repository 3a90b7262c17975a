"""References: which articles have passages of which documents follows from both alone, whatever came first."""

from __future__ import annotations

import random
import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import groupby

import pyarrow as pa
import pytest
import sqlalchemy as sa

from etl.commit import curate
from etl.commit.batches import commit_batches
from etl.commit.curate import Said
from etl.commit.references import commit_references
from etl.commit.remove import remove
from etl.decide import references
from etl.decide.revisions import READ_NOTHING
from etl.fingerprint.comparison import compared_by
from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import shingle_sets, shingles, windows
from etl.prepare.rows import prepare
from etl.store import articles, database, run_end, runs
from schemas.article import Article
from schemas.records import Quarantined
from tests.support.stores import NOW, check, dump, rows

RECIPE = Recipe()
NO_REJECTED: list[Quarantined] = []
MATCHES = "SELECT source_key, reference, reference_key, shared, longest, article_share, reference_share" \
    " FROM corpus_reference JOIN article USING (article_id) ORDER BY 1, 2, 3"  # fmt: skip


def words(name: str, count: int) -> str:
    return " ".join(f"{name}{n}" for n in range(count))


def said(reason: str = "") -> Said:
    return Said("ana", reason, "test", NOW)


def record(source, key, body, day=1, withdrawn=None):
    at = date(2026, 3, day)
    return Article(
        source=source, source_key=key, path=f"{key}.txt", title=f"Headline {key}", body=body, partition_date=at,
        fetched_at=datetime(2026, 3, day, tzinfo=UTC), withdrawn=withdrawn,
    )  # fmt: skip


@pytest.fixture
def writing(store_url):
    """Opens a transaction of the store's writer."""
    engine = database.connect(store_url)

    @contextmanager
    def opened():
        with database.writing(engine) as connection:
            yield connection

    yield opened
    engine.dispose()


def bring(connection: sa.Connection, *records: Article, reference: bool = False):
    """Commit records as one run; returns its report."""
    name = records[0].source
    recipe = articles.take_recipe(connection, RECIPE, None)
    batches = [(pa.Table.from_batches([prepare([each], recipe)]), NO_REJECTED) for each in records]
    run_id = runs.next_id(connection)
    if reference:
        effect = commit_references(connection, name, batches, run_id)
    else:
        effect = commit_batches(connection, batches, recipe, run_id)
    counts = {**READ_NOTHING, **{str(verdict): count for verdict, count in effect.counts.items()}}
    counts["quarantined"] = len(effect.rejected)
    return run_end.finish(
        connection, runs.Run("test", name, None, NOW), {**counts, "read": sum(counts.values())}, effect
    )  # fmt: skip


def test_windows_are_the_shingles_in_their_places():
    draw = random.Random(1)
    for count in (0, 1, 2, 12, 13, 14, 300):
        text = " ".join(draw.choice(["a", "bb", "ß", "日", "x" * 2_000]) for _ in range(count))
        found = windows(text, 13)
        (shingle_set,) = shingle_sets([text], Recipe(shingle=13))
        assert len(found) == (max(1, count - 12) if count else 0)
        assert set(found.tolist()) == set(shingle_set.tolist())


def test_an_article_that_quotes_a_document_is_found_whatever_its_line_breaks_and_case(writing, store_url):
    passage = words("p", 30)
    with writing() as connection:
        report = bring(connection, record("bench", "q", f"{words('q', 10)} {passage}"), reference=True)
        assert (report.read, report.new, report.articles) == (1, 1, 0)
        shouted = passage.upper().replace(" ", ",\n", 9)
        report = bring(connection, record("paper", "a", f"{words('a', 40)}\n\n{shouted}. {words('b', 10)}"))
        assert (report.articles, report.canonical) == (1, 1)
        bring(connection, record("paper", "b", words("p", 12) + words("b", 60)))  # one token too few
        bring(connection, record("copier", "c", f"{words('a', 40)} {passage} {words('b', 10)}"))  # the same text again
    expected = (18, 30, 18 / 68, 18 / 28)
    assert rows(store_url, MATCHES) == [("a", "bench", "q", *expected), ("c", "bench", "q", *expected)]
    assert rows(store_url, "SELECT count(*), max(source) FROM corpus_member WHERE source = 'bench'") == [(0, None)]
    assert rows(store_url, "SELECT source, role, articles, documents FROM corpus_source ORDER BY 1") == [
        ("bench", "reference", 0, 1), ("copier", "corpus", 1, 0), ("paper", "corpus", 2, 0),
    ]  # fmt: skip
    check(store_url)


def test_a_document_that_is_revised_withdrawn_or_older_moves_its_matches(writing, store_url):
    text = f"{words('p', 30)} {words('q', 30)}"
    with writing() as connection:
        bring(connection, record("paper", "a", text))
        bring(connection, record("bench", "q", f"{words('p', 30)} {words('x', 9)}", day=2), reference=True)
    assert [row[3] for row in rows(store_url, MATCHES)] == [18]
    with writing() as connection:
        report = bring(connection, record("bench", "q", text, day=1), reference=True)
        assert (report.stale, report.run_id) == (1, None)
        report = bring(connection, record("bench", "q", f"{words('q', 20)} {words('x', 9)}", day=3), reference=True)
        assert report.revised == 1
    assert [row[3] for row in rows(store_url, MATCHES)] == [8]
    check(store_url)
    before = dump(store_url)
    with writing() as connection:
        report = bring(connection, record("bench", "q", f"{words('q', 20)} {words('x', 9)}", day=3), reference=True)
        assert (report.unchanged, report.run_id) == (1, None)
    assert dump(store_url) == before
    with writing() as connection:
        bring(connection, record("bench", "q", words("q", 20), day=4, withdrawn="kill"), reference=True)
    assert rows(store_url, MATCHES) == []
    check(store_url)


PIECES = [words(f"piece{n}x", 16) for n in range(5)]


def history(draw: random.Random):
    """Records in some order: articles and documents of two references, that share pieces, some in several revisions."""
    found = []
    for n in range(14):
        source = draw.choice(["paper", "bench", "bench", "older"])
        for day in range(1, draw.choice([2, 2, 3])):
            body = " ".join([*draw.sample(PIECES, draw.randint(0, 3)), words(f"own{n}d{day}x", draw.randint(3, 20))])
            found.append(record(source, f"{source}{n}", body, day=day))
    draw.shuffle(found)
    return found


def defined(url):
    """The matches by their definition, from what stands."""
    known = "SELECT source, source_key, reference_id, title, body FROM reference WHERE withdrawn IS NULL"
    documents = [(*row[:3], shingles(compared_by([row[3:]])[0], 13)) for row in rows(url, known)]
    many = [shingle for *_, held in documents for shingle in held]
    common = {shingle for shingle in set(many) if many.count(shingle) > references.MAX_COMMON}
    found = []
    bodies = "SELECT m.source_key, r.title, r.body FROM corpus_member AS m JOIN corpus_revision AS r" \
        " ON r.article_id = m.article_id AND r.is_current"  # fmt: skip
    for key, *said in rows(url, bodies):
        mine = shingles(compared_by([said])[0], 13)
        near = []
        for source, name, reference_id, theirs in documents:
            if shared := len(mine & theirs - common):
                share = max(shared / len(mine), shared / len(theirs))
                near.append((source, -share, -shared, reference_id, name, len(mine & theirs)))
        for _, several in groupby(sorted(near), key=lambda each: each[0]):
            found += [(key, each[0], each[4], each[5]) for each in list(several)[: references.MAX_MATCHES]]
    return sorted(found)


@pytest.mark.parametrize("seed", range(4))
def test_matches_are_a_function_of_articles_and_documents_whatever_the_order(seed, writing, store_url, monkeypatch):
    monkeypatch.setattr(references, "MAX_COMMON", 2)
    monkeypatch.setattr(references, "MAX_MATCHES", 2)
    monkeypatch.setattr("etl.store.references.TEXTS_A_LOOKUP", 2)
    monkeypatch.setattr("etl.store.references.TEXTS_A_READ", 3)
    monkeypatch.setattr("etl.store.references.DOCUMENTS_A_READ", 2)
    monkeypatch.setattr("etl.commit.references.SHINGLES_A_PASS", 100 if seed % 2 else 10_000)
    draw = random.Random(seed)
    with writing() as connection:
        for source, several in groupby(history(draw), key=lambda each: each.source):
            bring(connection, *several, reference=source != "paper")
        standing = sorted(connection.scalars(sa.text("SELECT article_id FROM article")))
        for article_id in standing[:2]:
            curate.retract(connection, [article_id], said())
        curate.restore(connection, standing[:1], said())
    assert [row[:4] for row in rows(store_url, MATCHES)] == defined(store_url)
    check(store_url)
    with writing() as connection:
        remove(connection, "bench", said("licence ended"))
    left = defined(store_url)
    assert [row[:4] for row in rows(store_url, MATCHES)] == left
    assert {row[1] for row in left} <= {"older"}
    check(store_url)


def test_any_order_of_the_same_records_ends_in_the_same_rows(tmp_path, ready_sqlite, monkeypatch):
    monkeypatch.setattr(references, "MAX_COMMON", 2)
    records = history(random.Random(99))
    found = []
    for seed in range(5):
        random.Random(seed).shuffle(records)
        url = f"sqlite:///{tmp_path}/{seed}.db"
        shutil.copy(ready_sqlite, tmp_path / f"{seed}.db")
        engine = database.connect(url)
        with database.writing(engine) as connection:
            for source, several in groupby(records, key=lambda each: each.source):
                bring(connection, *several, reference=source != "paper")
        engine.dispose()
        found.append(dump(url))
        assert rows(url, "SELECT count(*) FROM reference_common")[0][0] > 0
    assert all(each == found[0] for each in found)
