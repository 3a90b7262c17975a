"""Rows fill the pages of a SQLite table, whatever order they come in."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from etl.store import bulk, database
from etl.store.packing import PAGE, ROOM, fitting, in_leaf, sizes
from schemas import tables

ROWS = 400


def pages(taken):
    """Pages that rows of these sizes fill one after the other, each whole in one."""
    count = free = 0
    for size in taken:
        if size > free:
            count, free = count + 1, ROOM
        free -= size
    return count


def test_every_row_has_one_place_and_pages_are_filled():
    chance = random.Random(7)
    taken = [chance.randint(200, 4000) for _ in range(1000)]
    order = fitting(taken)
    assert sorted(order) == list(range(1000))
    assert pages(taken[i] for i in order) * ROOM < 1.03 * sum(taken) < 1.15 * sum(taken) < pages(taken) * ROOM


def test_nothing_is_packed_into_nothing():
    assert fitting([]) == []


@pytest.mark.parametrize("body", ["a" * 3000, "é" * 1500, "a" * 9000, ""])
def test_the_size_of_a_row_is_that_which_sqlite_gives_it(tmp_path, body):
    values = ["x" * 32, None, 1.5, 7, True, date(2026, 3, 1), datetime(2026, 3, 1, 12, 0, 0, 1, UTC), body]
    with sa.create_engine(f"sqlite:///{tmp_path}/one.db").begin() as connection:
        if not connection.scalar(sa.text("SELECT sqlite_compileoption_used('ENABLE_DBSTAT_VTAB')")):
            pytest.skip("this SQLite does not say what is in its pages")
        names = [f"c{n}" for n in range(len(values))]
        connection.exec_driver_sql(f"CREATE TABLE one ({', '.join(names)})")
        stored = tuple(str(each)[:26] if isinstance(each, date) else each for each in values)
        marks = ", ".join("?" * len(values))
        connection.exec_driver_sql(f"INSERT INTO one VALUES ({marks})", stored)
        leaf, whole = connection.exec_driver_sql(
            "SELECT sum(pgsize - unused) FILTER (WHERE pagetype = 'leaf'), sum(payload) FROM dbstat WHERE name = 'one'"
        ).one()
    (size,) = sizes([[each] for each in values])
    assert whole == pytest.approx(size, abs=10)
    assert leaf - (PAGE - ROOM) == pytest.approx(in_leaf(size), abs=12)


def test_revisions_take_few_bytes_more_than_their_texts(tmp_path):
    chance = random.Random(7)
    url = f"sqlite:///{tmp_path}/corpus.db"
    table = sa.Table("long", sa.MetaData(), sa.Column("id", sa.Text, primary_key=True), sa.Column("body", sa.Text))
    bodies = ["b" * chance.randint(300, 3900) for _ in range(ROWS)]
    taken = {}
    for marked in (False, True):
        table.info = {tables.PACKED: True} if marked else {}
        with database.opened(url) as engine, database.writing(engine) as connection:
            table.create(connection)
            bulk.insert(connection, table, [[str(n) for n in range(ROWS)], bodies])
            stored = sorted(connection.execute(sa.select(table)).all())
            free = connection.exec_driver_sql("PRAGMA freelist_count").one()[0]
            table.drop(connection)
            freed = connection.exec_driver_sql("PRAGMA freelist_count").one()[0]
        taken[marked] = PAGE * (freed - free)
        assert stored == sorted((str(n), body) for n, body in enumerate(bodies))
    assert taken[True] < 1.08 * sum(map(len, bodies)) < 1.15 * sum(map(len, bodies)) < taken[False]
    assert tables.PACKED in tables.revision.info
