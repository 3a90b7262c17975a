"""Exports: the rows of the views in files, whole or not there, the same bytes for the same content."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
import yaml

from etl.commit import curate
from etl.errors import Fatal, Retryable, Usage
from etl.export import export as exporting
from etl.export import folder
from etl.export import rows as export_rows
from etl.export.export import Choice, export
from etl.settings import Settings
from etl.sources.source import Source
from etl.store import database, schema
from schemas import exported
from schemas.contract.views import CONTRACT
from tests.support.paths import ROOT, SEEDS
from tests.support.stores import NOW, ingest, ingest_files, rows
from tests.support.stories import story

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
FILES = {
    "plain.txt": story(1),
    "copy.txt": story(1),
    "near.txt": story(1, (3, "other"), words=58),
    "quotes.txt": 'He said "no", twice;\nand a tab\there, à la carte, 火事 and 🔥.\n\n' + story(2),
}


def files(folder):
    """Path → bytes of everything that an export shows."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".wirecopy" not in path.parts
    }


def viewed(url, view="corpus_article"):
    """Rows of a view as mappings, by article_id."""
    engine = database.connect(url)
    with database.reading(engine) as connection:
        table = sa.Table(view, sa.MetaData(), autoload_with=connection)
        found = {row["article_id"]: dict(row) for row in connection.execute(sa.select(table)).mappings()}
    engine.dispose()
    return found


def plain(value):
    return value.isoformat().replace("+00:00", "").replace("Z", "") if hasattr(value, "isoformat") else value


def of_view(row, names):
    said = {name: plain(row[name]) for name in names}
    if isinstance(said.get("authors"), str):
        said["authors"] = json.loads(said["authors"])
    if isinstance(said.get("rights"), list):  # as PostgreSQL's driver reads it
        said["rights"] = json.dumps(said["rights"], ensure_ascii=False)
    if isinstance(said.get("published_at"), str):
        said["published_at"] = said["published_at"].replace(" ", "T").replace(".000000", "")
    return said


def test_an_export_holds_the_rows_of_corpus_article(settings, tmp_path):
    ingest(settings, Source("seeds", (str(SEEDS),)))
    done = export(settings.store, tmp_path / "out")
    table = pq.read_table(tmp_path / "out" / "train" / "seeds-undated-000.parquet")
    expected = viewed(settings.store)
    assert done.rows == table.num_rows == len(expected)
    found = table.to_pylist()
    assert [row["article_id"] for row in found] == sorted(expected)
    assert set(table.column_names) == set(CONTRACT["corpus_article"]) - {"first_run", "stub"}
    for row in found:
        names = row.keys()
        assert {n: plain(v) for n, v in row.items()} == of_view(expected[row["article_id"]], names)


def test_all_articles_come_with_who_stands_for_them(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES)
    export(settings.store, tmp_path / "out", choice=Choice(duplicates=True))
    found = {r["article_id"]: r for r in pq.read_table(tmp_path / "out" / "train").to_pylist()}
    duplicates = viewed(settings.store, "corpus_duplicate")
    assert len(found) == 4
    assert {i for i, row in found.items() if row["relation"] == "canonical"} == set(viewed(settings.store))
    assert sorted(row["relation"] for row in found.values()) == ["canonical", "canonical", "exact", "near"]
    for article_id, row in duplicates.items():
        names = ("canonical_id", "relation", "jaccard", "bands", "title")
        assert {n: found[article_id][n] for n in names} == {n: row[n] for n in names}
        assert found[article_id]["copies"] == 3


