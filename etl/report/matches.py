"""Matches: recompute which texts have passages of which reference documents, for `verify`.  I/O: it only reads.

By the definition (etl.decide.references), text after text, with spelled-out shingles.  The index is taken at its word
only after it was found to be that of the documents.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby

import sqlalchemy as sa

from etl.commit.references import number_of
from etl.decide import references as decide
from etl.fingerprint import signatures
from etl.store import references
from etl.store.bulk import select
from etl.store.sources import id_names
from schemas.records import article_id_of
from schemas.tables import reference, reference_common, reference_match, reference_shingle

Found = tuple[str, str, object, object]
"""(what, where, stored, expected)."""


def differences(connection: sa.Connection) -> Iterator[Found]:
    """What the tables of references have otherwise than documents and texts give it."""
    yield from _documents(connection)
    shingle, count = reference_shingle.c.shingle, sa.func.count()
    counted = sa.select(shingle, count).group_by(shingle).having(count > decide.MAX_COMMON)
    expected = {row[0]: row[1] for row in connection.execute(counted)}
    common = {row.shingle: row.documents for row in connection.execute(sa.select(reference_common))}
    for each in sorted(expected.keys() | common.keys()):
        if expected.get(each) != common.get(each):
            yield "common shingle", str(each), common.get(each), expected.get(each)
    columns = [reference.c[name] for name in ("number", "source", "reference_id", "shingles")]
    known = {row[0]: (row[1], row[2], row[3]) for row in connection.execute(sa.select(*columns))}
    for comparison in references.texts(connection):
        yield from _texts(connection, comparison, common, known)


def _documents(connection: sa.Connection) -> Iterator[Found]:
    """Numbers and shingles are those of the documents; no other rows are in the index."""
    row, after, total, first = reference_shingle.c, -1, 0, id_names(connection)
    names = [reference.c[name] for name in ("number", "reference_id", "source", "source_key", "shingles")]
    while numbers := references.numbers_of(connection, None, after):
        after = numbers[-1]
        said = {each[0]: each for each in select(connection, names, reference.c.number, numbers)}
        for document in references.documents(connection, numbers):
            number, reference_id, source, source_key, size = said[document.number]
            where = f"reference document {source}, {source_key}"
            expected = article_id_of(first.get(source, source), source_key)
            if (number, reference_id) != (number_of(expected), expected):
                yield "id", where, (number, reference_id), expected
            shingles = set(signatures.windows(document.comparison(), decide.SHINGLE).view("i8").tolist())
            there = {r[0] for r in select(connection, [row.shingle], row.shingle, shingles, extra=row.number == number)}
            if (size, len(there)) != (len(shingles), len(shingles)):
                yield "shingles", where, (size, len(there)), len(shingles)
            total += len(shingles)
    held = connection.scalar(sa.select(sa.func.count()).select_from(reference_shingle))
    if held != total:
        yield "number of rows", "the index of references", held, total


def _texts(
    connection: sa.Connection,
    comparison: Mapping[int, str],
    common: Mapping[int, int],
    known: Mapping[int, tuple[str, str, int]],
) -> Iterator[Found]:
    """known: source, id and shingles of each document, by its number."""
    hashes = {i: set(signatures.windows(c, decide.SHINGLE).view("i8").tolist()) for i, c in comparison.items()}
    row, holders = reference_shingle.c, defaultdict[int, list[int]](list)
    for shingle, number in select(connection, [row.shingle, row.number], row.shingle, set().union(*hashes.values())):
        if shingle not in common:
            holders[shingle].append(number)
    stored = {
        (each[0], each[1]): (each[2], each[3], each[4])
        for each in select(connection, list(reference_match.c), reference_match.c.text_id, comparison)
    }  # fmt: skip
    expected: dict[tuple[int, int], tuple[int, int, int]] = {}
    for text_id, text in comparison.items():
        shared = Counter(number for shingle in hashes[text_id] for number in holders.get(shingle, ()))
        chosen = _chosen(shared, len(hashes[text_id]), known)
        documents = references.documents(connection, chosen) if chosen else ()
        expected |= {(text_id, each.number): measured(text, each.comparison()) for each in documents}
    for pair in sorted(expected.keys() | stored.keys()):
        if stored.get(pair) != expected.get(pair):
            yield "match", f"text {pair[0]} and reference document {pair[1]}", stored.get(pair), expected.get(pair)


def _chosen(shared: Mapping[int, int], size: int, known: Mapping[int, tuple[str, str, int]]) -> list[int]:
    """The documents with which a text is matched."""

    def order(number: int) -> tuple[object, ...]:
        source, reference_id, shingles = known[number]
        return source, -max(shared[number] / size, shared[number] / shingles), -shared[number], reference_id

    ordered = groupby(sorted(shared, key=order), key=lambda number: known[number][0])
    return [number for _, nearest in ordered for number in list(nearest)[: decide.MAX_MATCHES]]


def measured(text: str, document: str) -> tuple[int, int, int]:
    """(shared, shingles, longest) of two comparison texts, by spelled-out shingles."""
    mine, theirs = (signatures.shingles(each, decide.SHINGLE) for each in (text, document))
    tokens, longest, run = text.split(" "), 0, 0
    for at in range(max(1, len(tokens) - decide.SHINGLE + 1)):
        run = run + 1 if " ".join(tokens[at : at + decide.SHINGLE]) in theirs else 0
        longest = max(longest, run and min(len(tokens), run + decide.SHINGLE - 1))
    return len(mine & theirs), len(mine), longest
