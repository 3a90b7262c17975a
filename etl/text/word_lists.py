"""Lists of stop words by language, and a compiled look-up of words in them.  Pure."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from etl.compiled import HASH_BASE, SPACE, Hashes, Points, compiled
from etl.text.tokens import tokens

TABLE_SHIFT, TABLE_MASK = np.uint64(55), np.uint64(511)  # 512 slots for the hundred words of a list at most


def code_points(text: str) -> Points | NDArray[np.uint8]:
    """Code points of a text, in the fewest bytes: (len(text),)."""
    if text.isascii():
        return np.frombuffer(text.encode(), dtype=np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


@compiled
def count_listed(points: Points | NDArray[np.uint8], table: Hashes) -> tuple[int, int]:
    """How many tokens of a comparison text are listed, and how many it has.

    points  (m,) its code_points()
    table   word_table() of the list
    """
    found, count = 0, 0
    h = np.uint64(0)
    for i in range(np.uint64(len(points) + 1)):
        if i == len(points) or points[i] == SPACE:
            count += 1
            slot = h >> TABLE_SHIFT
            while table[slot] != 0 and table[slot] != h:
                slot = (slot + np.uint64(1)) & TABLE_MASK
            found += 1 if h != 0 and table[slot] == h else 0  # 0: no token, and a free slot
            h = np.uint64(0)
        else:
            h = h * HASH_BASE + np.uint64(points[i])
    return found, count


def word_table(words: Iterable[str]) -> Hashes:
    """Words as count_listed() looks them up: each one's hash at its first bits or the next free slot.

    The hash is that of shingle(); a word that is not listed shares one with probability 2^-56 or so.
    """
    table = np.zeros(int(TABLE_MASK) + 1, dtype=np.uint64)
    for word in sorted(words):
        h = 0
        for character in word:
            h = (h * int(HASH_BASE) + ord(character)) % (1 << 64)
        slot = h >> int(TABLE_SHIFT)
        while table[slot]:
            slot = (slot + 1) & int(TABLE_MASK)
        table[slot] = h
    return table


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

TABLES = {language: word_table(" ".join(tokens(word)) for word in listed) for language, listed in STOP_WORDS.items()}
