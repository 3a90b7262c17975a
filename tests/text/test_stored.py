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
        ("â€œQuoteâ€, he said â€œtwiceâ€", "“Quote”, he said “twice”"),
        ("ItÃ¢â‚¬â„¢s over, he said", "It’s over, he said"),
        ("“Right”, and itÃ¢â‚¬â„¢s wrong", "“Right”, and it’s wrong"),
        ("日本 CafÃƒÆ’Ã‚Â©", "日本 Café"),
        ("It√¢‚Ç¨‚Ñ¢s so", "It’s so"),
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


WRITTEN = "“Ça va”, said Zoë – or Žižek… – for €5 ‘n’ more™"


def by_latin_1(text: str) -> str:
    return text.encode().decode("latin-1")


def by_windows(text: str) -> str:
    """UTF-8 read as Windows-1252, bytes that it has no character for as controls, as browsers do."""
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


@pytest.mark.parametrize("second", [by_latin_1, by_windows])
@pytest.mark.parametrize("first", [by_latin_1, by_windows])
def test_mojibake_upon_mojibake_is_repaired(first, second):
    assert stored_text(second(first(WRITTEN))) == WRITTEN


def test_controls_that_are_characters_of_windows_1252_are_kept_as_these():
    assert stored_text(WRITTEN.encode("cp1252").decode("latin-1")) == WRITTEN
    every = [bytes([code]) for code in range(0x80, 0xA0)]
    assert [stored_text(f"a{one.decode('latin-1')}b\n") for one in every] == [
        f"a{one.decode('cp1252', 'ignore')}b" for one in every
    ]


@pytest.mark.parametrize(
    ("found", "stored"),
    [
        ("wait\x85 and see", "wait… and see"),
        ("He left\x85", "He left…"),
        ("Well\x85no\nsecond line", "Well…no\nsecond line"),
        ("Well\x85no, it\x92s not", "Well…no, it’s not"),
        ("one line\x85another\x85", "one line\nanother"),
    ],
)
def test_next_line_is_an_ellipsis_unless_it_ends_the_lines(found, stored):
    assert stored_text(found) == stored
