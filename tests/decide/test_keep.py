"""Which articles a source keeps: a rule in sources.toml or on the command line, and what becomes of the others."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from etl.cli.main import cli
from etl.decide.keep import KEEP_ALL, KeepRule
from etl.errors import Usage
from etl.pipeline import local
from etl.pipeline.retry import retry
from etl.sources.declarations import parse
from etl.sources.source import Source
from schemas.article import Article
from tests.support.newsroom import body
from tests.support.stores import Quiet, check, rows

ARTICLE = Article(
    source="gazette", source_key="1", path="a", title="T", body="one two three", language="en", section="City",
    licence="CC-BY-4.0", tdm_reserved=True,
)  # fmt: skip


@pytest.mark.parametrize(("declared", "reason"), [
    ({}, None),
    ({"language": ["de", "en"], "words": 3, "section": ["CITY"], "licence": ["cc0*", "CC-BY*"]}, None),
    ({"language": ["de", "fr"]}, "language is en, wanted is de, fr"),
    ({"words": 4}, "the body has 3 words, wanted are 4 or more"),
    ({"section": ["Sport"]}, "section is City, wanted is Sport"),
    ({"licence": ["CC0*"]}, "licence is CC-BY-4.0, wanted is CC0*"),
    ({"tdm_reserved": False}, "tdm_reserved is true, wanted is false"),
    ({"tdm_reserved": True, "free_to_read": True}, None),  # it does not say whether it is free
])  # fmt: skip
def test_an_article_that_the_rule_does_not_want_is_told_why(declared, reason):
    rule = KeepRule.parse(declared)
    assert rule.against(ARTICLE) == reason
    assert KeepRule.parse(json.loads(json.dumps(rule.declared()))) == rule  # as it goes from task to task


def test_an_article_without_a_section_or_licence_is_not_among_those_that_have_one_of_these():
    silent = ARTICLE.model_copy(update={"section": None, "licence": None})
    assert KeepRule(section=("City",)).against(silent) == "section is not said, wanted is City"
    assert KeepRule(licence=("*",)).against(silent) == "licence is not said, wanted is *"


def test_a_notice_of_withdrawal_is_always_wanted():
    assert KeepRule(words=50).against(ARTICLE.model_copy(update={"withdrawn": "canceled"})) is None


@pytest.mark.parametrize(("options", "rule"), [
    ([], KEEP_ALL),
    (["language=en,de", "words=50"], KeepRule(language=("en", "de"), words=50)),
    (["tdm_reserved=false", "free_to_read=true"], KeepRule(tdm_reserved=False, free_to_read=True)),
])  # fmt: skip
def test_the_command_line_spells_a_rule_as_names_and_values(options, rule):
    assert KeepRule.of_options(options) == rule


@pytest.mark.parametrize(("keep", "wrong"), [
    ({"languages": ["en"]}, "keep must be a table of language, words, section, licence, tdm_reserved, free_to_read"),
    ("en", "keep must be a table of language"),
    ({"language": "en"}, "keep.language must be a list"),
    ({"language": []}, "keep.language must be a list"),
    ({"words": -1}, "keep.words must be a whole number"),
    ({"words": True}, "keep.words must be a whole number"),
    ({"tdm_reserved": 0}, "keep.tdm_reserved must be true or false, not 0"),
])  # fmt: skip
def test_a_rule_that_is_none_is_refused_with_its_source(keep, wrong):
    with pytest.raises(Usage, match=rf"sources.toml: \[gazette\]: {wrong}"):
        parse("gazette", {"location": "/x", "keep": keep}, "sources.toml")


@pytest.mark.parametrize("option", ["words=many", "words", "tdm_reserved=1", "colour=red"])
def test_an_option_that_is_no_rule_is_refused(option):
    with pytest.raises(ValueError, match="keep"):
        KeepRule.of_options([option])


def test_what_a_rule_leaves_out_waits_in_quarantine_and_comes_when_the_rule_changes(settings, tmp_path):
    """Two thirds are left out: that is no fault, so the guard, which allows none, lets the run pass."""
    records = [
        {"id": f"{n}", "title": f"T{n}", "body": body(n, language=lang), "language": lang}
        for n, lang in enumerate(["en", "de", "de"] * 4)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
    strict = replace(settings, max_quarantine_share=0.0, min_judged_records=1)
    source = Source("gazette", (f"{tmp_path}/a.jsonl",), keep=KeepRule(language=("en",)))

    def run(source):
        return local.run([source], None, "test", strict, Quiet())

    done = run(source)
    assert (done.read, done.new, done.quarantined) == (12, 4, 8)
    assert set(rows(settings.store, "SELECT stage, reason FROM corpus_quarantine")) == {
        ("filter", "language is de, wanted is en")
    }
    assert run(source).run_id is None  # again: nothing changes
    with pytest.raises(Usage, match="nothing of source 'gazette' is in quarantine"):
        retry(replace(source, keep=KEEP_ALL), "retry", strict)  # what is not wanted is not tried again
    more = run(replace(source, keep=KEEP_ALL))
    assert (more.read, more.new, more.unchanged, more.quarantined) == (12, 8, 4, 0)
    assert rows(settings.store, "SELECT count(*) FROM corpus_quarantine") == [(0,)]
    check(settings.store)


def test_the_command_line_takes_a_rule_and_refuses_what_is_none(tmp_path):
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"title": f"T{n}", "body": body(n)}) + "\n" for n in range(2)))
    words = ["run", str(tmp_path / "a.jsonl"), "--store", f"sqlite:///{tmp_path}/corpus.db", "--json"]
    done = CliRunner().invoke(cli, [*words, "--keep", "words=9999"], catch_exceptions=False)
    assert json.loads(done.stdout)["quarantined"] == 2
    wrong = CliRunner().invoke(cli, [*words, "--keep", "colour=red"]).exception
    assert str(wrong).startswith("--keep: keep must be a table of language")