def test_jsonl_and_csv_say_what_parquet_says(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES, DAY)
    for form in exporting.FORMATS:
        export(settings.store, tmp_path / form, form, Choice(duplicates=True))
    table = pq.read_table(tmp_path / "parquet" / "train").to_pylist()
    wanted = [{n: plain(v) for n, v in row.items()} for row in table]
    lines = (tmp_path / "jsonl" / "train" / "test-2026-03-01-000.jsonl").read_text(encoding="utf-8").splitlines()
    assert [{n: v.removesuffix("Z") if n == "published_at" and v else v for n, v in json.loads(line).items()}
            for line in lines] == wanted  # fmt: skip
    with (tmp_path / "csv" / "train" / "test-2026-03-01-000.csv").open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))
    assert [row["body"] for row in found] == [row["body"] for row in wanted]
    assert [json.loads(row["authors"]) for row in found] == [row["authors"] for row in wanted]
    assert [float(row["jaccard"]) for row in found] == [row["jaccard"] for row in wanted]
    assert {row["url"] for row in found} == {""}


def test_the_manifest_counts_and_checks_every_file(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES, DAY)
    ingest_files(settings, tmp_path / "next", {"new.txt": story(7)}, NEXT)
    done = export(settings.store, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (told["rows"], told["run_id"], told["contract"]) == (done.rows, 2, 1)
    assert [f["path"] for f in told["files"]] == done.written
    assert [(f["partition_date"], f["rows"]) for f in told["files"]] == [("2026-03-01", 2), ("2026-03-02", 1)]
    for file in told["files"]:
        content = (tmp_path / "out" / file["path"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert [c["name"] for c in told["columns"]] == pq.read_schema(tmp_path / "out" / done.written[0]).names
    assert all(isinstance(c["meaning"], str) and c["meaning"] for c in told["columns"])


@pytest.mark.parametrize("form", exporting.FORMATS)
def test_the_same_content_gives_the_same_bytes_whatever_its_history(form, tmp_path, store_url):
    ways = [Settings(store=url, staging=str(tmp_path / "s"), workers=1)
            for url in (store_url, f"sqlite:///{tmp_path}/other.db")]  # fmt: skip
    for n, day in enumerate((DAY, NEXT)):
        ingest_files(ways[0], tmp_path / f"{day}", {**FILES, "own.txt": story(n + 10)}, day, f"{n}")
    for n, day in enumerate((NEXT, DAY)):
        ingest_files(ways[1], tmp_path / f"{day}", {}, day, f"{n}")
    shown = []
    for n, way in enumerate(ways):
        export(way.store, tmp_path / f"out{n}", form, Choice(duplicates=True))
        shown.append({p: b for p, b in files(tmp_path / f"out{n}").items() if p.startswith("train")})
    assert shown[0] == shown[1]


def test_a_second_export_writes_what_changed_and_no_more(settings, tmp_path):
    out = tmp_path / "out"
    ingest_files(settings, tmp_path / "in", FILES, DAY)
    ingest_files(settings, tmp_path / "next", {"new.txt": story(7)}, NEXT)
    first = export(settings.store, out)
    before, stamps = files(out), {p: p.stat().st_mtime_ns for p in out.rglob("*.*")}
    again = export(settings.store, out)
    assert (again.written, again.kept, again.removed) == ([], 2, [])
    assert files(out) == before
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*.*")} == stamps
    # A copy that comes later changes the count of copies of the first day's article, and that file alone.
    ingest_files(settings, tmp_path / "late", {"late.txt": story(1)}, NEXT, "late")
    assert export(settings.store, out).written == [first.written[0]]
    article = next(i for i, row in viewed(settings.store).items() if row["source_key"] == "new.txt")
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        curate.retract(connection, [article], curate.Said("ana", "", "test", NOW))
    engine.dispose()
    assert export(settings.store, out).removed == [first.written[1]]
    assert set(files(out)) == {"README.md", "manifest.json", first.written[0]}


def test_a_file_that_was_lost_or_cut_is_written_again(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES, DAY)
    ingest_files(settings, tmp_path / "next", {"new.txt": story(7)}, NEXT)
    out = tmp_path / "out"
    first = export(settings.store, out)
    before = files(out)
    (out / first.written[0]).unlink()
    (out / first.written[1]).write_bytes(before[first.written[1]][:100])
    assert export(settings.store, out).written == first.written
    assert files(out) == before


def test_one_partition_alone_leaves_the_files_of_others(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES, DAY)
    ingest_files(settings, tmp_path / "next", {"new.txt": story(7)}, NEXT)
    out = tmp_path / "out"
    assert export(settings.store, out, choice=Choice(day=NEXT)).rows == 1
    assert export(settings.store, out, choice=Choice(source="test", day=DAY)).removed == []
    with pytest.raises(Usage, match="no source 'tset'; did you mean 'test'"):
        export(settings.store, out, choice=Choice(source="tset"))
    told = json.loads((out / "manifest.json").read_text())
    assert (len(told["files"]), told["rows"]) == (2, 3)
    assert export(settings.store, out).kept == 2


def test_large_partitions_are_cut_into_files_and_long_articles_into_batches(settings, tmp_path, monkeypatch):
    ingest_files(settings, tmp_path / "in", {f"{n}.txt": story(n) for n in range(7)})
    export(settings.store, tmp_path / "whole", "jsonl")
    monkeypatch.setattr("etl.export.export.PART_ROWS", 3)
    monkeypatch.setattr("etl.export.rows.BATCH_CHARACTERS", 1)
    monkeypatch.setattr("etl.export.rows.LINES_A_FETCH", 2)
    done = export(settings.store, tmp_path / "cut", "jsonl")
    assert done.written == [f"train/test-undated-00{n}.jsonl" for n in range(3)]
    cut = files(tmp_path / "cut")
    assert b"".join(cut[path] for path in done.written) == files(tmp_path / "whole")["train/test-undated-000.jsonl"]


def test_an_empty_store_gives_an_empty_export(settings, tmp_path):
    engine = database.connect(settings.store)
    schema.upgrade(engine)
    engine.dispose()
    assert export(settings.store, tmp_path / "out").rows == 0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["files"] == []


def test_folders_of_others_are_left_alone(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "README.md").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name in ("full", "file"):
        with pytest.raises(Usage, match="name a"):
            export(settings.store, tmp_path / name)
    assert (tmp_path / "full" / "README.md").read_text() == "mine"
    export(settings.store, tmp_path / "out")
    for form, choice in (("csv", Choice()), ("parquet", Choice(duplicates=True))):
        with pytest.raises(Usage, match="another kind"):
            export(settings.store, tmp_path / "out", form, choice)
    with pytest.raises(Usage, match="not xlsx"):
        export(settings.store, tmp_path / "out", "xlsx")


def test_a_folder_that_cannot_be_written_is_named(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES)
    with pytest.raises(Fatal, match=r"/dev/null/out cannot be written: Not a directory"):
        export(settings.store, "/dev/null/out")


def test_two_exports_do_not_write_into_one_folder(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES)
    kind: dict[str, object] = {"format": "parquet", "articles": "canonical"}
    with folder.holding(tmp_path / "out", kind), pytest.raises(Retryable, match="another export"):
        export(settings.store, tmp_path / "out")
    export(settings.store, tmp_path / "out")


def test_a_killed_export_leaves_whole_files_and_is_taken_up_where_it_stopped(tmp_path):
    settings = Settings(store=f"sqlite:///{tmp_path}/corpus.db", staging=str(tmp_path / "s"), workers=1)
    for n in range(6):
        articles = {f"{n}/{i}.txt": story(100 * n + i) for i in range(20)}
        ingest_files(settings, tmp_path / f"in{n}", articles, date(2026, 3, 1 + n), f"{n}")
    out = tmp_path / "out"
    # Every write of a file is slowed down, so that the kill comes in between: what is tested is what it leaves.
    slow = (
        "import sys, time; from etl.export import export, formats; real = formats.WRITERS['parquet']\n"
        "formats.WRITERS['parquet'] = lambda *a: (real(*a), time.sleep(0.2))\n"
        "export.export(sys.argv[1], sys.argv[2])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", slow, settings.store, str(out)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    deadline = time.monotonic() + 60
    while len(list(out.glob("train/*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = sorted(out.glob("train/*"))
    assert 2 <= len(there) < 6
    assert sum(pq.read_table(path).num_rows for path in there) == 20 * len(there)
    done = export(settings.store, out)
    assert done.kept in (len(there), len(there) - 1)  # the last one's name may have come without its note
    assert len(done.written) == 6 - done.kept
    export(settings.store, tmp_path / "clean")
    assert files(out) == files(tmp_path / "clean")
    assert not (out / ".wirecopy" / "partial").exists()


def test_the_card_names_split_columns_and_counts(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES)
    export(settings.store, tmp_path / "out", "jsonl", Choice(duplicates=True))
    card = (tmp_path / "out" / "README.md").read_text()
    assert "path: train/*.jsonl\n" in card
    assert 'load_dataset(".", split="train")' in card
    assert "| test | 4 |\n" in card
    assert "| relation | string | canonical: it is in the corpus; exact:" in card


@pytest.mark.parametrize(
    ("form", "authors", "published"),
    [
        ("parquet", "list: string", "dtype: timestamp[us, tz=UTC]"),
        ("jsonl", "list: string", "dtype: timestamp[us, tz=UTC]"),
        ("csv", "dtype: string", "dtype: string"),
    ],
)
def test_the_card_declares_the_type_of_each_column(settings, tmp_path, form, authors, published):
    """datasets guesses types file by file: a column that is empty in one would be of numbers there."""
    ingest_files(settings, tmp_path / "in", FILES)
    export(settings.store, tmp_path / "out", form)
    head = (tmp_path / "out" / "README.md").read_text().split("---\n")[1]
    declared = yaml.safe_load(head)["dataset_info"]["features"]
    assert [each["name"] for each in declared] == exported.schema(False).names
    lines = dict(zip((each["name"] for each in declared), head.split("  - name: ")[1:], strict=True))
    assert authors in lines["authors"]
    assert published in lines["published_at"]


def test_the_card_of_an_empty_corpus_promises_no_rows(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"empty.txt": ""})
    export(settings.store, tmp_path / "out")
    assert "configs:" not in (tmp_path / "out" / "README.md").read_text()


def test_what_is_exported_is_of_one_moment(settings, tmp_path, monkeypatch):
    """A run that commits while an export is under way shows in the next export, and not in half of this one."""
    ingest_files(settings, tmp_path / "in", FILES, DAY)
    real = export_rows.last_run

    def then_another_run(connection):
        found = real(connection)
        ingest_files(settings, tmp_path / "next", {"new.txt": story(7), "late.txt": story(1)}, NEXT, "2")
        return found

    monkeypatch.setattr(export_rows, "last_run", then_another_run)
    assert export(settings.store, tmp_path / "out").rows == 2
    monkeypatch.undo()
    assert export(settings.store, tmp_path / "out").rows == 3
    assert rows(settings.store, "SELECT count(*) FROM corpus_article") == [(3,)]


def test_no_cell_of_a_csv_file_is_a_formula(settings, tmp_path):
    titles = ["=HYPERLINK(1)", "+1 for Alba", "-1 in Alba", "@alba", "Alba = 1"]
    records = [{"title": title, "body": f"{number} story of Alba."} for number, title in enumerate(titles)]
    ingest_files(settings, tmp_path / "in", {"a.json": json.dumps(records)})
    done = export(settings.store, tmp_path / "csv", "csv")
    with (tmp_path / "csv" / done.written[0]).open(encoding="utf-8", newline="") as stream:
        found = sorted(row["title"] for row in csv.DictReader(stream))
    assert found == sorted(["'=HYPERLINK(1)", "'+1 for Alba", "'-1 in Alba", "'@alba", "Alba = 1"])


def test_an_export_without_a_reference_leaves_out_what_has_its_passages(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1), "b.txt": story(2), "c.txt": story(3)}, DAY)
    for name, number, words in (("bench", 1, 30), ("licensed", 2, 60)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "q.txt").write_text(f"{story(number, words=words).upper()} and more of its own")
        ingest(settings, Source(name, (str(tmp_path / name),), is_reference=True))

    def keys(folder, *names, max_share=0.0):
        export(settings.store, tmp_path / folder, choice=Choice(without=names, max_share=max_share))
        (file,) = (tmp_path / folder / "train").iterdir()
        return pq.read_table(file)["source_key"].to_pylist()

    assert sorted(keys("all")) == ["a.txt", "b.txt", "c.txt"]
    assert sorted(keys("clean", "bench")) == ["b.txt", "c.txt"]
    assert keys("cleaner", "bench", "licensed") == ["c.txt"]
    # Of a.txt the one has 18 of 48 shingles, of b.txt the other has all.
    assert sorted(keys("some", "bench", "licensed", max_share=0.99)) == ["a.txt", "c.txt"]
    card = (tmp_path / "some" / "README.md").read_text()
    assert "without those that have passages of bench, licensed beyond 99 % of either text" in card
    assert json.loads((tmp_path / "cleaner" / "manifest.json").read_text())["without_references"] == [
        "bench",
        "licensed",
    ]
    with pytest.raises(Usage, match="another kind"):
        export(settings.store, tmp_path / "clean", choice=Choice(without=("licensed",)))
    with pytest.raises(Usage, match="no reference 'test'; there is bench, licensed"):
        export(settings.store, tmp_path / "none", choice=Choice(without=("test",)))


TERMS = [
    ({"license": "https://creativecommons.org/licenses/by-sa/4.0/", "tdm_reservation": "0"}, "CC-BY-SA-4.0"),
    ({"license": "CC_0%"}, None),
    ({"license": "CC0-1.0", "tdm_reservation": "1"}, "CC0-1.0"),
    ({"copyright": "© Daily, Zürich"}, None),
]


@pytest.mark.parametrize(("choice", "titles"), [
    (Choice(), [0, 1, 2, 3]),
    (Choice(licence=("cc-by*", "CC0-1.0")), [0, 2]),
    (Choice(licence=("CC_*",)), []),  # no pattern of SQL's
    (Choice(not_reserved=True), [0, 1, 3]),
    (Choice(licence=("CC*",), not_reserved=True, duplicates=True), [0]),
])  # fmt: skip
def test_an_export_can_be_of_some_licences_and_without_what_reserves_mining(settings, tmp_path, choice, titles):
    """The card counts what is in it by licence and by reservation."""
    records = [{"id": n, "title": f"T{n}", "body": story(n), **said} for n, (said, _) in enumerate(TERMS)]
    ingest_files(settings, tmp_path / "in", {"a.jsonl": "".join(json.dumps(each) + "\n" for each in records)})
    done = export(settings.store, tmp_path / "out", choice=choice)
    table = pq.read_table(tmp_path / "out" / "train").to_pylist() if titles else []
    assert sorted(row["title"] for row in table) == [f"T{n}" for n in titles]
    assert done.rows == len(titles)
    for row in table:
        assert row["licence"] == TERMS[int(row["title"][1:])][1]
        assert {each["kind"] for each in json.loads(row["rights"])} <= {"licence", "reservation", "notice"}
    card = (tmp_path / "out" / "README.md").read_text()
    if choice == Choice():
        assert "| none named | 2 |\n" in card
        assert "| CC0-1.0 | 1 |\n" in card
        assert "1 reserve text and data mining, 1 say that they do not, 2 say nothing of it." in card
    assert ("do not reserve text and data mining; as of run" in card) == choice.not_reserved
