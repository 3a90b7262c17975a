"""What people decide: retractions and judgements heal or part clusters, last, and can be taken back."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any, cast

import pytest

from etl.commit import curate, judgement_file
from etl.commit.erase import erase
from etl.errors import Usage
from etl.settings import Settings
from etl.store import database, tombstones
from schemas.tables import metadata
from tests.support.stores import NOW, alembic, check, decide, dump, ids, ingest_files, rows
from tests.support.stories import story


def corpus(settings):
    return {key for (key,) in rows(settings.store, "SELECT source_key FROM corpus_article")}


COPIES = {
    "a.txt": story(1, words=80),
    "b.txt": story(1, words=75),
    "c.txt": story(1, (3, "x"), words=70),
    "d.txt": story(2),
}


def test_a_retracted_canonical_leaves_its_cluster_to_the_next(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    assert corpus(settings) == {"a.txt", "d.txt"}
    report = decide(settings, curate.retract, [ids(settings)["a.txt"]], "wrong")
    assert corpus(settings) == {"b.txt", "d.txt"}
    assert (report.articles, report.retracted, report.read) == (3, 1, 0)
    last = rows(
        settings.store, "SELECT article_id, change, canonical_id FROM change WHERE run_id = 2 ORDER BY position"
    )
    known = ids(settings)
    assert sorted(last) == sorted([
        (known["a.txt"], "retracted", None),
        (known["b.txt"], "became_canonical", known["b.txt"]),
        (known["c.txt"], "became_duplicate", known["b.txt"]),
    ])  # fmt: skip
    check(settings.store)


def test_a_retracted_article_stays_away_when_it_is_read_again_even_with_another_text(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    decide(settings, curate.retract, [ids(settings)["a.txt"]], "wrong")
    ingest_files(settings, tmp_path / "in", {}, label="2")
    report = ingest_files(settings, tmp_path / "in", {"a.txt": story(5)}, label="3")
    assert report.revised == 1
    assert corpus(settings) == {"b.txt", "d.txt"}
    check(settings.store)
    decide(settings, curate.restore, [ids(settings)["a.txt"]])
    assert corpus(settings) == {"a.txt", "b.txt", "d.txt"}
    check(settings.store)


def test_what_is_restored_stands_as_if_it_had_never_gone(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    before = dump(settings.store)
    for name in ("a.txt", "b.txt", "c.txt"):
        decide(settings, curate.retract, [ids(settings)[name]], "wrong")
    check(settings.store)
    decide(settings, curate.restore, [ids(settings)[n] for n in ("c.txt", "a.txt", "b.txt")])
    assert dump(settings.store) == before


def test_a_judgement_joins_what_is_unlike_and_parts_what_is_alike(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    known = ids(settings)
    before = dump(settings.store)
    decide(settings, curate.judge, known["a.txt"], known["d.txt"], "same", "")
    assert corpus(settings) == {"a.txt"}
    assert ("d.txt", "judged") in rows(settings.store, "SELECT source_key, relation FROM corpus_duplicate")
    check(settings.store)
    decide(settings, curate.judge, known["c.txt"], known["a.txt"], "different", "")
    assert corpus(settings) == {"a.txt", "c.txt"}
    check(settings.store)
    for pair in (("a.txt", "d.txt"), ("a.txt", "c.txt")):
        decide(settings, curate.judge, *(known[n] for n in pair), None, "")
    assert dump(settings.store) == before


def test_a_judgement_follows_its_articles_to_new_texts(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    known = ids(settings)
    decide(settings, curate.judge, known["a.txt"], known["d.txt"], "same", "")
    ingest_files(settings, tmp_path / "in", {"d.txt": story(6, words=70)}, label="2")
    assert corpus(settings) == {"a.txt"}
    check(settings.store)
    ingest_files(settings, tmp_path / "in", {"a.txt": story(7)}, label="3")
    assert corpus(settings) == {"b.txt", "d.txt"}
    check(settings.store)


def test_what_cannot_be_judged_or_retracted_is_refused(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {"a.txt": story(1), "b.txt": story(1)})
    a, b = ids(settings)["a.txt"], ids(settings)["b.txt"]
    for one, other, word, why in (
        (a, a, "same", "these are one"),
        (a, b, "different", "cannot be different"),
        (a, "x", "same", "no article"),
    ):
        with pytest.raises(Usage, match=why):
            decide(settings, curate.judge, one, other, word, "")
    with pytest.raises(Usage, match="no article"):
        decide(settings, curate.retract, ["x"], "")


@pytest.mark.parametrize("seed", range(3))
def test_any_history_with_people_in_it_ends_as_one_clean_run_with_their_last_words(seed, tmp_path, store_url):
    """Days in random order, with repeats, people and erasures in between; then all at once, then their last words."""
    random_ = random.Random(seed)
    names = [f"{c}.txt" for c in "abcdefgh"]
    days = [date(2026, 3, 1) + timedelta(days=n) for n in range(4)]
    files = {
        day: {
            name: story(random_.randint(1, 3), (random_.randrange(60), "new"), words=random_.choice([60, 66, 75]))
            for name in random_.sample(names, 4)
        }
        for day in days
    }
    living = Settings(store=store_url, staging=str(tmp_path / "s"), workers=1)
    retracted: set[str] = set()
    words: dict[Any, Any] = {}
    erased: dict[str, str] = {}
    for n, day in enumerate(random_.sample(days, 4) + random_.choices(days, k=4)):
        ingest_files(living, tmp_path / "living" / f"{day}", files[day], day, f"{n}")
        known = ids(living)
        for name in random_.sample(sorted(known), 2):
            decide(
                living, *((curate.restore, [known[name]]) if name in retracted else (curate.retract, [known[name]], ""))
            )
            retracted ^= {name}
        pair = tuple(sorted(random_.sample(sorted(known), 2)))
        word = random_.choice(["same", "different", None])
        try:
            decide(living, curate.judge, *(known[n] for n in pair), word, "")
            words[pair] = word
        except Usage:
            pass
        if n in (2, 5):
            name = random_.choice(sorted(known))
            erased[name] = known[name]
            erase_from(living, [known[name]])
            retracted.discard(name)
            words = {pair: word for pair, word in words.items() if name not in pair}
        check(living.store)
    clean = Settings(store=f"sqlite:///{tmp_path}/clean.db", staging=str(tmp_path / "t"), workers=1)
    for day in days:
        ingest_files(clean, tmp_path / "living" / f"{day}", {}, day, f"{day}")
    known = ids(clean)
    erase_from(clean, list(erased.values()))
    for pair, word in words.items():
        try:
            decide(clean, curate.judge, *(known[n] for n in pair), word, "")
        except Usage:  # the two have come to the same text since: the word waits for them to part
            assert word == "different"
            return
    decide(clean, curate.retract, [known[n] for n in retracted], "")
    lived, made = dump(living.store), dump(clean.store)
    for state in (lived, made):  # what was refused since, only one of them has read again
        del state["quarantine"]
    assert lived == made


def erase_from(settings, article_ids):
    """Erase articles from the store alone: no file has them."""
    decide(settings, erase, article_ids, "gone")
    engine = database.connect(settings.store)
    with database.writing(engine) as connection:
        tombstones.set_pending(connection, article_ids, None)
    engine.dispose()


def said(settings, columns="who, word, reason, run_id"):
    return rows(settings.store, f"SELECT {columns} FROM decision ORDER BY position")


def test_nothing_that_a_person_said_vanishes(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    known = ids(settings)
    a, b, d = (known[f"{name}.txt"] for name in "abd")
    decide(settings, curate.judge, a, d, "same", "one fire")
    decide(settings, curate.judge, d, a, "different", "two fires", who="bob")
    decide(settings, curate.judge, a, d, None, "not sure")
    decide(settings, curate.retract, [b], "wrong")
    decide(settings, curate.restore, [b], who="bob")
    assert said(settings) == [
        ("ana", "same", "one fire", 2),
        ("bob", "different", "two fires", 3),
        ("ana", "undo", "not sure", 4),
        ("ana", "retract", "wrong", 5),
        ("bob", "restore", "", 6),
    ]
    assert rows(settings.store, "SELECT count(*) FROM judgement UNION ALL SELECT count(*) FROM retraction") == [
        (0,), (0,),
    ]  # fmt: skip
    assert {row[0] for row in said(settings, "article_id")} == {min(a, d), b}
    check(settings.store)


def test_what_is_said_again_is_kept_once_for_each_person(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    a, d = (ids(settings)[f"{name}.txt"] for name in "ad")
    for who in ("ana", "ana", "bob", "bob"):
        decide(settings, curate.judge, a, d, "same", "one fire", who=who)
    decide(settings, curate.judge, a, d, "same", "seen with my eyes", who="bob")
    assert said(settings) == [
        ("ana", "same", "one fire", 2), ("bob", "same", "one fire", None), ("bob", "same", "seen with my eyes", None),
    ]  # fmt: skip
    decide(settings, curate.judge, a, d, None, "")
    decide(settings, curate.judge, a, d, None, "")
    assert [row[1] for row in said(settings)][3:] == ["undo"]
    decide(settings, curate.restore, [a])
    assert len(said(settings)) == 4


def imported(settings, tmp_path, text, who="ana"):
    path = tmp_path / "words.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    engine = database.connect(settings.store)
    try:
        with database.writing(engine) as connection:
            found = judgement_file.judgements(connection, str(path), who)
            return curate.judge_all(connection, found, curate.Said(who, "", "test", NOW))
    finally:
        engine.dispose()


def test_a_file_of_judgements_is_one_run(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    known = ids(settings)
    text = (
        "\ufeffarticle_id,other_id,word,reason,by\r\n"
        f'{known["a.txt"]},d.txt,same,"one fire,\nseen by two",bob\r\n'
        f"c.txt,{known['a.txt'][:12]},different,,\r\n"
        "b.txt,d.txt,undo,,\r\n"
    )
    report = imported(settings, tmp_path, text)
    assert corpus(settings) == {"a.txt", "c.txt"}
    assert report.run_id == 2
    assert said(settings) == [("bob", "same", "one fire,\nseen by two", 2), ("ana", "different", "", 2)]
    check(settings.store)
    before = dump(settings.store, metadata.sorted_tables)
    assert imported(settings, tmp_path, text).run_id is None
    assert dump(settings.store, metadata.sorted_tables) == before


def test_of_a_broken_file_nothing_is_taken_and_every_broken_line_is_named(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", {**COPIES, "e.txt": COPIES["d.txt"]}, label="1")
    before = dump(settings.store, metadata.sorted_tables)
    text = (
        "article_id,other_id,word\n"
        "a.txt,d.txt,same\n"
        "a.txt,nowhere,same\n"
        "a.txt,d.txt,alike\n"
        "d.txt,a.txt,different\n"
        "a.txt,a.txt,same\n"
        "d.txt,e.txt,different\n"
        "a.txt\n"
        "a.txt,d.txt,same,and,more\n"
    )
    with pytest.raises(Usage) as refused:
        imported(settings, tmp_path, text)
    lines = str(refused.value).splitlines()
    assert "nothing of " in lines[0]
    assert [(line.partition(":")[0], words in line) for line, words in zip(sorted(lines[1:]), (
        "'nowhere' names no article", "the word is 'alike'", "line 2 says otherwise", "a judgement is on two articles",
        "same comparison text", "the word is ''", "more fields",
    ), strict=True)] == [(f"line {n}", True) for n in range(3, 10)]  # fmt: skip
    assert dump(settings.store, metadata.sorted_tables) == before


@pytest.mark.parametrize(("text", "why"), [
    ("", "begins with nothing"),
    ("a,b\n", "begins with a, b"),
    (b"article_id,other_id,word\n\xff,x,same\n", "not UTF-8"),
    ('article_id,other_id,word\n"a"b,c,same\n', "line 2: it is no CSV"),
])  # fmt: skip
def test_a_file_that_is_no_list_of_judgements_says_why(settings, tmp_path, text, why):
    ingest_files(settings, tmp_path / "in", COPIES)
    with pytest.raises(Usage, match=why):
        imported(settings, tmp_path, text)
    with pytest.raises(Usage, match="No such file"):
        judgement_file.judgements(cast("Any", None), str(tmp_path / "none.csv"), "ana")


def test_the_migration_keeps_what_was_said_before(settings, tmp_path):
    ingest_files(settings, tmp_path / "in", COPIES, label="1")
    known = ids(settings)
    decide(settings, curate.judge, known["a.txt"], known["d.txt"], "same", "one fire")
    decide(settings, curate.retract, [known["b.txt"]], "wrong")
    engine = database.connect(settings.store)
    alembic(engine, "downgrade", "0011")
    alembic(engine, "upgrade", "head")
    engine.dispose()
    assert sorted(said(settings)) == [("", "retract", "wrong", None), ("", "same", "one fire", None)]
