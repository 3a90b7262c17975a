"""Which layout of the band index is the quickest to load, to look up and to keep small, on both databases.

    python benchmarks/band_index.py [--texts 100000] [--postgres postgresql://…]

Texts have 32 random band keys; 1,000 new texts look up their 32,000 keys, half of which are stored.  What the store
has is "rows, key first": one row a key and cluster.  Prints Markdown: seconds to load, to add 1,000 texts more and to
look 1,000 up, and bytes a text.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

BANDS, NEW = 32, 1_000
Keys = NDArray[np.int64]
Measured = tuple[float, float, float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--postgres", metavar="URL", help="a scratch database on PostgreSQL")
    arguments = parser.parse_args()
    draw = np.random.default_rng(7)
    keys = draw.integers(-(2**63), 2**63 - 1, (arguments.texts + NEW, BANDS), dtype=np.int64)
    asked = np.concatenate(
        [draw.choice(keys[:-NEW].ravel(), NEW * BANDS // 2), draw.integers(1, 2**60, NEW * BANDS // 2)]
    )
    print(f"{arguments.texts:,} texts\n\n| layout | load s | add {NEW:,} s | look {NEW:,} up s | bytes a text |")
    print("| --- | --: | --: | --: | --: |")
    for name, (columns, index) in SQLITE.items():
        say(f"SQLite {name}", sqlite(keys, asked, columns, index))
    for name, (columns, index) in POSTGRES.items() if arguments.postgres else ():
        say(f"PostgreSQL {name}", postgres(arguments.postgres, keys, asked, columns, index))


def say(name: str, measured: Measured) -> None:
    load, add, look, size = measured
    print(f"| {name} | {load:.2f} | {add:.3f} | {look:.3f} | {size:.0f} |", flush=True)


SQLITE = {
    "rows, key first, WITHOUT ROWID": ("(key INTEGER, text INTEGER, PRIMARY KEY (key, text)) WITHOUT ROWID", ""),
    "rows with rowid and an index": ("(key INTEGER, text INTEGER)", "CREATE INDEX i ON b (key, text)"),
}
ARRAYS = "(keys bigint[], text bigint PRIMARY KEY)"
POSTGRES = {
    "rows, key first": ("(key bigint, text bigint, PRIMARY KEY (key, text))", ""),
    "rows, B-tree on the key alone": ("(key bigint, text bigint)", "CREATE INDEX ON b (key)"),
    "rows, hash index on the key": ("(key bigint, text bigint)", "CREATE INDEX ON b USING hash (key)"),
    "arrays with GIN": (ARRAYS, "CREATE INDEX ON b USING gin (keys)"),
}


def sqlite(keys: Keys, asked: Keys, columns: str, index: str) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "b.db")
        db = sqlite3.connect(path, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"CREATE TABLE b {columns}")
        if index:
            db.execute(index)

        def add(first: int, last: int) -> None:
            flat = rows_of(keys, first, last)
            whole = len(flat) - len(flat) % 64
            values = ", ".join(["(?, ?)"] * 64)
            db.execute("BEGIN")
            db.executemany(f"INSERT INTO b (key, text) VALUES {values}", flat[:whole].reshape(-1, 128).tolist())
            db.executemany("INSERT INTO b (key, text) VALUES (?, ?)", flat[whole:].tolist())
            db.execute("COMMIT")

        load, more = timed(lambda: add(0, len(keys) - NEW)), timed(lambda: add(len(keys) - NEW, len(keys)))
        listed = json.dumps(sorted(set(asked.tolist())))
        look = min(
            timed(
                lambda: db.execute(
                    "SELECT key, text FROM b WHERE key IN (SELECT value FROM json_each(?))", [listed]
                ).fetchall()
            )
            for _ in range(3)
        )
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        return load, more, look, os.path.getsize(path) / len(keys)


def postgres(url: str, keys: Keys, asked: Keys, columns: str, index: str) -> Measured:
    import psycopg

    arrays = columns == ARRAYS
    with psycopg.connect(url) as db:
        db.execute("DROP TABLE IF EXISTS b")
        db.execute(f"CREATE TABLE b {columns}")
        if index:
            db.execute(index)
        db.commit()

        def add(first: int, last: int) -> None:
            with db.cursor().copy("COPY b FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["int8[]" if arrays else "int8", "int8"])
                if arrays:
                    for number in range(first, last):
                        copy.write_row((keys[number].tolist(), number))
                else:
                    for row in rows_of(keys, first, last).tolist():
                        copy.write_row(row)
            db.commit()

        load, more = timed(lambda: add(0, len(keys) - NEW)), timed(lambda: add(len(keys) - NEW, len(keys)))
        db.execute("ANALYZE b")
        query = "SELECT keys, text FROM b WHERE keys && %s" if arrays else "SELECT key, text FROM b WHERE key = ANY(%s)"
        # Against an array of 32,000 keys GIN checks each row it finds for minutes; text by text it need not.  Left to
        # itself the planner takes the overlap for common and reads the whole table for each text.
        db.execute("SET enable_seqscan = off")
        lists = asked.reshape(-1, BANDS).tolist() if arrays else [sorted(set(asked.tolist()))]
        look = min(timed(lambda: [db.execute(query, [listed]).fetchall() for listed in lists]) for _ in range(3))
        size = db.execute("SELECT pg_total_relation_size('b')").fetchone()
        return load, more, look, (size[0] if size else 0) / len(keys)


def rows_of(keys: Keys, first: int, last: int) -> Keys:
    """(key, text) of these texts, in the order of the keys."""
    flat = np.stack([keys[first:last].ravel(), np.repeat(np.arange(first, last), BANDS)], axis=1)
    return flat[np.argsort(flat[:, 0])]


def timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
