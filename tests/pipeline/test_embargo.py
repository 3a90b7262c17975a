"""An article under an embargo is held back until its time, and comes with the next run of its source after that."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from etl.extract.article import extract
from etl.extract.embargoes import FURTHER_NOTICE, has_ended, held_until
from etl.pipeline import local, tasks
from etl.read.files import read
from etl.sources.source import Source
from schemas.records import RawDocument
from tests.samples import make
from tests.support.newsroom import body
from tests.support.stores import Quiet, check, rows

TIME = datetime(2030, 5, 3, 6, tzinfo=UTC)
NEWSML_1_STATUS = """<NewsManagement><Status FormalName="Embargoed"/><StatusWillChange><FutureStatus
 FormalName="Usable"/><DateAndTime>20300503T060000Z</DateAndTime></StatusWillChange>"""
HELD = {
    "NITF": (make.NITF.replace("</docdata>", '<date.release norm="20300503T060000Z"/></docdata>'), "a.xml", TIME),
    "NewsML-G2": (make.NEWSML.replace("<itemMeta>", "<itemMeta><embargoed>2030-05-03T07:00:00+01:00</embargoed>"),
                  "a.xml", TIME),
    "NewsML-G2 without a time": (make.NEWSML.replace("<itemMeta>", "<itemMeta><embargoed/>"), "a.xml", FURTHER_NOTICE),
    "NewsML-G2 withheld": (make.NEWSML.replace("<itemMeta>", '<itemMeta><pubStatus qcode="stat:withheld"/>'), "a.xml",
                           FURTHER_NOTICE),
    "NewsML 1": (make.NEWSML_1.replace("<NewsManagement>", NEWSML_1_STATUS), "a.xml", TIME),
    "ninjs": (json.dumps({**make.NINJS, "embargoed": "2030-05-03T06:00:00Z"}), "a.json", TIME),
    "ninjs withheld": (json.dumps({**make.NINJS, "pubstatus": "withheld"}), "a.json", FURTHER_NOTICE),
    "a record": (json.dumps({**make.FIELDS, "embargo_until": "after the match"}), "a.json", FURTHER_NOTICE),
    "a record of mongoexport": (json.dumps({**make.FIELDS, "embargo": {"$date": "2030-05-03T06:00:00Z"}}), "a.json",
                                TIME),
    "a record with a flag": (json.dumps({**make.FIELDS, "embargo": True}), "a.json", FURTHER_NOTICE),
    "a record with an id": (json.dumps({**make.FIELDS, "embargo": "9" * 20}), "a.json", FURTHER_NOTICE),
    "a record of pandas": (json.dumps({**make.FIELDS, "embargo": float("nan")}), "a.json", None),
    "a record of a database": (json.dumps({**make.FIELDS, "embargoed": r"\N"}), "a.json", None),
    "without": (json.dumps({**make.FIELDS, "embargo": None, "pubstatus": "usable"}), "a.json", None),
}  # fmt: skip


@pytest.mark.parametrize("kind", HELD)
def test_a_record_says_until_when_it_is_held_back(kind):
    content, name, expected = HELD[kind]
    (document,) = read(io.BytesIO(content.encode()), name, None, 10_000_000)
    assert isinstance(document, RawDocument)
    assert extract(document, "samples", None).embargo == expected


def test_a_reason_tells_whether_the_time_has_come():
    assert held_until(TIME) == "embargoed until 2030-05-03T06:00:00Z"
    assert [has_ended(held_until(TIME), TIME + timedelta(seconds=n)) for n in (-1, 0)] == [False, True]
    assert not has_ended(held_until(FURTHER_NOTICE), datetime(9999, 1, 1, tzinfo=UTC))


class Later(datetime):
    """A clock of the day after the embargo."""

    @classmethod
    def now(cls, tz=None):
        return TIME + timedelta(days=1)


def by_command_line(source, day, settings):
    report = local.run([source], [day], f"run {day} {Later.now()}", settings, Quiet())
    return report.as_json()


def by_tasks(source, day, settings):
    label = f"run {datetime.now(UTC)}".replace(" ", "_")
    shards = tasks.discover(source, day.isoformat(), label)
    for shard in shards:
        tasks.prepare(shard, source, day.isoformat(), label)
    return tasks.commit(shards, source, day.isoformat(), label, datetime.now(UTC).isoformat())


@pytest.mark.parametrize("run", [by_command_line, by_tasks])
def test_the_next_run_of_whatever_day_brings_it_in_once_its_time_has_come(settings, tmp_path, monkeypatch, run):
    monkeypatch.setenv("WIRECOPY_STORE", settings.store)
    monkeypatch.setenv("WIRECOPY_STAGING", settings.staging)
    monkeypatch.setenv("WIRECOPY_MAX_QUARANTINE_SHARE", "0")  # a record that waits is no fault
    monkeypatch.setenv("WIRECOPY_MIN_JUDGED_RECORDS", "1")
    strict = replace(settings, max_quarantine_share=0.0, min_judged_records=1)
    source = Source("agency", (f"{tmp_path}/in/{{date}}",))
    days = [date(2026, 3, 14), date(2026, 3, 15)]
    held: list[dict[str, str]] = [{"embargoed": TIME.isoformat()}, {"embargoed": ""}, {"pubstatus": "withheld"}]
    contents: list[list[dict[str, str]]] = [held, [{}]]
    for day, extra in zip(days, contents, strict=True):
        (tmp_path / "in" / day.isoformat()).mkdir(parents=True)
        records = [
            {"uri": f"urn:{day}-{n}", "headline": f"T{n}", "body_text": body(day.day * 9 + n), **more}
            for n, more in enumerate(extra)
        ]
        (tmp_path / "in" / day.isoformat() / "a.json").write_text(json.dumps(records))
    first = run(source, days[0], strict)
    assert (first["read"], first["new"], first["quarantined"]) == (3, 1, 2)
    waiting = "SELECT stage, reason, partition_date FROM corpus_quarantine ORDER BY record"
    assert [row[:2] for row in rows(settings.store, waiting)] == [
        ("embargo", "embargoed until 2030-05-03T06:00:00Z"), ("embargo", "embargoed until further notice"),
    ]  # fmt: skip
    other = run(source, days[1], strict)
    assert (other["read"], other["new"]) == (1, 1)  # its time has not come
    for module in ("etl.pipeline.listing", "etl.prepare.shards"):
        monkeypatch.setattr(f"{module}.datetime", Later)
    after = run(source, days[1], strict)
    assert (after["read"], after["new"], after["unchanged"], after["quarantined"]) == (4, 1, 2, 1)
    filed = rows(settings.store, "SELECT source_key, partition_date FROM corpus_article ORDER BY source_key")
    assert [(key, str(day)) for key, day in filed] == [
        ("urn:2026-03-14-0", "2026-03-14"), ("urn:2026-03-14-1", "2026-03-14"), ("urn:2026-03-15-0", "2026-03-15"),
    ]  # fmt: skip
    assert len(rows(settings.store, waiting)) == 1
    assert run(source, days[1], strict)["read"] == 1  # only what is due is read again
    check(settings.store)
