"""Printed: nothing in foreign text commands a terminal, and JSON keeps its meaning."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.text.printed import escaped, escaped_json

OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;taken over\x07\x1b[2J", "\\x1b]0;taken over\\x07\\x1b[2J"),
        ("a path\nseeds  forged.txt  read: empty", "a path\\nseeds  forged.txt  read: empty"),
        ("a\r\u0085\u2028\u2029\tb", "a\\r\\x85\\u2028\\u2029\\tb"),
        ("\u202ecod.exe\u2066", "\\u202ecod.exe\\u2066"),
        ("\x9b2J", "\\x9b2J"),
        ("\ud800", "\\ud800"),
        ("Zürich, 東京\u3000\u00a0", "Zürich, 東京\u3000\u00a0"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_a_character_that_a_terminal_obeys_is_spelled_out(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(st.text(st.characters()))
def test_no_text_commands_a_terminal(text: str) -> None:
    for shown in (escaped(text), escaped_json([text, {text: 1}])):
        assert not [c for c in shown if unicodedata.category(c) in OBEYED and c not in "\u200c\u200d"]
    assert json.loads(escaped_json([text, {text: 1}])) == [text, {text: 1}]
