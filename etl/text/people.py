"""Metadata: the people named in a byline of a page or a field.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from etl.text.byline_words import (
    AGENCIES,
    LEAD,
    LINK_TEXT,
    NO_NAME,
    ORGANISATION_WORDS,
    OUTLETS,
    PARTICLES,
    ROLE_WORDS,
    ROLES,
    SHORT_LEAD,
    SUFFIX,
)
from etl.text.date_words import KINDS, fold_word

BLANK_LINE = re.compile(r"\n[ \t]{0,20}\n")  # between the items of a list
SPACE = re.compile(r"\s+")
MARKUP = re.compile(r"<[^<>]{0,500}>")
QUOTED = re.compile(r"'([^']{1,100})'|\"([^\"]{1,100})\"")
ADDRESS = re.compile(r"\(?\S{1,100}(?:@|\[at\])\S{1,100}")
HANDLE = re.compile(r"(?<!\w)@([A-Za-z0-9_.]{2,40})")
URL = re.compile(r"(?:https?:|www\.)\S{0,300}", re.IGNORECASE)
BRACKETS = re.compile(r"\s*[(\[][^)\]]{1,80}[)\]]")
BAR = re.compile(r"\s?\|")  # of a text whose spaces are single
# "Karl von und zu Kern" is one person.
BETWEEN = re.compile(
    r"\s*(?:;|\s&\s|、|\n)\s*|(?<!\bvon)\s+(?:and|und|et|en|och|og|with|mit|im gespräch mit)\s+(?!zu\b|chef\b)",
    re.IGNORECASE,
)
SURNAME_AND = re.compile(r"(?<!\s)\s++(y|e|i)\s++", re.IGNORECASE)
ASIDE = re.compile(rf"\s*(?:,(?!\s*{SUFFIX}\.?(?:\s|,|$))|/|，|・|•|·|\s[–—\-]\s)\s*", re.IGNORECASE)
NOT_A_PERSON = re.compile(
    r"^\d+[\s:]|\d{3,}|\..*/|[<>{}=\"]|\b(?:pexels|unsplash|pixabay|shutterstock|istock|getty)\b", re.IGNORECASE
)
DOMAIN = re.compile(r"^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,7}(?:/\w+)?$")
ELISION = re.compile(r"(?:d|l|O|al|de|el)['’\-]\w", re.IGNORECASE)
CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
CJK_LABEL = re.compile(
    r"^[【［\[（(]?(?:取材・?文|文・写真|文|作者|撰文|(?:新华社)?(?:记者|記者)|责任编辑|責任編輯|编辑|編輯|执笔|執筆|글)\s?[:：/／＝=]?\s?"
)
CJK_ROLE = re.compile(
    r"\s?(?:記者|记者|編集委員|論説委員|特派員|報道|報導|기자|특파원|선임기자|논설위원|인턴기자)"
    r"(?:\s?외 \d{1,2}명)?[】］\]）)]?$"
)
ENDS_NAME = frozenset({
    "published", "updated", "posted", "for", "special", "via", "in", "at", "follow", "share", "alle", "alles", "mehr",
    "more", "view", "see", "contact", "kontakt", "the", "from", "is", "was", "has", "about", "read", "by", "copyright",
    "says", "sagt", "schrieb", "schreibt", "ist", "aus", "bei", "für", "writes", "wrote", "reports", "reporting",
})  # fmt: skip
"""Words that end a name, also one of a single word and in capitals; none is looked for in the first place."""
ROLE_RUN = ROLES | ROLE_WORDS
TITLES = frozenset({"dr", "prof", "mr", "mrs", "ms", "sir"})
ARTICLES = (["the"], ["der"], ["die"], ["das"])
ORGANISATION_STEMS = ("universit", "institut", "minister", "hochschul")
# The form of most names; the words are those by which the rules below would find something else in it.
PLAIN_NAME = re.compile(r"[A-Z][a-z]{2,20} (?:[A-Z]\. |[A-Z][a-z]{2,20} )?[A-Z][a-z]{2,20}$")
NO_PLAIN_NAME = ROLE_RUN | AGENCIES | ORGANISATION_WORDS | ENDS_NAME | set(KINDS) | {
    "von", "par", "por", "van", "der", "die", "das", "the", "and", "und", "our", "all", "other", "text", "super",
    "user", "admin", "fra", "full", "bio", "view", "profile", "log", "sign", "click", "leave", "last", "related",
    "twitter", "facebook", "instagram", "whatsapp", "linkedin", "youtube", "latest", "breaking",
}  # fmt: skip
REMEMBERED_WITHIN = 300  # characters
PERSON_WITHIN = 60  # characters
LONG_MONTH = 7  # letters; Jan, April and August are people
WORDS_WITHIN = 6  # of a name
BYLINE_WITHIN = 2_000  # characters; the longest real one, of 40 people, has fewer
EDGES = ' ,.:-–—|·•*/()[]→»›«©\u200b\xa0"“”'
NON_WORD = re.compile(r"[\W_]+")
NO_WORD = bytes(point for point in range(128) if not chr(point).isalnum())
LOWER = bytes(range(256)).lower()


def plain(text: str) -> str:
    """The letters and digits of a text, casefolded: what two spellings of a name or title have in common."""
    if text.isascii():  # the same in a fifth of the time
        return text.encode().translate(LOWER, NO_WORD).decode()
    return NON_WORD.sub("", text).casefold()


def split_people(text: str, accounts: bool = True) -> list[str]:
    """Names in a byline such as "By A. Smith and B. Jones, Political Editor | Reuters", in its order.

    Left out are words before a name ("By", "Text:", "View all posts by"), roles, places, dates, addresses, and texts
    that name nobody ("Follow us").  Organisations are named only where the byline has no person, and an account
    ("@asmith") only where it has neither.

    accounts  whether an account will do
    """
    if not text:
        return []
    return [*(_remembered if len(text) <= REMEMBERED_WITHIN else _split)(text[:BYLINE_WITHIN], accounts)]


def _split(text: str, accounts: bool) -> list[str]:
    text = SPACE.sub(" ", BLANK_LINE.sub("; ", MARKUP.sub(" ", text))).strip()
    if PLAIN_NAME.match(text) and not SHORT_LEAD.match(text) and NO_PLAIN_NAME.isdisjoint(text.lower().split()):
        return [text]
    if text[:1] == "[" and text[-1:] == "]":
        quoted = [one or other for one, other in QUOTED.findall(text)]
        return list(dict.fromkeys(name for item in quoted or text[1:-1].split(",") for name in split_people(item)))
    handle = HANDLE.search(text)
    text = BRACKETS.sub(" ", URL.sub(" ", ADDRESS.sub(" ", HANDLE.sub(" ", text))))
    text = BAR.split(SPACE.sub(" ", text).strip(), maxsplit=1)[0]
    names = _names(_without_lead(CJK_LABEL.sub("", text) if CJK.search(text) else text))
    people = [name for name in names if not is_organisation(name)]
    return people or names or ([handle[1]] if handle and accounts else [])


_remembered = lru_cache(10_000)(_split)  # a source has few bylines, and the regular expressions take 100 us


def people_of(bylines: Iterable[str], outlets: Iterable[str] = ()) -> tuple[str, ...]:
    """Distinct people in several bylines, first spelling first; an organisation that has a byline of its own is kept.

    outlets  names of the site and its publisher, which stand in bylines but are no people
    """
    known = {key for outlet in outlets if (key := plain(outlet))}
    people: dict[str, str] = {}
    for byline in bylines:
        names = split_people(byline, accounts=False) or split_people(_without_outlet(byline, known), accounts=False)
        for name in (_without_outlet(name, known) for name in names):
            if (key := plain(name)) and key not in known:
                people.setdefault(key, name)
    return tuple(people.values())


def is_organisation(name: str) -> bool:
    """Whether a name is of an organisation: by a word ("Redaktion", "Ltd") or by its form ("example.org", "The …")."""
    words = [word.strip(",").lower() for word in name.replace("-", " ").split()]
    if DOMAIN.match(name) or words[:1] in ARTICLES:
        return True
    if len(words) == 1:
        return words[0] in AGENCIES
    return any(
        word in ORGANISATION_WORDS or word.rstrip(".") in ORGANISATION_WORDS or word.startswith(ORGANISATION_STEMS)
        for word in words
    )


def name_case(name: str) -> str:
    """A name in capitals as it is usually written: "ANNA VAN MCKERN" is "Anna van McKern", "Anna KERN" Anna Kern."""
    first, *others = name.split(" ")
    if not others or len(name) < 5 or not (name.isupper() or _ends_in_capitals(others)):
        return name
    return " ".join([_word_case(first, True), *(_word_case(word) if word.isupper() else word for word in others)])


def _ends_in_capitals(words: list[str]) -> bool:
    """Whether a surname is in capitals, as papers in French have it: "Anna KERN"."""
    return len(words[-1]) > 3 and all(word.isupper() or word in PARTICLES for word in words) and words[-1].isalpha()


def _word_case(word: str, first: bool = False) -> str:
    if word.rstrip(".,") in ("II", "III", "IV"):
        return word
    if word.lower() in PARTICLES and not first and word.rstrip(".") not in ("JR", "SR"):
        return word.lower()
    cased = word.title().replace("’S", "’s").replace("'S", "'s")
    return f"Mc{cased[2:].title()}" if cased.startswith("Mc") and len(cased) > 4 else cased


def _without_lead(text: str) -> str:
    """A text without the words before a name; those that may begin a name are cut only before two words or more."""
    for _ in range(3):
        bare = LINK_TEXT.sub("", LEAD.sub("", text)).strip(EDGES)
        if (short := SHORT_LEAD.match(bare)) and len(bare[short.end() :].split()) > 1:
            bare = bare[short.end() :]
        if bare == text:
            break
        text = bare
    return text


def _names(text: str) -> list[str]:
    """Names of people and organisations in a byline without addresses and words before it."""
    first = ASIDE.split(text, maxsplit=1)[0]
    if DOMAIN.match(first.strip(EDGES)):  # what follows it is its place
        return [first.strip(EDGES)]
    if is_organisation(first) and len(BETWEEN.split(first)[0].split()) > 1 and not NO_NAME.match(text):
        return [name for part in BETWEEN.split(text) if "," not in first and (name := first.strip(EDGES))][:1]
    return [name for part in _parts(text) if (name := _name(part))]


def _parts(text: str) -> Iterator[str]:
    """Pieces of a byline, one for each name in it, or more."""
    for piece in BETWEEN.split(text):
        parts = [part for part in ASIDE.split(_without_lead(piece)) if part.strip(EDGES)]
        if len(parts) == 2 and "," in piece and _is_surname_first(*parts):
            yield f"{parts[1].strip(EDGES)} {parts[0].strip(EDGES)}"
            continue
        whole = any(len(part.split()) > 1 for part in parts)
        for part in parts:
            # Beside whole names a single word is a place, an outlet or a month.
            if len(part.split()) > 1 or not whole or CJK.search(part):
                yield from _at_surname_and(part)


def _is_surname_first(one: str, two: str) -> bool:
    """Whether two pieces around a comma are "Kern, Anna" or "Kern, Anna M."."""
    words = two.split()
    if len(one.split()) != 1 or not 1 <= len(words) <= 3 or is_organisation(one) or is_organisation(two):
        return False
    if CJK.search(one) or one.islower() or any(word.lower().strip(".") in ROLES | ROLE_WORDS for word in words):
        return False
    initials = (len(word) == 1 or word.endswith(".") for word in words)
    return all(
        word[:1].isupper() and (initial or word[1:].islower())
        for word, initial in zip([one, *words], [False, *initials], strict=True)
    )


def _at_surname_and(part: str) -> list[str]:
    """The people around "y", "e" or "i", which also join two surnames of one: "José Ortega y Gasset"."""
    names: list[str] = []
    joints = ["", *SURNAME_AND.split(part)]
    for joint, name in zip(joints[::2], joints[1::2], strict=True):
        if joint and names and _end([joint.title(), *name.split()]) == 2 and len(names[-1].split()) > 1:
            names[-1] = f"{names[-1]} {joint} {name}"
        else:
            names.append(name)
    return names


def _name(part: str) -> str | None:
    """The name that a piece of a byline begins with; None for a piece that is a role, a date or no name at all."""
    part = _without_lead(part)
    part = (part.rpartition(" ")[0] if part.rstrip().endswith(":") and part.count(" ") > 1 else part).strip(EDGES)
    if not part or NO_NAME.match(part) or NOT_A_PERSON.search(part):
        return None
    if CJK.search(part):
        part = CJK_ROLE.sub("", part).strip(EDGES)
        return part if 0 < len(part) <= PERSON_WITHIN else None
    if not is_organisation(part):
        words = _without_role(part.split())
        words = _once(words[: _end(words)])
        if words and (all(word.lower() in ROLES for word in words) or NO_NAME.match(" ".join(words))):
            return None
        if len(words) == 1 and KINDS.get(fold_word(words[0]), "x")[0] == "MW"[len(words[0]) < LONG_MONTH]:
            return None
        part = name_case(" ".join(words).strip(EDGES)) if len(words) <= WORDS_WITHIN else ""
    return part if part and len(part) <= PERSON_WITHIN and any(map(str.isalpha, part)) else None


def _end(words: list[str]) -> int:
    """How many of the words are a name: up to a role, an outlet, a date, a verb; 0 for none."""
    lowered = [word.lower().strip(EDGES) for word in words]
    if lowered and lowered[0] in AGENCIES and not ROLES.isdisjoint(lowered):  # "AP Auto Writer"
        return 0
    if not lowered or (lowered[0] in ROLES and len(lowered) > 1) or (set(lowered) & ROLES and set(lowered) <= ROLE_RUN):
        return 0
    if all(word[:1].islower() for word in words):
        return len(words) if len(words) <= 2 else 0  # a name that an account was given
    for i in range(1, len(words)):
        word = lowered[i]
        if words[i][:1].islower() and word not in PARTICLES and not ELISION.match(words[i]):
            return i if i > 1 or word in ENDS_NAME else 0
        if word in ENDS_NAME or words[i][:1].isdigit() or words[i].endswith(":"):
            return i
        if word in ROLES:
            start = _role_start(lowered, i)
            return start if start > 1 else 0
        if _is_outlet(words, i) or (i > 1 and (_is_date(words, i) or word in AGENCIES)):
            return i
    return len(words)


def _without_role(words: list[str]) -> list[str]:
    """Words without a role before a name: "Staff Reporter Anna Kern"."""
    run = next((i for i, word in enumerate(words) if word.lower() not in ROLE_RUN), len(words))
    role = run and words[run - 1].lower() in ROLES
    return words[run:] if role and len(words) - run > 1 and words[run][:1].isupper() else words


def _is_date(words: list[str], i: int) -> bool:
    """Whether a month stands at a place, at the end or before a number."""
    return KINDS.get(fold_word(words[i].strip(EDGES)), "x")[0] == "M" and not words[i + 1 : i + 2] > ["9"]


def _is_outlet(words: list[str], i: int) -> bool:
    """Whether an outlet's name begins at a place: a known one, or in small letters behind a name in capitals."""
    if " ".join(words[i : i + 3]).lower().startswith(OUTLETS):
        return True
    capitals = sum(word.isupper() and len(word) > 2 for word in words[:i])
    return (
        capitals > 1
        and all(word.isupper() for word in words[:i])
        and words[i].lower() not in PARTICLES
        and (not words[i].isupper() and len(words[i]) > 2)
    )


