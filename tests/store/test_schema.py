"""The schema: tables are what the migrations make of them, and what consumers see is what is promised."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import sqlalchemy as sa

from etl.commit.relate import relate_anew
from etl.errors import Fatal, Retryable, Usage
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, new_store, schema
from schemas.contract.views import CONTRACT
from schemas.staging import text_key
from schemas.tables import article, metadata, relation_change, revision, run, source
from tests.support.paths import SEEDS
from tests.support.stores import alembic, dump, ingest, ingest_files, rows
from tests.support.stories import story

SETTING = "default_toast_compression"
STANDING = (
    "SELECT article_id, content_hash, text_id, canonical_id FROM article JOIN cluster_member"
    " USING (text_id, article_id) ORDER BY 1"
)


def names(engine):
    inspector = sa.inspect(engine)
    return set(inspector.get_table_names()), set(inspector.get_view_names())


@pytest.mark.empty_store
def test_migrations_make_just_the_tables_of_the_models(store_url):
    engine = database.connect(store_url)
    assert schema.upgrade(engine) == (None, schema.newest_version())
    assert schema.differences(engine) == []
    tables, views = names(engine)
    assert tables == {*metadata.tables, "alembic_version"}
    assert views == set(CONTRACT)
    engine.dispose()


def test_a_new_sqlite_store_has_the_tables_that_the_migrations_make(ready_sqlite):
    written = new_store.TABLES.read_text(encoding="utf-8")
    with sa.create_engine("sqlite://").begin() as connection:
        schema.migrate(connection)
        assert new_store.made(connection) == written, "run `make contract`"
    with database.opened(f"sqlite:///{ready_sqlite}") as engine, database.reading(engine) as connection:
        assert new_store.made(connection) == written


def test_tables_that_another_process_has_made_meanwhile_are_not_made_again(tmp_path, monkeypatch):
    url, migrating = f"sqlite:///{tmp_path}/corpus.db", schema.migrating

    def late(engine, say):
        monkeypatch.undo()
        with database.opened(url) as other:
            schema.upgrade(other)
        return migrating(engine, say)

    monkeypatch.setattr(schema, "migrating", late)
    with database.opened(url) as engine:
        assert schema.upgrade(engine) == (None, schema.newest_version())
        assert schema.differences(engine) == []


@pytest.mark.empty_store
def test_every_migration_can_be_taken_back_and_made_again(store_url):
    engine = database.connect(store_url)
    schema.upgrade(engine)
    versions = sorted(p.name[:4] for p in (schema.MIGRATIONS / "versions").glob("[0-9]*.py"))
    for version in [*reversed(versions[:-1]), "base"]:
        alembic(engine, "downgrade", version)
    assert names(engine) == ({"alembic_version"}, set())
    for version in versions:
        alembic(engine, "upgrade", version)
    assert schema.differences(engine) == []
    assert names(engine)[1] == set(CONTRACT)
    engine.dispose()


def test_migrations_keep_what_is_stored(settings):
    """Down to the first schema that can hold articles and runs, and up again: the same rows."""
    ingest(settings, Source("seeds", (str(SEEDS),)))
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:  # figures that older schemas do not have are not kept
        figures = ["mean_word_length", "letter_share", "repeated_line_share", "stop_word_share"]
        figures += ["licence", "rights", "tdm_reserved", "free_to_read"]
        connection.execute(sa.update(revision).values(dict.fromkeys(figures)))
        connection.execute(sa.delete(source))
        connection.execute(sa.update(run).values(margins=None))
        relate_anew(connection, None, 1)
        connection.execute(sa.delete(relation_change))
        # What they do not have either, but what follows from the rest, is there again.
        connection.execute(sa.update(revision).values(credit="dpa/tmn"))
        connection.execute(sa.update(article).values(agency="dpa", origin="dpa", origin_by="credit"))
    before = dump(settings.store, metadata.sorted_tables)
    alembic(engine, "downgrade", "0003")
    alembic(engine, "upgrade", "head")
    engine.dispose()
    assert dump(settings.store, metadata.sorted_tables) == before


def test_who_waits_for_an_upgrade_hears_each_step_and_what_comes_after_the_last(store_url, caplog):
    engine, said = database.connect(store_url), list[str]()
    schema.upgrade(engine)
    alembic(engine, "downgrade", "0029")
    schema.upgrade(engine, said.append)
    engine.dispose()
    head = schema.newest_version()
    steps = [f"schema {version:04} of {head} is there" for version in range(30, int(head) + 1)]
    assert said == [*steps, "checking that all references hold", "committing"]
    assert f"the store's schema 0029 is brought to {head}" in caplog.text  # a run that finds an old store, too


def test_before_texts_were_stored_once_each_had_the_comparison_text_that_its_id_is_computed_from(settings):
    ingest(settings, Source("seeds", (str(SEEDS),)))
    engine = database.connect(settings.store)
    alembic(engine, "downgrade", "0014")
    engine.dispose()
    found = rows(settings.store, "SELECT text_id, digest, comparison FROM text")
    assert len(found) > 40
    assert all((text_id, bytes(digest)) == text_key(comparison) for text_id, digest, comparison in found)


def test_the_views_add_up(settings):
    report = ingest(settings, Source("seeds", (str(SEEDS),)))
    assert rows(settings.store, "SELECT count(*), sum(copies) FROM corpus_article") == [
        (report.canonical, report.articles)
    ]
    assert rows(settings.store, "SELECT relation, count(*) FROM corpus_duplicate GROUP BY relation ORDER BY 1") == [
        ("exact", report.exact),
        ("near", report.near),
    ]
    orphans = "SELECT count(*) FROM corpus_duplicate WHERE canonical_id NOT IN (SELECT article_id FROM corpus_article)"
    assert rows(settings.store, orphans) == [(0,)]


def test_a_store_of_a_newer_wirecopy_is_left_alone(store_url):
    engine = database.connect(store_url)
    schema.upgrade(engine)
    with database.writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for touch in (schema.upgrade, schema.require_current):
        with pytest.raises(Fatal, match="newer"):
            touch(engine)
    engine.dispose()


@pytest.mark.empty_store
def test_a_database_with_other_tables_is_no_store(store_url):
    engine = database.connect(store_url)
    with database.writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE somebody_elses (x INTEGER)")
    with pytest.raises(Fatal, match="other tables"):
        schema.upgrade(engine)
    assert names(engine)[0] == {"somebody_elses"}
    engine.dispose()


def test_asking_a_store_that_is_not_there_does_not_make_one(tmp_path):
    engine = database.connect(f"sqlite:///{tmp_path}/none.db")
    with pytest.raises(Usage, match="wirecopy run"):
        schema.require_current(engine)
    assert list(tmp_path.iterdir()) == []


WRONG = [
    "INSERT INTO revision (article_id, content_hash, reader, path, title, authors, language, evidence, words, body)"
    " VALUES ('x', 'x', 1, '', '', '[]', '', '{}', 0, '')",
    "DELETE FROM text",
    "UPDATE run SET read = read + 1",
    "UPDATE run SET near = near + 1",
    "UPDATE cluster_member SET jaccard = 0.5 WHERE text_id = canonical_id",
    "UPDATE cluster_member SET canonical_id = 1",
    # A duplicate of a duplicate; a canonical with duplicates that points to another; a duplicate that nobody compared.
    "UPDATE cluster_member SET canonical_id = (SELECT min(text_id) FROM cluster_member WHERE text_id <> canonical_id)"
    " WHERE text_id = (SELECT max(text_id) FROM cluster_member WHERE text_id <> canonical_id)",
    "UPDATE cluster_member SET canonical_id = (SELECT max(text_id) FROM cluster_member WHERE text_id = canonical_id)"
    " WHERE text_id = (SELECT min(canonical_id) FROM cluster_member WHERE text_id <> canonical_id)",
    "UPDATE cluster_member SET judged = TRUE",
    # An article whose current revision is not there; one that stands nowhere; one that is first with another's text.
    "UPDATE article SET content_hash = 'x'",
    "DELETE FROM revision",
    "DELETE FROM cluster_member WHERE text_id = (SELECT min(text_id) FROM cluster_member WHERE jaccard < 1)",
    "UPDATE article SET text_id = NULL",
    "UPDATE cluster_member SET article_id = (SELECT min(article_id) FROM article)",
    "UPDATE change SET change = 'vanished'",
    "UPDATE change SET canonical_id = NULL",
    "UPDATE change SET change = 'became_duplicate'",
    "UPDATE change SET change = 'became_canonical'",
    "INSERT INTO decision SELECT 1, NULL, '2026-03-01', '', 'retract', a, b, '' FROM (SELECT min(article_id) AS a,"
    " max(article_id) AS b FROM article) AS x",
]  # fmt: skip


def test_wrong_states_are_impossible(settings):
    ingest(settings, Source("seeds", (str(SEEDS),)))
    engine = database.connect(settings.store)
    for wrong in WRONG:
        with pytest.raises(sa.exc.IntegrityError), database.writing(engine) as connection:
            connection.exec_driver_sql(wrong)
    engine.dispose()


def test_texts_are_compressed_by_lz4_where_the_server_can_and_nobody_chose_otherwise(postgres_url):
    def compression():
        with database.opened(postgres_url) as engine, database.writing(engine) as connection:
            query = f"SELECT 'lz4' = ANY (enumvals), setting FROM pg_settings WHERE name = '{SETTING}'"
            return tuple(connection.execute(sa.text(query)).one())

    can, used = compression()
    assert used == ("lz4" if can else "pglz")
    with database.opened(postgres_url) as engine, database.writing(engine) as connection:
        connection.exec_driver_sql(f'ALTER DATABASE "{engine.url.database}" SET {SETTING} = pglz')
    assert compression() == (can, "pglz")


def test_an_upgrade_whose_connection_is_ended_at_any_level_leaves_the_store_at_that_level(
    postgres_url: str, tmp_path: Path
) -> None:
    settings = Settings(store=postgres_url, staging=str(tmp_path / "staging"))
    ingest_files(settings, tmp_path / "in", {f"{n}.txt": story(n) for n in range(3)})
    before = rows(postgres_url, STANDING)
    engine, chance = database.connect(postgres_url), random.Random(3)
    left = [0]

    def end_it(connection: sa.Connection, *_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            pid = connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
            rows(postgres_url, f"SELECT pg_terminate_backend({pid})")

    levels = sorted(path.name[:4] for path in (schema.MIGRATIONS / "versions").glob("[0-9]*.py"))
    for level in reversed(levels[2:-1]):
        alembic(engine, "downgrade", level)
        left[0] = chance.randrange(12, 40)  # the first ones take the lock
        sa.event.listen(engine, "before_cursor_execute", end_it)
        with pytest.raises((Retryable, Fatal)):
            schema.upgrade(engine)
        sa.event.remove(engine, "before_cursor_execute", end_it)
        assert left[0] <= 0
        assert schema.schema_version(engine) == level
    schema.upgrade(engine)
    assert schema.differences(engine) == []
    engine.dispose()
    assert rows(postgres_url, STANDING) == before
