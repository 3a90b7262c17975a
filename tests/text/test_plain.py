"""A body that is stored as it came is told at once, and no other is."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.text.plain import DOUBTFUL, GAP, LEADS, is_plain, kinds, stored_body
from etl.text.stored import stored_text
from etl.text.word_lists import code_points

PIECES = st.one_of(
    st.sampled_from([" ", "  ", "\n", "\n\n", "e", "word", "Â", "â€™", "Ã©", "’", "é", "\u0301", "\xa0", "\t", "\r"]),
    st.characters(),
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_body_is_stored_as_any_text_is(text):
    assert stored_body(text) == stored_text(text)


@pytest.mark.parametrize(
    "text",
    ["One line.", "“Curly”, he said – and so on…\n\nNext\nline", "Ça va à l'été", "Русский текст", "日本語", "한국어"],
)
def test_what_needs_no_change_is_told(text):
    assert is_plain(code_points(text), kinds())


@pytest.mark.parametrize(
    "text", ["a  b", "a \nb", "a\n b", "a\n\n\nb", "e\u0301", "itâ€™s", "a\tb", "a\u2028b", "a\x00b"]
)
def test_what_is_to_be_changed_is_not(text):
    assert not is_plain(code_points(text), kinds())


def test_no_character_that_is_changed_by_itself_counts_as_plain():
    plain = np.flatnonzero(kinds() & (DOUBTFUL | LEADS | GAP) == 0)
    text = "".join(map(chr, plain))
    assert len(plain) > 100_000
    assert stored_text(text) == text
    assert not any(map(unicodedata.combining, text))