def _role_start(lowered: list[str], end: int) -> int:
    """Where the role begins that a place is in, 0 if only one word before it is left that is no first name."""
    last = next((i for i in range(end, len(lowered)) if lowered[i] in ROLES), None)
    if last is None or any(word not in ROLE_WORDS for word in lowered[end:last]):
        return 0
    start = end
    while start > 1 and lowered[start - 1] in ROLE_WORDS:
        start -= 1
    return start


def _once(words: list[str]) -> list[str]:
    """Words that are a name twice ("Anna Kern Anna Kern"), once."""
    half = len(words) // 2
    return words[:half] if half > 1 and len(words) >= 2 * half and words[:half] == words[half : 2 * half] else words


def _without_outlet(text: str, outlets: set[str]) -> str:
    """A name without the outlet's behind it ("Anna Kern Tarn Courier"); "" for the outlet's with an article."""
    words = text.split() if len(text) <= BYLINE_WITHIN else []  # a longer one is no name
    for end in range(1, len(words)):
        if plain("".join(words[end:])) in outlets:
            rest = words[:end]
            if [words[0].lower()] in ARTICLES:
                return ""
            named = end > 1 or (not words[0].isupper() and plain(words[0]) not in TITLES)
            return " ".join(rest).strip(EDGES) if named and not is_organisation(" ".join(rest)) else text
    return text
