"""Dates before a source's earliest day are not believed: declared, or thirty days before a site was first fetched."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from etl.errors import Usage
from etl.sources import declarations
from etl.sources.source import Source
from tests.support.stores import check, dump, ingest, rows
from tests.support.stories import story

DAY = date(2026, 3, 14)
STANDING = "SELECT source FROM corpus_article"
TABLES = ("article", "cluster_member", "bucket")


def source_of(folder, name, published):
    """A source of one file that claims a day of publication."""
    place = folder / name
    place.mkdir(exist_ok=True)
    record = {"id": "1", "title": "Bridge reopens", "body": story(1), "published": f"{published}T00:00:00Z"}
    (place / "a.jsonl").write_text(json.dumps(record))
    return Source(name, (str(place),))


def declare(settings, path, earliest):
    path.write_text(f'[copy]\nlocation = "copy"\n{f"earliest = {earliest}" if earliest else ""}\n')
    return replace(settings, sources=str(path))


@pytest.mark.parametrize("first", [None, "1900-01-01", "2000-01-01"])
def test_a_store_is_the_same_whenever_the_earliest_day_was_declared(settings, tmp_path, first):
    """The copy claims 1950, the other 1999: whether it is believed decides who stands."""
    copy, other = source_of(tmp_path, "copy", "1950-01-01"), source_of(tmp_path, "other", "1999-03-12")
    late = declare(settings, tmp_path / "sources.toml", first)
    for each in (copy, other):
        ingest(late, each, [DAY])
    assert rows(settings.store, STANDING) == [("copy",) if first != "2000-01-01" else ("other",)]
    late = declare(settings, tmp_path / "sources.toml", "1999-12-31")
    ingest(late, other, [DAY], label="again")
    assert rows(settings.store, STANDING) == [("other",)]
    check(settings.store)
    early = declare(replace(settings, store=f"sqlite:///{tmp_path}/early.db"), tmp_path / "sources.toml", "1999-12-31")
    for each in (replace(copy, earliest=date(1999, 12, 31)), other):
        ingest(early, each, [DAY])
    tables = {name: dump(early.store)[name] for name in TABLES}
    assert {name: dump(settings.store)[name] for name in TABLES} == tables
    told = rows(early.store, "SELECT CAST(evidence AS TEXT) FROM revision ORDER BY published_at")
    assert ["doubted" in evidence for (evidence,) in told] == [True, False]


@pytest.mark.parametrize("days", [("2026-03-14", "2026-06-01"), ("2026-06-01", "2026-03-14")])
def test_of_a_site_dates_are_believed_from_thirty_days_before_its_first_fetch(settings, tmp_path, days):
    declared = tmp_path / "sources.toml"
    declared.write_text('[herald]\nkind = "feed"\nlocation = "https://herald.example/rss"\n')
    settings = replace(settings, sources=str(declared))
    herald = declarations.load(str(declared))["herald"].landed(str(tmp_path))
    published = {"2026-03-14": "2026-02-11", "2026-06-01": "2026-02-12"}
    for day in days:
        record = {"id": day, "title": "Bridge", "body": story(1), "published": f"{published[day]}T00:00:00Z"}
        (tmp_path / "herald" / day).mkdir(parents=True)
        (tmp_path / "herald" / day / "a.jsonl").write_text(json.dumps(record))
        ingest(settings, herald, [date.fromisoformat(day)], label=day)
    found = dict(rows(settings.store, "SELECT source_key, day FROM article"))
    assert found == {"2026-03-14": date(2026, 3, 14).toordinal(), "2026-06-01": date(2026, 2, 12).toordinal()}
    check(settings.store)


def test_an_earliest_day_is_a_day(tmp_path):
    fields = {"location": str(tmp_path), "earliest": date(1751, 9, 18)}
    assert declarations.parse("times", fields, "s.toml").earliest == date(1751, 9, 18)
    for wrong in ("1851-09-18", date(1, 1, 1)):
        with pytest.raises(Usage, match="earliest must"):
            declarations.parse("times", {**fields, "earliest": wrong}, "s.toml")
