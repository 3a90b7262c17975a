"""The commit's columns: the record of them is the schema of a prepared shard."""

from dataclasses import fields
from typing import get_args, get_type_hints

import pyarrow as pa
import pytest

from etl.commit.columns import Columns
from schemas.staging import ARTICLES
from schemas.tables import revision

PYTHON = {
    "string": str, "large_string": str, "int32": int, "int64": int, "double": float, "date32[day]": "date",
    "timestamp[us, tz=UTC]": "datetime", "binary": bytes, "bool": bool, "fixed_size_binary[32]": bytes,
}  # fmt: skip


def test_the_columns_are_those_of_the_schema_in_its_order_and_types():
    assert [each.name for each in fields(Columns)] == ARTICLES.names
    hints = get_type_hints(Columns)
    for column in ARTICLES:
        (values,) = get_args(hints[column.name])
        (kind, *_) = [kind for kind in get_args(values) or [values] if kind is not type(None)]
        wanted = PYTHON[str(column.type)]
        assert wanted in (kind, kind.__name__), column.name


def test_the_columns_hold_all_that_a_new_revision_keeps_but_when_it_was_seen():
    seen = {"first_date", "last_date", "reader", "run_id"}
    assert {column.name for column in revision.c} - seen <= {each.name for each in fields(Columns)}


@pytest.mark.parametrize(("gone", "left"), [((), ["a", "b", "c"]), ((1,), ["a", "c"]), ((0, 1, 2), [])])
def test_rows_are_taken_out_of_every_column(gone, left):
    rows = [dict.fromkeys(ARTICLES.names) | {"article_id": name, "body": name} for name in "abc"]
    found = Columns.of(pa.Table.from_pylist(rows, ARTICLES)).without(set(gone))
    assert (list(found.article_id), list(found.body), len(found)) == (left, left, len(left))
    assert {len(getattr(found, each.name)) for each in fields(Columns)} == {len(left)}
