"""Ranks of sources: the greater stands first; a changed one elects what it touches anew; and sources can be removed."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner

from etl.cli.main import cli
from etl.commit.precedence import set_rank
from etl.sources.source import Source
from tests.support.stores import check, decide, dump, ingest, rows
from tests.support.stories import story

SOURCES = ("agency", "paper", "site")
STANDING = "SELECT source, count(*) FROM corpus_article GROUP BY source ORDER BY source"


def fill(settings, root, seed=0):
    """Three sources that print each other's stories, a day apart."""
    random_ = random.Random(seed)
    for name in random_.sample(SOURCES, 3):
        folder = root / name
        folder.mkdir(exist_ok=True)
        for n in range(6):
            text = story(n % 4, (random_.randrange(60), "x"), words=100 + random_.randrange(9))
            (folder / f"{n}.txt").write_text(text)
        day = date(2026, 3, 1 + SOURCES.index(name))
        ingest(settings, Source(name, (f"{folder}",)), [day])


def command(settings, *words):
    return CliRunner().invoke(cli, [*words, "--store", settings.store], catch_exceptions=False)


@pytest.mark.parametrize("seed", range(3))
def test_a_ranked_store_is_the_same_whether_ranks_or_articles_came_first(settings, tmp_path, seed):
    first = replace(settings, store=f"sqlite:///{tmp_path}/first.db")
    declared = tmp_path / "sources.toml"
    declared.write_text("".join(f'[{name}]\nlocation = "{name}"\nrank = {n}\n' for n, name in enumerate(SOURCES, -1)))
    fill(replace(first, sources=str(declared)), tmp_path, seed)
    fill(replace(settings, sources="none.toml"), tmp_path, seed)
    assert dict(rows(settings.store, STANDING))["agency"] == 4
    for n, name in enumerate(SOURCES, -1):
        decide(settings, set_rank, name, n, "")
        check(settings.store)
    assert rows(settings.store, STANDING) == rows(first.store, STANDING) == [("site", 4)]
    tables = {name: dump(first.store)[name] for name in ("article", "cluster_member", "bucket")}
    assert {name: dump(settings.store)[name] for name in tables} == tables
    decide(settings, set_rank, "paper", 2, "")
    assert rows(settings.store, STANDING) == [("paper", 4)]
    check(settings.store)


def test_whatif_says_what_a_rank_would_change_and_the_feed_tells_it(settings, tmp_path):
    fill(settings, tmp_path)
    before = dump(settings.store)
    told = command(settings, "whatif", "--rank", "site", "1").output
    assert dump(settings.store) == before
    assert told.count("would be in the corpus") == 4
    command(settings, "sources", "rank", "site", "1", "--reason", "licensed")
    assert rows(settings.store, STANDING) == [("site", 4)]
    last = "SELECT article_id, canonical_id FROM corpus_change ORDER BY position"
    replayed = dict(rows(settings.store, last))
    assert replayed == dict(rows(settings.store, "SELECT article_id, canonical_id FROM corpus_member"))
    assert rows(settings.store, "SELECT rank FROM corpus_source WHERE source = 'site'") == [(1,)]
    explained = rows(settings.store, "SELECT source_key FROM corpus_duplicate WHERE source = 'agency' LIMIT 1")[0][0]
    assert "source has rank 1, this one's 0" in command(settings, "explain", explained).output


def test_a_rank_that_the_file_declares_is_changed_there(settings, tmp_path, monkeypatch):
    declared = tmp_path / "sources.toml"
    declared.write_text('[agency]\nlocation = "x"\nrank = 2\n')
    monkeypatch.setenv("WIRECOPY_SOURCES", str(declared))
    fill(replace(settings, sources=str(declared)), tmp_path)
    with pytest.raises(Exception, match="declares rank 2 for agency"):
        command(settings, "sources", "rank", "agency", "1")
    with pytest.raises(Exception, match="no source 'nobody'"):
        command(settings, "sources", "rank", "nobody", "1")
    with pytest.raises(Exception, match="between -100 and 100"):
        command(settings, "sources", "rank", "site", "101")


def test_a_removed_source_leaves_its_stories_to_others(settings, tmp_path):
    fill(settings, tmp_path)
    said = command(settings, "sources", "remove", "agency", "--reason", "licence ended").output
    assert "retracted 6" in said
    assert "agency" not in dict(rows(settings.store, "SELECT source, 1 FROM corpus_member"))
    held = "SELECT count(*) FROM corpus_decision WHERE reason = 'licence ended' AND holds"
    assert rows(settings.store, held) == [(6,)]
    check(settings.store)
    with pytest.raises(Exception, match="no source 'nobody'"):
        command(settings, "sources", "remove", "nobody")
