"""What people do in Airflow's pages and those of the corpus, done in a browser by clicks and keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.settings import Settings
from etl.sources.declarations import load
from schemas.tables import metadata
from tests.pages.pictures import CHROMIUM
from tests.samples.cc_news import write_month
from tests.support.paths import SEEDS
from tests.support.processes import DONE, VIEWER, Airflow, airflow, until
from tests.support.stores import dump, ingest, rows
from tests.support.stories import story

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here; `make e2e` installs it where it is root"),
]
SOURCES = """
[seeds]
location = "{seeds}"

[cc-news]
kind = "warc"
location = "{corpus}/crawl-data/CC-NEWS/{{date:%Y/%m}}"
pick = "CC-NEWS-{{date:%Y%m%d}}*"

[gazette]
location = "{corpus}/gazette/{{date}}"
limits = {{ max_duplicate_share = 0.5, min_judged_records = 10, quiet_after = "3d" }}
"""
DAY = date(2026, 3, 5)
STORIES, COPIES = 6, 2  # of the day: near-duplicates, more than ten pairs to review
FEBRUARY = [date(2026, 2, 1) + timedelta(days=number) for number in range(28)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    write_month(folder / "corpus", FEBRUARY[0], pages=3)
    gazette = folder / "corpus" / "gazette" / f"{DAY}"
    gazette.mkdir(parents=True)
    for number in range(STORIES):
        for copy in range(COPIES + 1):
            (gazette / f"{number}-{copy}.txt").write_text(story(number, (7 * copy + 3, f"copy{copy}"), words=90 - copy))
    (gazette / "torn.txt").write_text("")
    return folder


@pytest.fixture(scope="module")
def store(folder: Path) -> str:
    return f"sqlite:///{folder}/corpus.db"


@pytest.fixture(scope="module")
def server(folder: Path, store: str) -> Iterator[Airflow]:
    sources = folder / "sources.toml"
    sources.write_text(SOURCES.format(seeds=SEEDS, corpus=folder / "corpus"), encoding="utf-8")
    settings = {
        "WIRECOPY_SOURCES": str(sources),
        "WIRECOPY_STORE": store,
        "WIRECOPY_STAGING": str(folder / "staging"),
    }
    with airflow(folder / "airflow", settings, "ingest.py", "curate.py") as running:
        running.wait_for("ingest_seeds")
        running.wait_for("ingest_cc-news")
        running.wait_for("ingest_gazette")
        running.wait_for("curate_corpus")
        yield running


@pytest.fixture(scope="module")
def page(server: Airflow) -> Iterator[Any]:
    """A browser's page, logged in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield logged_in(browser, server, "admin")
        browser.close()


