"""Lakes: the tables that a build wrote, beside those of a store that one machine filled."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa

from etl.spark.lake import read_run, tables_of
from schemas import tables

TABLES = [
    tables.article, tables.revision, tables.text, tables.signature, tables.cluster_member, tables.bucket,
    tables.judgement, tables.retraction, tables.tombstone, tables.decision, tables.change, tables.quarantine,
]  # fmt: skip
WHEN = {
    "change": {"at", "run_id", "position"}, "decision": {"at", "run_id", "position"}, "retraction": {"at"},
    "revision": {"run_id"}, "tombstone": {"run_id"},
}  # fmt: skip
"""Columns that tell when a run was, not what it did."""


def differences(lake: Path, url: str) -> dict[str, list[Any]]:
    """Rows of each table that only the lake or only the store has, the lake's first."""
    found = {}
    run = read_run(str(lake))
    assert run is not None
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        for table in TABLES:
            names = [c.name for c in table.c if c.name not in WHEN.get(table.name, ())]
            built = pq.read_table(Path(tables_of(str(lake), run)) / table.name, columns=names).to_pylist()
            left = [tuple(_plain(row[n], isinstance(table.c[n].type, sa.JSON)) for n in names) for row in built]
            stored = connection.execute(sa.select(*(table.c[n] for n in names)))
            right = [tuple(_plain(value, False) for value in row) for row in stored]
            assert len(left) == len(set(left)), f"{table.name} has rows twice"
            odd = [*(set(left) - set(right)), *(set(right) - set(left))]
            if odd or len(left) != len(right):
                found[table.name] = [len(left), len(right), *sorted(odd, key=repr)[:4]]
    engine.dispose()
    return found


def _plain(value: Any, is_json: bool) -> Any:
    if is_json and value is not None:
        value = json.loads(value)
    if isinstance(value, (list, dict)):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return bytes(value) if isinstance(value, memoryview) else value


def words(dice: random.Random, count: int) -> list[str]:
    return [f"w{dice.randrange(50_000)}" for _ in range(count)]


def edited(dice: random.Random, text: list[str], rate: float) -> list[str]:
    return [f"x{dice.randrange(50_000)}" if dice.random() < rate else word for word in text]


def hard_texts(dice: random.Random, size: int) -> list[list[str]]:
    """Families that are hard on an election: of families, of near-copies around the threshold, chains, series."""
    found: list[list[str]] = []
    for _ in range(size):  # families of families, exact copies among them
        again = found and dice.random() < 0.7
        text = edited(dice, dice.choice(found), dice.choice([0, 0.01, 0.03, 0.06])) if again else words(dice, 80)
        found.append(text)
    base = words(dice, 150)
    bases = [base, edited(dice, base, 0.03)]
    found += [edited(dice, dice.choice(bases), dice.uniform(0, 0.08)) for _ in range(size)]
    found += [base[:120] + words(dice, 24 + dice.randrange(12)) for _ in range(size // 2)]  # a series, just below
    chain = words(dice, size * 10 + 100)
    return found + [chain[i * 10 : i * 10 + 100] for i in range(size // 2)]


def write_hard(folder: Path, size: int, files: int = 3) -> None:
    """JSON lines of hard texts, most with a day of their own."""
    dice = random.Random(17)
    texts = hard_texts(dice, size)
    dice.shuffle(texts)
    folder.mkdir(parents=True)
    for part in range(files):
        with open(folder / f"part-{part}.jsonl", "w", encoding="utf-8") as out:
            for number in range(part, len(texts), files):
                record = {"id": f"n{number}", "title": f"Text {number}", "text": " ".join(texts[number])}
                if dice.random() < 0.8:
                    record["date"] = (date(2024, 1, 1) + timedelta(dice.randrange(60))).isoformat()
                out.write(json.dumps(record) + "\n")
