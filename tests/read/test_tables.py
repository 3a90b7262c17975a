"""Tables: an oddity costs its own row at most, and no row takes others along."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.records import RawDocument
from tests.support.reading import articles, documents, refused

ROW = "The ferry to Sandholm ran twice on Sunday, its owner said."


def titles(content: str | bytes, path: str = "in/table.csv") -> list[object]:
    packed = content.encode() if isinstance(content, str) else content
    return [item.content["title"] for item in documents(packed, path) if isinstance(item, RawDocument)]  # type: ignore[call-overload]


@pytest.mark.parametrize("line", ["x\ry", "x\r\n", '1,"a\rb",c\n', "a\r", "1,2,3,4\rb\n"])
def test_a_lone_carriage_return_is_the_end_of_a_line(line: str) -> None:
    found = documents(f"id,title,text\n1,A,Text.\n{line}\n2,B,Text.\n".encode(), "t.csv")
    ids = [item.content["id"] for item in found if isinstance(item, RawDocument)]  # type: ignore[call-overload]
    assert (ids[0], ids[-1]) == ("1", "2")


def test_a_quote_that_is_never_closed_costs_no_other_row() -> None:
    rows = [f"{n},Story {n},Text of story {n}\n" for n in range(40)]
    rows[7] = '7,Story 7,"Text of story 7\n'
    found = articles(("id,title,text\n" + "".join(rows)).encode(), "t.csv")
    assert [article.title for article in found] == [f"Story {n}" for n in range(40)]
    assert found[7].body == "Text of story 7"


def test_a_stray_quote_that_another_stray_quote_closes_swallows_no_rows() -> None:
    rows = [f"{n},Story {n},Text {n}\n" for n in range(40)]
    rows[7], rows[9] = '7,Story 7,"Text 7\n', '9,Story 9,Text 9"\n'
    assert titles("id,title,text\n" + "".join(rows)) == [f"Story {n}" for n in range(40)]
    rows = [f"Story {n},Text {n},desk\n" for n in range(40)]
    rows[7], rows[20] = 'Story 7,Text 7,"desk\n', 'Story 20,Text 20,desk"\n'
    assert titles("title,text,section\n" + "".join(rows)) == [f"Story {n}" for n in range(40)]


def test_a_line_that_is_no_row_is_quarantined_with_its_text() -> None:
    found = documents(b'title,text,date\nA,"First, second and third,2024-05-03\nB,Text,2024-05-04\n', "t.csv")
    assert [type(item).__name__ for item in found] == ["Quarantined", "RawDocument"]
    assert found[0].head == b'A,"First, second and third,2024-05-03'  # type: ignore[union-attr]


def test_a_cell_may_have_many_lines_of_prose() -> None:
    body = "\n".join(f"Line {n}, which is long, says little." for n in range(300))
    (found,) = articles(f'title,text,date\nA,"{body}",2024-05-03\n'.encode(), "t.csv")
    assert found.body.count("says little") == 300


def test_quotes_may_be_escaped_by_a_backslash() -> None:
    found = articles(b'title,text\nA,"A \\"good\\" day, he said."\nB,"Ends in \\"a quote\\""\n', "t.csv")
    assert [article.body for article in found] == ['A "good" day, he said.', 'Ends in "a quote"']


def test_quotes_within_a_cell_that_is_not_quoted_stay() -> None:
    assert articles(b'title\ttext\nA\t"Never" said the mayor.\n', "t.tsv")[0].body == '"Never" said the mayor.'


@pytest.mark.parametrize(
    "before",
    [
        "sep=;\n",
        '"sep=;"\r\n',
        "\n\n",
        "Export of 3 May 2024\n",
        "Export of 3 May; 11:42\n\n",
        "\ufeff",
        "\ufeffsep=;\n",
    ],
)
@pytest.mark.parametrize("path", ["t.csv", "in/noname"])
def test_a_table_may_begin_before_its_names(before: str, path: str) -> None:
    content = f"{before}title;text;price\nA;{ROW};1,50\nB;{ROW};2,75\n"
    assert titles(content, path) == ["A", "B"]


def test_of_columns_with_one_name_the_first_with_a_value_counts() -> None:
    found = articles(b"title,text,text\nA,One text.,\nB,,Another text.\nC,First.,Second.\n", "t.csv")
    assert [article.body for article in found] == ["One text.", "Another text.", "First."]


def test_empty_cells_to_the_right_of_a_table_are_no_cells() -> None:
    assert titles("title,text\nA,Text.,,,\nB,Text.\n") == ["A", "B"]
    assert refused(b"title,text\nA,Text.,,,x\n", "t.csv") == ["broken CSV: 5 cells in 2 columns"]


def test_a_row_in_another_charset_than_its_table_is_read() -> None:
    content = "title,text\nÉté,Une fête.\n".encode() + "Café,Une soirée à Orléans.\n".encode("cp1252")
    assert titles(content) == ["Été", "Café"]


def parquet(table: pa.Table) -> bytes:
    packed = io.BytesIO()
    pq.write_table(table, packed)
    return packed.getvalue()


def test_a_time_that_python_has_no_value_for_costs_no_row() -> None:
    moments = [1_714_723_200_000_000_001, 0, None]
    table = pa.table(
        {
            "title": ["A", "B", "C"],
            "text": [ROW] * 3,
            "published": pa.array(moments, pa.timestamp("ns", "Europe/Berlin")),
            "modified": pa.array([253_402_300_800_000, 1_714_723_200_000, None], pa.timestamp("ms")),
        }
    )
    found = articles(parquet(table), "t.parquet")
    assert [article.title for article in found] == ["A", "B", "C"]
    assert found[0].published_at == datetime(2024, 5, 3, 8, tzinfo=UTC)
    assert [article.modified_at for article in found] == [None, datetime(2024, 5, 3, 8, tzinfo=UTC), None]


def test_text_in_columns_of_bytes_is_text_and_other_bytes_are_not() -> None:
    table = pa.table(
        {"title": [b"A", "Été".encode("cp1252")], "text": [ROW.encode(), b"\x00\x01\x02"], "raw": [b"x"] * 2}
    )
    found = documents(parquet(table), "t.parquet")
    assert [item.content for item in found if isinstance(item, RawDocument)] == [
        {"title": "A", "text": ROW},
        {"title": "Été", "text": None},
    ]


def test_a_parquet_table_may_repeat_a_column() -> None:
    table = pa.Table.from_arrays(
        [pa.array(["A"]), pa.array([None], pa.string()), pa.array([ROW])], ["title", "text", "text"]
    )
    assert articles(parquet(table), "t.parquet")[0].body == ROW


def test_a_row_group_with_fewer_rows_than_it_says_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{"title": "A", "text": ROW}]), packed)
    monkeypatch.setattr("pyarrow.parquet.ParquetFile.iter_batches", lambda *args, **named: iter(()))
    assert refused(packed.getvalue(), "a.parquet") == ["broken Parquet: fewer rows than the file says; rows 0 to 0"]
