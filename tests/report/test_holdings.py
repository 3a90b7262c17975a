"""Reports: what the store holds, told alike in tables, JSON and one page that runs nothing."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from lxml import html
from vl_convert import vegalite_to_svg

from etl.cli.main import cli
from etl.report import queries
from etl.report.holdings import Cluster, Day, Holdings, Reason, tables
from etl.report.page import page
from etl.report.plots import MAX_COLOURED_SOURCES, OTHERS, plots
from etl.sources.source import Source
from etl.store import database
from schemas.records import RunReport
from tests.support.paths import SEEDS
from tests.support.stores import ingest, ingest_files
from tests.support.stories import story

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
EVIL = '<script>document.title="owned"</script><img src=x onerror="document.title=\'owned\'">'
RUN = RunReport("gazette", DAY, 12, read=9, new=9, articles=9, canonical=5, exact=1, near=3)


def day(source, when, articles=10, duplicates=2, exact=1):
    return Day(source, when, articles + 1, articles, 0, articles, articles - duplicates, exact, duplicates, 1)


def holdings(days):
    reasons = (Reason("read", f"empty {EVIL}", 2), Reason("decode", 'a "b" & $c$ \\d datum.value', 1))
    clusters = (Cluster("a" * 32, 4, EVIL), Cluster("b" * 32, 2, ""))
    return Holdings(tuple(days), clusters, {1: 4, 2: 1, 400: 1}, {35: 2, 49: 1}, reasons)


def made(found, run=RUN):
    return page(run, found, datetime(2026, 3, 3, 12, tzinfo=UTC), vegalite_to_svg)


def held(settings):
    engine = database.connect(settings.store)
    with database.reading(engine) as connection:
        found = queries.holdings(connection)
    engine.dispose()
    return found


def test_holdings_are_what_the_store_holds(settings, tmp_path):
    first = {"a.txt": story(1, words=80), "b.txt": story(1, words=80), "c.txt": story(1, words=75), "none.txt": ""}
    ingest_files(settings, tmp_path / "1", first, DAY, "1")
    ingest_files(settings, tmp_path / "2", {"d.txt": story(1, words=70), "e.txt": story(2)}, NEXT, "2")
    found = held(settings)
    assert found.days == (
        Day("test", DAY, read=4, new=3, revised=0, articles=3, canonical=1, exact=1, duplicates=2, quarantined=1),
        Day("test", NEXT, read=2, new=2, revised=0, articles=2, canonical=1, exact=0, duplicates=1, quarantined=0),
    )
    (total,) = found.sources()
    assert (total.articles, total.canonical, total.duplicates, total.rate) == (5, 2, 3, 0.6)
    assert found.sizes == {1: 1, 4: 1}
    assert [cluster.articles for cluster in found.clusters] == [4]
    assert sum(found.jaccard.values()) == 2
    assert all(35 <= n < 50 for n in found.jaccard)
    assert found.reasons == (Reason("read", "empty", 1),)


def test_a_bin_begins_where_it_says(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1), "b.txt": story(1, (3, "x"))})
    engine = database.connect(settings.store)
    for jaccard, expected in ((0.7, 35), (0.72, 36), (0.7399999, 36), (1.0, 49), (0.0, 0)):
        with database.writing(engine) as connection:
            connection.exec_driver_sql(f"UPDATE cluster_member SET jaccard = {jaccard} WHERE text_id <> canonical_id")
        assert held(settings).jaccard == {expected: 1}
    engine.dispose()


def test_an_empty_store_has_a_report_too():
    nothing = Holdings((), (), {}, {}, ())
    assert tables(nothing) == []
    assert plots(nothing) == []
    assert "<h1>" in made(nothing, RunReport("gazette", None, 1))


def test_the_tables_tell_sources_and_days():
    lines = tables(holdings([day("gazette", DAY), day("gazette", NEXT), day("post", None)]))
    assert lines[1].split()[:3] == ["gazette", "22", "20"]
    assert lines[2].split()[:3] == ["post", "11", "10"]
    assert [line.split()[0] for line in lines[5:7]] == ["2026-03-01", "2026-03-02"]


def test_what_comes_from_outside_is_text_on_the_page():
    told = made(holdings([day(f"<b>{EVIL}</b>", DAY)]))
    document = html.fromstring(told)
    assert document.xpath("//script | //img | //iframe | //object | //a | //b | //link") == []
    assert not [name for element in document.iter() for name in element.attrib if name.startswith("on")]
    assert EVIL in [cell.text for cell in document.xpath("//td")]
    assert "default-src 'none'" in document.xpath("//meta[@http-equiv]")[0].get("content")


def test_the_page_needs_no_network_and_has_a_name_for_every_plot():
    told = made(holdings([day("gazette", DAY), day("post", NEXT)]))
    addresses = set(re.findall(r"https?://[^\"' ]+", told))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "url(" not in told
    drawings = html.fromstring(told).xpath("//figure/*[local-name() = 'svg']")
    titles = [title for title, _ in plots(holdings([day("gazette", DAY)]))]
    assert [drawing.get("aria-label") for drawing in drawings] == titles
    assert len(titles) == 5


def test_many_sources_are_drawn_as_some_and_a_long_time_by_month():
    many = holdings([day(f"s{n}", DAY + timedelta(days=31 * n), articles=10 + n) for n in range(12)])
    title, spec = plots(many)[0]
    assert title == "Articles by month and source"
    drawn = {row["source"] for row in spec["data"]["values"]}
    assert len(drawn) == MAX_COLOURED_SOURCES + 1
    assert OTHERS in drawn
    assert sum(row["articles"] for row in spec["data"]["values"]) == sum(row.articles for row in many.days)
    assert {row["day"][-3:] for row in spec["data"]["values"]} == {"-01"}
    made(many)


def test_the_page_is_written_whole_and_json_has_it_all(tmp_path, settings):
    ingest(settings, Source("seeds", (str(SEEDS),)))
    call = ["report", "--store", settings.store, "--html", str(tmp_path / "r.html"), "--json"]
    printed = json.loads(CliRunner().invoke(cli, call, catch_exceptions=False).stdout)
    assert (printed["near"], sum(row["articles"] for row in printed["days"])) == (9, 56)
    assert sum(bin["duplicates"] for bin in printed["jaccard"]) == 9
    document = html.fromstring((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "Articles by source" in [h.text for h in document.xpath("//h2")]
    failed = CliRunner().invoke(cli, [*call[:-2], str(tmp_path / "none" / "r.html")])
    assert "cannot be written: No such file or directory" in str(failed.exception)


@pytest.mark.e2e
def test_a_browser_runs_nothing_of_the_page_and_fetches_nothing(tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no chromium here; `make e2e` installs it where it is root")
    from playwright.sync_api import sync_playwright

    (tmp_path / "r.html").write_text(made(holdings([day(EVIL, DAY)])), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab, asked, said = browser.new_page(), [], []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("console", lambda message: said.append(message.text))
        tab.goto((tmp_path / "r.html").as_uri())
        assert tab.title() == "wirecopy: report"
        wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        browser.close()
    assert (asked, said, wide) == ([(tmp_path / "r.html").as_uri()], [], 0)
