"""The pages of the corpus, each over a small store: what they tell, what they offer, and that they run nothing."""

from __future__ import annotations

import functools
import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from click.testing import CliRunner
from lxml import html

from etl.cli.main import cli
from etl.commit import curate
from etl.errors import Refused, Usage
from etl.pages import pages, queries, run
from etl.pages.story import story_page
from etl.pipeline import local
from etl.sources.source import Source
from etl.store import database, previews
from tests.support.stores import NOW, Quiet, decide, ids, ingest, ingest_files, rows
from tests.support.stories import story

DAY = date(2026, 3, 1)
EVIL = '<script>alert(1)</script> " onload=x'
FILES = {
    "a.txt": story(1), "b.txt": story(1, (3, "x")), "c.txt": story(1), "d.txt": story(2), "none.txt": "",
    "evil.jsonl": json.dumps({"title": EVIL, "body": "The council of Alba met and spoke of bridges, boats and bread."}),
}  # fmt: skip


@pytest.fixture
def filled(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", FILES, DAY)
    return settings


def shown(settings, query, page, *arguments):
    """A page, parsed; query and page are of its two modules."""
    with database.opened(settings.store) as engine, database.reading(engine) as connection:
        text = page(query(connection, *arguments))
    parsed = html.document_fromstring(text)
    assert not [tag for tag in parsed.iter("script") if tag.get("src") != "corpus.js" or tag.text]
    assert not [href for href in parsed.xpath("//@href | //@src | //@action") if href.startswith(("/", "http"))]
    return parsed


def forms(parsed):
    """What the page offers: DAG and parameters by the name of the button."""
    return {
        form.findtext("button"): (form.get("data-dag"), json.loads(form.get("data-conf")))
        for form in parsed.xpath("//form[@class='run']")
    }


def test_the_overview_counts_what_the_store_holds_quiet_sources_first(filled, tmp_path):
    later = DAY + timedelta(days=3)
    ingest_files(filled, tmp_path / "later", {"e.txt": story(5)}, later)
    (tmp_path / "quiet").mkdir()
    (tmp_path / "quiet/f.txt").write_text(story(6))
    ingest(filled, Source("quiet", (str(tmp_path / "quiet"),)), [DAY])
    (tmp_path / "sources.toml").write_text('[quiet]\nlocation = "in"\nlimits.quiet_after = "3d"')
    declared = replace(filled, sources=str(tmp_path / "sources.toml"))
    noon = datetime(2026, 3, 5, 12, tzinfo=UTC)
    parsed = shown(filled, queries.overview, pages.overview, declared, noon)
    counts = dict(zip(parsed.xpath("//dt/text()"), parsed.xpath("//dd/text()"), strict=True))
    assert counts == {
        "articles": "7", "in the corpus": "5", "exact duplicates": "1", "near-duplicates": "1", "in quarantine": "1",
    }  # fmt: skip
    sources, runs = parsed.iter("tbody")
    assert [[cell.text_content() for cell in row][:3] for row in sources] == [
        ["quiet", str(DAY), "it has brought nothing since 2026-03-01, for 3 days: quiet_after is 3 days"],
        ["test", str(later), ""],
    ]  # fmt: skip
    assert f"{DAY}: 3 in the corpus, 2 duplicates, 1 quarantined" in parsed.xpath("string(//tr[2]//*[name()='title'])")
    assert [row[0].text_content() for row in runs] == ["3", "2", "1"]


def test_an_empty_store_has_an_overview(settings):
    assert "no run yet" in shown(settings, queries.overview, pages.overview, settings, NOW).text_content()


def test_a_run_lists_what_it_changed(filled):
    parsed = shown(filled, queries.run_page, run.run_page, 1)
    assert "read 6 = new 5 + revised 0 + unchanged 0 + stale 0 + quarantined 1" in parsed.text_content()
    assert [h.text for h in parsed.iter("h2")] == ["added: 5", "How near it came to the limits"]
    limits = [[cell.text_content() for cell in row] for row in list(parsed.iter("tbody"))[1]]
    assert limits[:2] == [
        ["new articles are duplicates", "2 of 5 (40.0%)", "90 %", "not judged: too few"],
        ["records are quarantined", "1 of 6 (16.7%)", "50 %", "not judged: too few"],
    ]
    assert ["articles become duplicates of one", "2", "5,000", "0%"] in limits
    assert EVIL in [row[1].text_content() for row in next(parsed.iter("tbody"))]
    assert not forms(parsed)


def test_a_refused_run_says_why_and_can_be_accepted(filled, tmp_path):
    strict = replace(filled, max_cluster_growth=2)
    more = {f"copy{number}.txt": story(1) for number in range(5)}
    with pytest.raises(Refused):
        ingest_files(strict, tmp_path / "more", more, DAY)
    (number,) = rows(filled.store, "SELECT run_id FROM corpus_run WHERE refused IS NOT NULL")[0]
    parsed = shown(filled, queries.run_page, run.run_page, number)
    assert "would become duplicates of" in parsed.xpath("string(//ul)")
    rows_shown = [[cell.text_content() for cell in row] for row in next(parsed.iter("tbody"))]
    assert rows_shown[0][0::3] == ["test", "test: Headline 1"]
    assert rows_shown[0][2] in more
    assert ["articles become duplicates of one", "7", "2", "350%"] in [
        [cell.text_content() for cell in row] for row in list(parsed.iter("tbody"))[1]
    ]
    assert forms(parsed) == {"Accept": ("ingest_test", {"accept": True, "date": str(DAY)})}


@pytest.mark.parametrize("most", [5_000, 1])
def test_a_preview_is_shown_as_such_with_what_the_day_would_change(filled, tmp_path, most):
    later = DAY + timedelta(days=1)
    (tmp_path / "more").mkdir()
    for number in range(2):
        (tmp_path / f"more/copy{number}.txt").write_text(story(1))
    source, limited = Source("more", (str(tmp_path / "more"),)), replace(filled, max_cluster_growth=most)
    with nullcontext() if most > 1 else pytest.raises(Refused):
        local.run([source], [later], "ingest_more by hand", limited, Quiet(), preview=True)
    parsed = shown(filled, previews.find, run.preview_page, 1)
    assert "nothing of it was kept" in parsed.text_content()
    assert "2 would be added" in [each.text for each in parsed.iter("li")]
    assert {row[2].text_content() for row in next(parsed.iter("tbody"))} == {"copy0.txt", "copy1.txt"}
    button, conf = ("Run it", {}) if most > 1 else ("Run it, and accept it", {"accept": True})
    assert forms(parsed) == {button: ("ingest_more", {**conf, "date": str(later)})}
    assert ("would be refused" in parsed.text_content()) == (most == 1)
    listed = shown(filled, queries.overview, pages.overview, filled, NOW)
    assert listed.xpath("//a[starts-with(@href, 'run?preview')]/text()") == ["1"]


def test_what_a_run_of_airflow_did_is_found_by_its_label_after_it_was_cleared_as_well(filled, tmp_path):
    def numbers(label):
        parsed = shown(filled, queries.labelled, lambda found: run.labelled_page(label, *found), label)
        return parsed.xpath("//tbody/tr/td[1]//text()")

    labels = ("ingest_test a+1", "ingest_test a+1 again 2", "ingest_test a+10", "ingest_test _+1")
    for number, label in enumerate(labels):
        ingest_files(filled, tmp_path / label, {f"{number}.txt": story(20 + number)}, label=label)
    assert numbers("ingest_test a+1") == ["3", "2"]
    assert numbers("ingest_test _+1") == ["5"]
    assert numbers("ingest_test a") == []


def test_a_story_shows_its_copies_the_difference_and_what_can_be_said(filled):
    known = ids(filled)
    parsed = shown(filled, queries.story, story_page, "b.txt")
    assert {row[5].text_content() for row in next(parsed.iter("tbody"))} == {"canonical", "exact", "near"}
    assert "".join(parsed.xpath("//ins/text()")) == "x"
    head = rows(filled.store, f"SELECT canonical_id FROM corpus_duplicate WHERE article_id = '{known['b.txt']}'")[0][0]
    pair = [known["b.txt"], head]
    assert forms(parsed) == {
        "They are different stories": ("curate_corpus", {"word": "different", "articles": pair}),
        "They are the same": ("curate_corpus", {"word": "same", "articles": pair}),
        "Retract": ("curate_corpus", {"word": "retract", "articles": pair[:1]}),
        "Retract all 3 articles of the story": (
            "curate_corpus", {"word": "retract", "articles": pair[:1], "story": True},
        ),
        "Erase it for good": ("curate_corpus", {"word": "erase", "articles": pair[:1]}),
    }  # fmt: skip
    (reason,) = parsed.xpath("//details//input[@name='reason']")
    assert reason.get("required"), "an erasure needs one"


def test_a_story_tells_where_it_is_from_and_the_terms_of_its_use(settings, tmp_path):
    fields = {"title": "Ferry late", "body": story(1), "credit": "Reuters", "license": "CC-BY-4.0"}
    record = {**fields, "tdm_reservation": "1", "isAccessibleForFree": False}
    ingest_files(settings, tmp_path / "in", {"a.jsonl": json.dumps(record)}, DAY)
    (article_id,) = ids(settings).values()
    parsed = shown(settings, queries.story, story_page, article_id)
    said = "licence CC-BY-4.0; text and data mining reserved; not free to read"
    assert said in [p.text for p in parsed.iter("p")]
    assert f"Origin: Reuters, by the credit of {article_id[:8]}" in parsed.text_content()
    assert ["free", "false", "field isAccessibleForFree"] in [
        [cell.text_content() for cell in row] for row in parsed.xpath("//h2[.='Rights']/following::tbody[1]/tr")
    ]
    told = CliRunner().invoke(cli, ["explain", article_id, "--store", settings.store], catch_exceptions=False).output
    assert f"rights: {said}\n" in told
    assert f"origin: Reuters, by the credit of [{article_id}]\n" in told
    plain = CliRunner().invoke(cli, ["explain", article_id, "--store", settings.store, "--json"]).output
    assert json.loads(plain)[0]["rights"]["tdm_reserved"] is True
    assert json.loads(plain)[0]["origin"]["name"] == "Reuters"


def test_a_retracted_article_can_be_brought_back(filled):
    decide(filled, curate.retract, [ids(filled)["d.txt"]], "withdrawn")
    parsed = shown(filled, queries.story, story_page, "d.txt")
    assert "retracted" in parsed.text_content()
    assert list(forms(parsed)) == ["Bring it back", "Erase it for good"]


def test_a_review_asks_for_the_pair_nearest_the_threshold_and_never_again(filled):
    parsed = shown(filled, lambda c: queries.review(c, []), lambda pair: pages.review(pair, []))
    assert {name for name, _ in forms(parsed).items()} == {"Same", "Different"}
    assert parsed.xpath("//*[@data-key]/@data-key") == ["s", "d", "k"]
    assert "0." not in parsed.text_content(), "how alike the two are would lead the reader"
    (_, conf) = forms(parsed)["Different"]
    for skipped in ([conf["articles"][0]], []):
        if not skipped:
            decide(filled, curate.judge, *conf["articles"], "different", "two fires")
        parsed = shown(filled, queries.review, lambda pair: pages.review(pair, []), skipped)
        assert "No pair waits" in parsed.text_content()


@pytest.mark.parametrize("word", ["same", "different"])
def test_what_earlier_answers_say_together_is_not_asked(settings, tmp_path, word):
    """Of three articles two are copies of the first; whoever says how the copies stand has said it of the third."""
    ingest_files(settings, tmp_path / "in", {f"{n}.txt": story(1, (n, "x"), words=70 - n) for n in range(3)}, DAY)
    waiting = sorted(rows(settings.store, "SELECT article_id, canonical_id FROM corpus_review"))
    (one, head), (other, _) = waiting
    assert len(rows(settings.store, "SELECT 1 FROM corpus_review")) == 2
    decide(settings, curate.judge, one, head, word, "read")
    decide(settings, curate.judge, one, other, "same", "read")
    with database.opened(settings.store) as engine, database.reading(engine) as connection:
        assert queries.next_pair(connection, []) is None
    decide(settings, curate.judge, one, other, None, "read")
    with database.opened(settings.store) as engine, database.reading(engine) as connection:
        pair = queries.next_pair(connection, [])
        assert pair is not None
        assert other in (pair.article_id, pair.canonical_id)


def test_quarantine_is_listed_by_reason_and_each_record_with_its_begin(filled):
    parsed = shown(filled, queries.reasons, pages.reasons)
    assert [cell.text_content() for cell in next(parsed.iter("tbody"))[0]] == ["1", "test", "read", "empty"]
    parsed = shown(filled, lambda c: queries.quarantined(c, "test", "empty"),
                   lambda found: pages.quarantined("test", "empty", found))  # fmt: skip
    assert [row[0].text_content() for row in next(parsed.iter("tbody"))] == ["none.txt"]
    assert "wirecopy quarantine retry --source test" in parsed.text_content()


def test_a_search_finds_by_key_and_once_it_is_switched_on_by_words(filled):
    def found(words):
        try:
            return [row.title for row in queries.find(connection, words)]
        except Usage as error:
            return str(error)

    with database.opened(filled.store) as engine:
        with database.reading(engine) as connection:
            assert found("d.txt") == [story(2).split("\n")[0]]
            assert "store search --on" in found("bridges")
        CliRunner().invoke(cli, ["store", "search", "--on", "--store", filled.store], catch_exceptions=False)
        with database.reading(engine) as connection:
            assert found('bridges " bread') == [EVIL]
            assert found("nothing-like-it") == []


def test_a_page_has_what_a_reader_of_screens_needs_and_no_character_that_a_page_may_not_have(filled):
    parsed = shown(filled, lambda c: [], lambda found: pages.search_page("a\x00\x1b\ufffe", found, "none"))
    assert parsed.get("lang") == "en"
    assert parsed.xpath("//nav/@aria-label") == ["Corpus"]
    assert parsed.xpath("//a[@aria-current]/text()") == ["Search"]
    assert parsed.xpath("//input/@value") == ["a\ufffd\ufffd\ufffd"]
    assert parsed.xpath("//*[@role='status']/@aria-live") == ["polite"]


def test_the_answers_of_a_review_say_how_often_the_election_is_right(settings, tmp_path):
    near = {f"{n}.txt": story(n // 2, *([(n % 5 * 9, "x")] if n % 2 else [])) for n in range(12)}
    ingest_files(settings, tmp_path / "in", near, DAY)
    for n in range(4):
        pair = sorted(rows(settings.store, "SELECT article_id, canonical_id FROM corpus_review"))[0]
        decide(settings, curate.judge, *pair, "different" if n == 0 else "same", "read")
    told = ids(settings)
    decide(settings, curate.judge, told["0.txt"], told["2.txt"], "different", "no election joins these")
    parsed = shown(settings, lambda c: queries.review(c, []), lambda found: pages.review(found, []))
    bands, sources = ([[cell.text_content() for cell in row] for row in body] for body in parsed.iter("tbody"))
    assert sources == [["test", "4", "3", "75%", "30% to 95%"]]
    assert sum(int(row[1]) for row in bands) == 4
    assert [row[0] for row in bands] == sorted(row[0] for row in bands)


def test_sources_are_told_with_what_is_usual_of_them(filled):
    parsed = shown(filled, queries.sources, pages.sources)
    head = [cell.text_content() for cell in parsed.iter("th")]
    (row,) = [row for row in next(parsed.iter("tbody")) if row[0].text_content() == "test"]
    told = dict(zip(head, [cell.text_content() for cell in row], strict=True))
    assert (told["source"], told["last day"], told["articles"], told["in quarantine"]) == ("test", str(DAY), "5", "1")
    assert told["usual a day"] == "5"


def test_mended_files_are_read_again_by_a_button(filled, tmp_path):
    def page(source):
        shows = functools.partial(pages.quarantined, source, "empty")
        return forms(shown(filled, queries.quarantined, shows, source, "empty"))

    assert page("test") == {f"Read {DAY} again": ("ingest_test", {"date": str(DAY)})}
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/x.txt").write_text("")
    ingest(filled, Source("bare", (str(tmp_path / "bare"),)))
    assert page("bare") == {"Read the source again": ("ingest_bare", {})}
