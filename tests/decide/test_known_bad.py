"""Texts on which others go wrong: merged because of their script, their template or their numbers, or lost."""

from __future__ import annotations

import random

import pytest

from etl.fingerprint.recipe import Recipe
from tests.support.elections import Memory
from tests.support.stores import check, ingest_files

SCRIPTS = {
    "arabic": "أعلن المجلس البلدي أمس عن خطة جديدة لترميم الجسر القديم بعد أن تضرر من فيضان النهر في الشتاء الماضي",
    "chinese": "市议会昨日宣布了修复旧桥的新计划去年冬天的洪水损坏了这座桥工程将于明年春天开始预计持续八个月",
    "thai": "สภาเมืองประกาศเมื่อวานนี้ถึงแผนใหม่ในการซ่อมแซมสะพานเก่าหลังจากเสียหายจากน้ำท่วมเมื่อฤดูหนาวที่แล้ว",
    "hindi": "नगर परिषद ने कल पुराने पुल की मरम्मत की नई योजना की घोषणा की जो पिछली सर्दियों की बाढ़ में टूट गया था",
    "emoji": "🎉 🎂 🎈 🎁 🍰 🥂 🎊 🕯️ 🎵 💃 🌟 😀 🥳 🎤 🎸 🏆 🚀 🌈 🔥 💡",
}


def shuffled(text, seed):
    """The same words (or characters, where there are no words) in another order."""
    parts = text.split(" ") if " " in text else list(text)
    random.Random(seed).shuffle(parts)
    return (" " if " " in text else "").join(parts)


@pytest.mark.parametrize("script", SCRIPTS)
def test_texts_of_any_script_are_told_apart_and_their_copies_found(settings, tmp_path, script):
    text = SCRIPTS[script]
    files = {"a.txt": text, "b.txt": f"{text} ", "c.txt": shuffled(text, 1), "d.txt": shuffled(text, 2)}
    report = ingest_files(settings, tmp_path / "in", {n: f"Title {n}\n\n{t}" for n, t in files.items()})
    assert (report.new, report.quarantined) == (4, 0)
    assert report.canonical >= 3, "the orders of words differ"
    check(settings.store)


def test_one_word_texts_are_compared_with_their_headlines(settings, tmp_path):
    files = {"a.txt": "Storm hits coast\n\nDeveloping.", "b.txt": "Mayor resigns\n\nDeveloping.", "c.txt": "Word"}
    report = ingest_files(settings, tmp_path / "in", files)
    assert (report.new, report.canonical) == (3, 3)


def test_bulletins_that_differ_in_their_numbers_alone_all_stand(settings, tmp_path):
    def bulletin(n):
        high, low = f"{n}.{n + 3} at {n + 5}:{n + 11}", f"{n}.{n + 1} at {n + 9}:{n + 13}"
        return f"Tides\n\nHigh water {high}, low water {low}, wind {n + 2}."

    report = ingest_files(settings, tmp_path / "in", {f"{n}.txt": bulletin(n) for n in range(10, 30)})
    assert report.canonical == 20


def test_a_text_of_five_megabytes_and_its_copy_are_one(settings, tmp_path):
    words = " ".join(f"word{n}" for n in range(500_000))
    report = ingest_files(settings, tmp_path / "in", {"a.txt": f"Long\n\n{words}.", "b.txt": f"Long\n\n{words} more."})
    assert (report.canonical, report.near) == (1, 1)


def test_ten_thousand_near_copies_of_a_template_cost_one_comparison_each():
    memory, copies = Memory(Recipe(shingle=2, threshold=0.8)), 10_000
    template = " ".join(f"w{n}" for n in range(60))
    for text_id in range(1, copies + 1):
        memory.learn(text_id, f"{template} number{text_id}")
    outcome = memory.apply({n: (n, -1) for n in memory.known}, [])
    assert outcome.verified == copies - 1
    assert {t.standing.canonical_id for t in memory.stored.values()} == {1}