def logged_in(browser: Any, server: Airflow, user: str) -> Any:
    """A page of its own for a user."""
    page = browser.new_context(viewport={"width": 1400, "height": 950}, locale="en-US").new_page()
    page.set_default_timeout(90_000)
    page.goto(server.url)
    page.locator('input[name="username"]').fill(user)
    page.locator('input[name="password"]').fill(server.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/auth/" not in url)
    return page


def opened(page: Any, server: Airflow) -> Any:
    """The pages of the corpus, from Airflow's navigation."""
    page.goto(f"{server.url}/dags")
    page.get_by_role("link", name="Corpus").first.click()
    corpus = page.frame_locator("iframe")
    corpus.get_by_role("heading", name="The corpus").wait_for()
    page.wait_for_url("**/plugin/corpus/corpus/**")  # the frame is loaded anew once
    return corpus


def open_form(page: Any, server: Airflow, dag_id: str) -> Any:
    page.goto(f"{server.url}/dags/{dag_id}")
    page.get_by_test_id("trigger-dag-button").click()
    form = page.get_by_role("dialog").filter(has_text=dag_id)
    form.wait_for()
    return form


def pick(page: Any, form: Any, number: int, day: str, time: str) -> None:
    """Fill in one of the form's moments."""
    field = form.get_by_test_id("datetime-input").nth(number)
    field.click()
    popup = page.locator('[data-scope="popover"][data-part="content"][data-state="open"]')
    popup.wait_for()
    for placeholder, value in (("YYYY/MM/DD", day), ("HH:mm", time)):
        popup.get_by_placeholder(placeholder).fill(value)
        popup.get_by_placeholder(placeholder).press("Tab")
    field.click()  # Escape would close the whole form
    popup.wait_for(state="hidden")


def backfill(page: Any, server: Airflow, days: list[date], which: str) -> list[str]:
    """Backfill days from the form; the states of the runs, when they have ended."""
    server.backfill_may_begin("ingest_cc-news")
    before = server.backfilled("ingest_cc-news")
    form = open_form(page, server, "ingest_cc-news")
    form.get_by_text("Run this Dag for a range of dates").click()
    pick(page, form, 0, f"{days[0]:%Y/%m/%d}", "00:00")
    pick(page, form, 1, f"{days[-1]:%Y/%m/%d}", "23:59")
    form.get_by_text(which, exact=True).click()
    form.locator('input[name="max_active_runs"]').fill("4")
    form.get_by_text(f"{len(days)} runs will be triggered").wait_for()
    form.get_by_role("button", name="Run Backfill").click()
    page.get_by_text("Backfill in progress").first.wait_for()
    page.goto("about:blank")  # drawing a month of runs anew every few seconds takes a fifth of a core
    return server.backfill_states("ingest_cc-news", before, len(days), timeout_s=600)


def test_the_dags_are_listed_and_explained(page, server):
    page.goto(f"{server.url}/dags")
    page.get_by_text("ingest_cc-news").first.wait_for()
    page.get_by_text("ingest_seeds").first.wait_for()
    page.goto(f"{server.url}/dags/ingest_cc-news")
    page.get_by_role("button", name="Dag Docs").click()
    page.get_by_text("Nothing there: the run ends green and empty").first.wait_for()


def test_a_run_by_hand_takes_the_seeds_in_and_its_log_says_what_it_did(page, server, store):
    form = open_form(page, server, "ingest_seeds")
    form.get_by_test_id("trigger-dag-submit").click()
    runs = "/api/v2/dags/ingest_seeds/dagRuns"
    until(lambda: server.call("GET", runs)["dag_runs"], 120)
    page.goto("about:blank")
    until(lambda: [run["state"] in DONE for run in server.call("GET", runs)["dag_runs"]] == [True], 120)
    (run,) = server.call("GET", runs)["dag_runs"]
    assert run["state"] == "success"
    page.goto(f"{server.url}/dags/ingest_seeds/runs/{run['dag_run_id']}/tasks/commit")
    page.get_by_text("read 59 = new 56 + revised 0 + unchanged 0 + stale 0 + quarantined 3").first.wait_for()
    assert rows(store, "SELECT count(*) FROM corpus_article WHERE source = 'seeds'") == [(44,)]


def test_a_duplicate_is_found_in_the_pages_of_the_corpus_and_judged_another_story(page, server, store):
    near = "SELECT article_id FROM corpus_duplicate WHERE relation = 'near' AND source = 'seeds' ORDER BY 1"
    (article_id,) = rows(store, near)[0]
    corpus = opened(page, server)
    corpus.get_by_role("link", name="Search").click()
    corpus.get_by_role("searchbox").fill(article_id)
    corpus.get_by_role("searchbox").press("Enter")
    corpus.locator("tbody a").first.click()
    corpus.get_by_text("is not in the corpus: near duplicate of").wait_for()
    corpus.get_by_role("button", name="They are different stories").click()
    corpus.get_by_text("is in the corpus and stands for").wait_for()
    corpus.get_by_text("admin: another story than").wait_for()
    assert rows(store, f"SELECT 1 FROM corpus_article WHERE article_id = '{article_id}'") == [(1,)]
    server.finish("curate_corpus", server.trigger("curate_corpus", conf={"word": "undo", "articles": both(store)}))


def both(store: str) -> list[str]:
    """The pair of the last decision."""
    return list(rows(store, "SELECT article_id, other_id FROM decision ORDER BY position DESC")[0])


def test_days_of_web_archives_are_backfilled_from_the_form_and_again_change_nothing(
    page, server, store, folder, tmp_path
):
    days = FEBRUARY[:10]
    assert backfill(page, server, days, "Missing Runs") == ["success"] * len(days)
    assert rows(store, "SELECT count(*), sum(articles) FROM corpus_source_day WHERE source = 'cc-news'") == [(10, 41)]
    alone = Settings(store=f"sqlite:///{tmp_path}/alone.db", staging=str(tmp_path / "staging"), workers=1)
    sources = load(str(folder / "sources.toml"))
    if rows(store, "SELECT 1 FROM corpus_run WHERE source = 'seeds'"):
        ingest(alone, sources["seeds"])
    ingest(alone, sources["cc-news"], days)
    assert dump(store) == dump(alone.store)
    before = dump(store, metadata.sorted_tables)
    assert backfill(page, server, days[:2], "All Runs") == ["success"] * 2
    assert dump(store, metadata.sorted_tables) == before


def test_a_refused_day_says_why_where_it_failed_and_is_accepted_by_a_button(page, server, store):
    form = open_form(page, server, "ingest_gazette")
    form.locator('[name="element_date"]').fill(f"{DAY}")
    form.get_by_test_id("trigger-dag-submit").click()
    runs = "/api/v2/dags/ingest_gazette/dagRuns?run_type=manual"
    until(lambda: server.call("GET", runs)["dag_runs"], 120)
    page.goto("about:blank")
    until(lambda: [run["state"] in DONE for run in server.call("GET", runs)["dag_runs"]] == [True], 120)
    (run,) = server.call("GET", runs)["dag_runs"]
    assert run["state"] == "failed"
    page.goto(f"{server.url}/dags/ingest_gazette/runs/{run['dag_run_id']}/tasks/commit")
    page.get_by_text("Look at it, and if it is right run it again with accept").first.wait_for()
    assert page.get_by_text("Traceback").count() == 0, "the refusal stands alone"
    page.goto(f"{server.url}/dags/ingest_gazette/runs/{run['dag_run_id']}")
    page.get_by_role("link", name="Corpus").last.click()  # the tab of this run
    corpus = page.frame_locator("iframe")
    corpus.get_by_role("heading", name="Refused: nothing of it was kept").wait_for()
    corpus.get_by_text("12 of 18 new articles are duplicates: 66.7 %, the limit is 50 %").wait_for()
    corpus.get_by_role("cell", name="133%").wait_for()
    assert rows(store, "SELECT 1 FROM corpus_article WHERE source = 'gazette'") == []
    corpus = opened(page, server)
    corpus.get_by_role("row").filter(has_text="refused").get_by_role("link").click()
    corpus.get_by_role("button", name="Accept").click()
    until(lambda: rows(store, "SELECT 1 FROM corpus_run WHERE source = 'gazette' AND accepted IS NOT NULL"), 120)
    assert rows(store, "SELECT count(*) FROM corpus_article WHERE source = 'gazette'") == [(STORIES,)]


def test_ten_pairs_are_reviewed_by_keyboard(page, server, store):
    corpus = opened(page, server)
    corpus.get_by_role("link", name="Review").click()
    ((decisions,),) = rows(store, "SELECT count(*) FROM corpus_decision")
    said = {"s": "same", "d": "different"}
    for number, key in enumerate("sdksdkksdk"):
        corpus.locator('button[data-key="s"]:enabled').wait_for()
        before = corpus.get_by_role("link", name="Skip").get_attribute("href")
        corpus.locator("body").press(key)
        corpus.locator(f'a[data-key="k"]:not([href="{before}"])').wait_for()
        assert corpus.get_by_role("link", name="Skip").get_attribute("href").count("skip=") == number + 2
    words = [said[key] for key in "sdksdkksdk" if key in said]
    until(lambda: rows(store, "SELECT count(*) FROM corpus_decision") == [(decisions + len(words),)], 120)
    found = rows(store, "SELECT decision, who FROM corpus_decision ORDER BY position DESC LIMIT 6")
    assert sorted(found) == sorted((word, "admin") for word in words)


def test_a_quarantined_file_is_found_mended_and_read_again(page, server, store, folder):
    corpus = opened(page, server)
    corpus.get_by_role("link", name="Quarantine").click()
    corpus.get_by_role("row").filter(has_text="gazette").get_by_role("link", name="empty").click()
    corpus.get_by_role("cell", name="torn.txt").wait_for()
    (folder / "corpus" / "gazette" / f"{DAY}" / "torn.txt").write_text(story(77))
    corpus.get_by_role("button", name=f"Read {DAY} again").click()
    corpus.get_by_role("cell", name="torn.txt").wait_for(state="detached")
    corpus.get_by_role("link", name="Search").click()
    corpus.get_by_role("searchbox").fill(f"{DAY}/torn.txt")
    corpus.get_by_role("searchbox").press("Enter")
    corpus.get_by_role("link", name="Headline 77").wait_for()
    assert rows(store, "SELECT 1 FROM corpus_quarantine WHERE source = 'gazette'") == []


def test_a_viewer_sees_the_quiet_source_and_decides_nothing(page, server, store):
    before = rows(store, "SELECT max(run_id) FROM run") + rows(store, "SELECT count(*) FROM decision")
    viewer = logged_in(page.context.browser, server, VIEWER)
    corpus = opened(viewer, server)
    corpus.get_by_text("it has brought nothing since").first.wait_for()
    corpus.get_by_role("row").filter(has_text="refused").get_by_role("link").click()
    for name in ("Accept", "Same", "Retract"):
        if name == "Same":
            corpus.get_by_role("link", name="Review").click()
        if name == "Retract":
            corpus.get_by_role("article").first.get_by_role("link").click()
        corpus.get_by_role("button", name=name, exact=True).click()
        corpus.get_by_text("You may look, but not decide").wait_for()
    viewer.context.close()
    assert rows(store, "SELECT max(run_id) FROM run") + rows(store, "SELECT count(*) FROM decision") == before
