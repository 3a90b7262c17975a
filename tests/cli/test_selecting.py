"""Selecting on the command line: which articles a decision is on, what is asked before, and what is then done."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from etl.commit.selection import Selection, chosen
from etl.errors import Usage
from etl.store.database import opened, reading
from tests.support.stores import check, rows
from tests.support.stories import story

STORE = "sqlite:///var/corpus.db"
PAGES = {
    "https://gazette.example/news/a": story(1, words=80),
    "https://gazette.example/news/a?page=2": story(2),
    "http://gazette.example/news/a/b": story(3),
    "https://gazette.example/news/ab": story(4),
    "https://herald.example/x": story(1, words=75),
}


@pytest.fixture
def filled(wirecopy, tmp_path):
    lines = [json.dumps({"url": url, "title": f"About {url}", "text": text}) for url, text in PAGES.items()]
    (tmp_path / "pages.jsonl").write_text("\n".join(lines))
    assert wirecopy("run", "pages.jsonl", "--source", "wire")[0] == 0
    return wirecopy


def standing():
    return {key for (key,) in rows(STORE, "SELECT source_key FROM corpus_member")}


@pytest.mark.parametrize(("selector", "gone"), [
    (["--url-prefix", "https://GAZETTE.example:443/news/./a/"], [0, 1, 2]),
    (["--url-prefix", "https://gazette.example"], [0, 1, 2, 3]),
    (["--story", "https://herald.example/x"], [0, 4]),
    (["--source", "wire"], [0, 1, 2, 3, 4]),
    (["--from-file", "list.txt"], [3, 4]),
    (["https://gazette.example/news/ab"], [3]),
])  # fmt: skip
def test_what_is_selected_is_listed_retracted_and_erased(filled, tmp_path, selector, gone):
    (tmp_path / "list.txt").write_text(
        "# from counsel\n\nhttps://herald.example/x?utm_source=a\nhttps://gazette.example/news/ab\n"
    )
    everything = standing()
    expected = everything - {list(PAGES)[n] for n in gone}
    listed = filled("retract", *selector, "--dry-run")
    assert (listed[0], listed[1].splitlines()[-1].split()[0]) == (0, str(len(gone)))
    assert standing() == everything
    assert filled("retract", *selector, "--yes")[0] == 0
    assert standing() == expected
    back = [list(PAGES)[n] for n in gone] if selector[0] == "--story" else selector
    assert filled("retract", *back, "--yes", "--undo")[0] == 0
    assert standing() == everything
    assert filled("erase", *selector, "--reason", "gone", "--yes")[0] == 0
    assert standing() == expected
    assert rows(STORE, "SELECT count(*) FROM tombstone WHERE pending IS NULL") == [(len(gone),)]
    check(STORE)


def test_a_url_in_a_list_stands_for_all_that_have_it_and_unknown_lines_are_looked_for_together(
    wirecopy, tmp_path, store_url
):
    shared = [
        {"id": f"{n}", "url": "https://live.example/day", "title": f"Item {n}", "text": story(n)} for n in range(25)
    ]
    (tmp_path / "live.jsonl").write_text("\n".join(map(json.dumps, shared)))
    assert wirecopy("run", "live.jsonl", "--store", store_url)[0] == 0
    asked = []
    with opened(store_url) as engine, reading(engine) as connection:
        sa.event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
        assert len(chosen(connection, Selection(listed=["https://live.example/day"]))) == 25
        each = len(asked)
        unknown = [form.format(n) for n in range(500) for form in ("https://x.example/{}", "a/{}.txt", "{:032x}")]
        for erased in (False, True):
            with pytest.raises(Usage, match=r"1495 lines more|995 lines more"):
                chosen(connection, Selection(listed=unknown), erased)
    assert len(asked) < 5 * each


def test_a_retry_of_an_erasure_passes_over_what_is_erased(filled):
    for _ in range(2):
        assert filled("erase", "https://herald.example/x", "--reason", "gone", "--yes")[0] == 0
    assert rows(STORE, "SELECT count(*) FROM tombstone") == [(1,)]
    assert filled("erase", "--resume")[1] == "0 erasures were finished\n"
    status, told, _ = filled("explain", "https://herald.example/x")
    assert status == 0
    assert "erased" in told


@pytest.mark.parametrize(("arguments", "why"), [
    (["erase", "--source", "wire", "--reason", "gone"], "--yes"),
    (["erase", "--source", "wire", "--yes"], "--reason"),
    (["retract", "--source", "wire"], "--yes"),
    (["retract"], "--story"),
    (["retract", "--story", "https://herald.example/x", "--undo", "--yes"], "belongs to no story"),
    (["retract", "--source", "wire", "--url-prefix", "https://x.example/"], "one of"),
    (["retract", "--source", "wier", "--yes"], "no source 'wier'; did you mean 'wire'?"),
    (["retract", "--url-prefix", "gazette.example", "--yes"], "https://"),
    (["retract", "--from-file", "wrong.txt", "--yes"], "line 2, 'https://x.example/none', names no article"),
    (["retract", "--from-file", "none.txt", "--yes"], "cannot be read"),
    (["erase", "--resume", "--source", "wire"], "no articles"),
])  # fmt: skip
def test_a_selection_that_is_wrong_changes_nothing(filled, tmp_path, arguments, why):
    (tmp_path / "wrong.txt").write_text("https://herald.example/x\nhttps://x.example/none\n")
    status, _, errors = filled(*arguments)
    assert status == 2
    assert why in errors
    assert len(standing()) == len(PAGES)


def test_a_source_is_removed_for_good(filled):
    status, _, errors = filled("sources", "remove", "wire", "--erase", "--reason", "licence ended")
    assert (status, "--yes" in errors) == (2, True)
    assert filled("sources", "remove", "wire", "--erase", "--yes", "--reason", "licence ended")[0] == 0
    assert rows(STORE, "SELECT count(*) FROM revision") == [(0,)]
    assert filled("run", "pages.jsonl", "--source", "wire")[1].startswith("read 5 = new 0 + revised 0 + unchanged 0")


def test_a_backup_is_one_file_that_is_restored_by_copying_it_back(filled):
    status, told, _ = filled("store", "backup", "backup.db")
    assert (status, told.endswith("the same in both\n")) == (0, True)
    assert filled("store", "backup", "backup.db")[0] == 1, "what is there is not written over"
    assert filled("verify", "--store", "sqlite:///backup.db")[0] == 0
    assert filled("store", "copy", "sqlite:///backup.db", "sqlite:///restored.db")[0] == 0
    assert filled("run", "pages.jsonl", "--source", "wire", "--store", "sqlite:///restored.db")[1].startswith(
        "read 5 = new 0 + revised 0 + unchanged 5"
    )
