"""Stored text keeps what a reader sees and drops what nobody sees."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.text.stored import MOJIBAKE, ODD, _cleaned, _spaced, stored_line, stored_text


@pytest.mark.parametrize(
    ("found", "stored"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        ("one\n\n\n \n\ntwo", "one\n\ntwo"),
        ("one\x0ctwo", "one\n\ntwo"),
        ("  a \t b\xa0c  \n d ", "a b c\nd"),
        ("nul\x00 bell\x07 soft\xadhyphen zero\u200bwidth \ufeffmark", "nul bell softhyphen zerowidth mark"),
        ("cafe\u0301", "café"),
        ("e\u200b\u0301", "é"),
        ("“Curly” ‘quotes’ – and — dashes…", "“Curly” ‘quotes’ – and — dashes…"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("pair \ud83d\ude00", "pair \U0001f600"),
    ],
)
def test_stored_text_keeps_what_is_seen_and_drops_what_is_not(found, stored):
    assert stored_text(found) == stored


@pytest.mark.parametrize(
    ("broken", "right"),
    [
        ("He said itâ€™s over", "He said it’s over"),
        ("CafÃ© in ZÃ¼rich", "Café in Zürich"),
        ("the â€œplanâ€\x9d failed", "the “plan” failed"),
        ("Ã\x85ngstrÃ¶m", "Ångström"),
        ("Москва".encode().decode("latin-1") + " today", "Москва today"),
    ],
)
def test_certain_mojibake_is_repaired(broken, right):
    assert stored_text(broken) == right


@pytest.mark.parametrize(
    "right",
    [
        "Ça va à l’été",
        "Âge d’or",
        "naïve Ärger, Öl",
        "A RECLAMAÇÃO NÃO FOI ACEITA",
        "Søren Åkerström ÆØÅ",
        "Русский текст",
        "ß¢ and ߢ",
    ],
)
def test_right_text_is_not_repaired(right):
    assert stored_text(right) == right


def test_mojibake_in_one_paragraph_leaves_the_others_alone():
    assert stored_text("Наши дни\n\nCafÃ© “closed”") == "Наши дни\n\nCafé “closed”"


def test_a_title_is_one_line():
    assert stored_line(" A title\n\n  in two\r\nlines ") == "A title in two lines"


@given(st.text(st.characters(), max_size=200))
def test_stored_text_is_a_fixed_point_and_can_be_encoded(text):
    once = stored_text(text)
    assert stored_text(once) == once
    assert "\x00" not in once
    assert once.encode("utf-8").decode("utf-8") == once


def test_what_one_look_passes_has_nothing_to_clean():
    every = "\n".join(map(chr, range(0x110000)))
    plain = ODD.sub("", every)
    assert not MOJIBAKE.search(plain)
    assert _cleaned(plain) == unicodedata.normalize("NFC", plain)
    assert len(every) - len(plain) < 3000


@given(st.text(st.sampled_from("aé\u0301 \n\t\r\x00\x85\xa0\u200b\u2028Ã©â€™\ud83d"), max_size=30))
def test_one_look_changes_no_answer(text):
    once = _spaced(_cleaned(text))
    assert stored_text(text) == stored_text(once)
    assert not text.isascii() or stored_text(text) == once


def test_mojibake_by_way_of_mac_roman_is_repaired() -> None:
    assert stored_text("Der K√∂nig in M√ºnchen") == "Der König in München"
    assert stored_text("It‚Äôs so, he said") == "It’s so, he said"
    assert stored_text("The root √2 and √π") == "The root √2 and √π"
