"""Furniture of wire copy, one function each: kicker, byline, dateline, trailer.  Pure.

The forms were read off 21,578 Reuters stories and 1,123 titles of newspapers; each pattern says what it must not take.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import NamedTuple

from etl.text.byline_words import ROLES
from etl.text.date_words import KINDS, MONTHS, fold_word
from etl.text.people import split_people

LATIN_MONTHS = {
    name for names in MONTHS for word in names.split() if fold_word(word).isascii() for name in (word, fold_word(word))
}


def alternation(words: Collection[str]) -> str:
    """A pattern of any of these words, the longest that fits, which looks at each character once.

    Python tries the words of `a|b|…` one after the other where case is ignored: 8 µs for 300 names of months.
    """
    rests: dict[str, list[str]] = {}
    for word in filter(None, words):
        rests.setdefault(word[0], []).append(word[1:])
    branches = "|".join(re.escape(first) + alternation(rest) for first, rest in sorted(rests.items()))
    if len(rests) < 2 and "" not in words:
        return branches
    return f"(?:{branches}){'?' if '' in words else ''}" if branches else ""


MONTH = rf"{alternation(LATIN_MONTHS)}\b\.?"
"""Names of months in languages of Latin script."""
NAMED_AGENCY = (
    r"Reuters Breakingviews|Reuters Health|Thomson Reuters Foundation|Reuters?|REUTERS?|The Associated Press"
    r"|Associated Press|AP|AFP|CNN(?: Business)?|UPI|dpa(?:[/-]\w+)?|DPA|Bloomberg(?: News)?|BBC(?: News)?|PTI|ANI|IANS"
    r"|Xinhua|TASS|RIA|EFE|ANSA|Kyodo(?: News)?|Yonhap|PA|AAP|NPR|ABC(?: News)?|CBS(?: ?\w+)?|NBC(?: News)?|Fox News"
    r"|AFX|\w{2,5}-TV|[A-Z][a-z]+ News(?: Service)?|APA|[Ss]da|SDA|ATS|KNA|epd|SID|ots|Belga|ANP|TT|NTB|Ritzau|PAP|ČTK"
    r"|MTI|AGI|Adnkronos|[Aa]skanews|LaPresse|Europa Press|Lusa|Agência Brasil|Folhapress|Estadão Conteúdo|Télam"
    r"|Notimex|Interfax|Anadolu|GLOBE NEWSWIRE|BUSINESS WIRE|PRNewswire|ACCESSWIRE|Marketwired|MARKETWIRE"
)
AGENCY = rf"{NAMED_AGENCY}|[A-Z]{{3,6}}"
DASH = r"(?:--|\.?[-\u2010-\u2015\u2212])"


def _dated(name: str) -> str:
    """A pattern of a day, as a group of that name; the months stand in it once, as they take long to compile."""
    before = rf"(?P<{name}_day>\d{{1,2}}(?:\.|er|º)?\s+(?:de\s+)?)?"
    return rf"(?P<{name}>(?i:{before}{MONTH}(?({name}_day)(?:\s+(?:de\s+)?\d{{4}})?|\s+\d{{1,2}}(?:,?\s+\d{{4}})?)))"


DATE, DATE2 = _dated("date"), _dated("date2")
UPPER = "A-Z\u00c0-\u00d6\u00d8-\u00de\u0100-\u017d"
CITY = rf"[{UPPER}][{UPPER}'\u2019.\-]*(?:[ /][{UPPER}][{UPPER}'\u2019.\-]*|[ ]de|[ ]al[ -][{UPPER}]+)*"
REGION = rf"(?:,\s*[{UPPER}][\w.'\u2019]*(?:[ ]+[{UPPER}][\w.'\u2019]*){{0,3}}){{0,2}}"

DATELINE = re.compile(
    rf"\s*(?:(?P<place>{CITY}{REGION}(?:\s+and\s+{CITY}{REGION})?)(?:,?\s+{DATE})?"
    rf"(?:\s*,?\s*\((?P<agency>{AGENCY})\))?|\((?P<agency2>{AGENCY})\)|{DATE2}(?:\s*\((?P<agency3>{AGENCY})\))?)"
    rf"\s*(?P<dash>{DASH})\s*(?=\S)"
)
# "Dekalb, Ill. (AP) — ", "Paris, 3 May -": in title case it needs a named agency or a date, else it is a sentence.
TITLE_CASE_DATELINE = re.compile(
    rf"\s*(?P<place>[{UPPER}][\w'\u2019.\-]+(?:[ ][{UPPER}][\w'\u2019.\-]+){{0,3}}{REGION})"
    rf"(?:(?:,?\s+{DATE})?\s*\((?P<agency>{NAMED_AGENCY})\)\s*(?:{DASH}\s*)|,\s+{DATE2}\s*{DASH}\s+)"
    r"(?=\S)"
)
# Press releases and agencies that stand elsewhere: "TARN, May 3, 2021 /PRNewswire/ --", "TARN--(BUSINESS WIRE)--",
# "(ANSA) - ROMA, 3 MAG -"; the agency is always named.
TITLE_CASE_PLACE = rf"[{UPPER}][\w'\u2019.\-]*(?:[ ][{UPPER}][\w'\u2019.\-]*|[ ]d[eo]s?){{0,3}}"
RELEASE_DATELINE = re.compile(
    rf"\s*(?P<place>{TITLE_CASE_PLACE}{REGION}(?:\s*(?:&|and)\s*{TITLE_CASE_PLACE}{REGION})?),?\s*{DATE}?"
    rf"\s*(?:/(?P<agency>[A-Z][\w .\-]{{2,30}})/|--\s?\((?P<agency2>{NAMED_AGENCY})\))\s*{DASH}\s*(?=\S)"
    rf"|\s*\((?P<agency3>{NAMED_AGENCY})\)\s*{DASH}\s*(?:{TITLE_CASE_PLACE}{REGION})(?:,?\s+{DATE2})?\s+{DASH}\s+(?=\S)"
)
ENDS_DATELINE = re.compile("[-\u2010-\u2015\u2212(/]")  # one of these is in every dateline
PROSE_WITHIN = 40  # characters behind a place; in tables of markets capitals and figures follow
DATELINE_WITHIN = 110  # characters; the longest of Reuters-21578 has 61
# Words in capitals before a dash that are labels, not places.
NOT_A_PLACE = frozenset({
    "UPDATE", "UPDATED", "NOTE", "WATCH", "READ", "LIVE", "BREAKING", "EXCLUSIVE", "ANALYSIS", "OPINION",
    "WARNING", "PHOTOS", "VIDEO", "TIP", "TIPS", "MORE", "RELATED", "CORRECTION", "YES", "NO", "PROS", "CONS",
    "WIN", "LOSE", "TRUE", "FALSE", "FACT", "MYTH", "WHO", "WHAT", "WHEN", "WHERE", "WHY", "HOW",
    "EDITOR'S NOTE", "EDITOR’S NOTE", "SPOILER ALERT"
})  # fmt: skip

KICKER = re.compile(rf"(?P<kicker>[{UPPER}0-9][{UPPER}0-9'\u2019&.,/\- ]{{1,48}}?)\s*(?::|\s\|)\s+(?P<headline>\S.*)$")
WIRE_KICKER = re.compile(
    r"(?P<kicker>(?:(?:UPDATE|WRAPUP|RPT|REFILE|CORRECTED|EXCLUSIVE|ANALYSIS|FACTBOX|FEATURE|INSIGHT|TIMELINE|EXPLAINER"
    r"|INTERVIEW|PREVIEW|BREAKINGVIEWS|COLUMN|POLL|BRIEF|OFFICIAL CORRECTION|ADVISORY|TEXT|NEWSMAKER|SPECIAL REPORT"
    r"|Exclusive|Analysis|Factbox|Explainer|Insight|Special Report)(?:\s+\d+)?-)+)\s*(?P<headline>\S.*)$"
)
LOWER = re.compile(r"[a-z\u00df-\u00ff]")
WORD = re.compile(r"[^\W\d_]+")
ALONE = frozenset({"EXCLUSIVE", "ANALYSIS", "OPINION", "BREAKING"})  # kickers even of a headline in capitals
# Organisations that say things: "UN: famine near" is a headline, not a kicker.  Places (US, UK, UAE) are kickers.
SPEAKERS = frozenset({
    "UN", "EU", "NATO", "WHO", "IMF", "WTO", "FBI", "CIA", "NSA", "NASA", "CDC", "FDA", "EPA", "DOJ", "IAEA",
    "OPEC", "UNICEF", "UNESCO", "UNHCR", "AP", "AFP", "BBC", "CNN"
})  # fmt: skip

BYLINE = re.compile(r"(?:By|BY|by)[:\s]\s*(?P<names>\S.*)$")
# The same in German, French, Spanish, Portuguese, Italian, Dutch, Swedish, Danish and Polish; these words also begin
# sentences and surnames, so that two words or more must follow.
FOREIGN_BYLINE = re.compile(
    r"(?:(?:Von|VON|Par|PAR|Por|POR|Di|DI|Da|DA|Door|DOOR|Av|AV|Af|AF|Od|OD)\s+|(?:Text|Texte|Texto|Testo|Autor(?:in)?"
    r"|Auteur|Autore|Author|Reporter|Tekst)\s?:\s*)(?P<names>\S+\s.*)$"
)
LEADS_BYLINE = re.compile(rf"B[Yy]\s|{FOREIGN_BYLINE.pattern}")
UNNAMED = re.compile(
    r"(?:By|BY|Von|Par|De|Por|Dal?|From)\s+(?P<credit>(?:an?|[Oo]ur|OUR|unsere\w?|notre|nos|nuestr[oa]s?|nostr[oi]|nosso)\s"
    r"[^.!?]{3,50})$"
)
ASIDE = re.compile(r"\s*\([^()]{1,60}\)|\s*<[^<>]{1,60}>|\s+@\w{2,40}|\s+\S{1,40}@\S{1,40}")
BYLINE_WITHIN = 160  # characters; longer ones are sentences
SENTENCE_END = re.compile(r"[.!?]$")
ABBREVIATION_END = re.compile(r"\b(?:Jr|Sr|[A-Z]|Reuters?|AP|AFP)\.$")
TIME_WORD = re.compile(
    rf"(?:{MONTH}\s+\d|{MONTH}$|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\d)", re.IGNORECASE
)  # "By May 5, …" is a sentence; "By May Ward" is not
BYLINE_CREDIT = re.compile(
    rf"(?:,|\s[-\u2013|/]|\s+(?:of|for))\s*(?:the\s+)?"
    rf"(?P<credit>{AGENCY}|[Ss]taff [Ww]riter|[A-Z][\w ]+ (?:Writer|Correspondent|Editor|Reporter))\.?$"
)
CREDIT_ONLY = re.compile(
    rf"\(?(?:By\s+)?(?:The\s+)?(?P<credit>{AGENCY}|Staff(?: (?:Writer|Reporter|Report)s?)?|Agenc(?:y|ies)"
    r"|Wire (?:Services?|Reports?)|Editorial Board)\)?$"
)
ROLE = re.compile(
    r"(?:,|\s[-\u2013\u2014|]|\s(?:of|for|at|in)\b)\s+(?!(?:jr|sr|ii+|iv)\b).*$"
    r"|\s+(?:staff writer|staff reporter|correspondent|associated press|ap (?:\w+ )?writer|reuters|cnn|bbc(?: news)?"
    r"|special to|für|aus|à|en|desde)\b.*$",
    re.IGNORECASE,
)
BETWEEN_NAMES = re.compile(
    r"\s*(?:,(?!\s*(?:Jr|Sr|II+|IV)\b)|;|&|/|\s[-\u2013\u2014|]\s"
    r"|\b(?:and|with|AND|WITH|und|UND|et|ET|y|Y|e|E|en|och|og)\b)\s*"
)
NOT_IN_A_NAME = re.compile(r"\d|[!?:;\u201c\u201d\"()]")
ELISION = re.compile(r"(?:d|l|O|al)['\u2019-]")
PARTICLES = frozenset({
    "de", "da", "do", "dos", "das", "di", "del", "della", "der", "den", "van", "von", "zu", "zum", "und", "la",
    "le", "el", "al", "bin", "ibn", "bint", "ben", "ter", "ten", "af", "av", "y", "e", "st", "san", "mac", "abu",
    "du", "des", "d", "t", "dal", "ud", "ul", "jr", "sr", "ii", "iii", "iv"
})  # fmt: skip

TRAILER = re.compile(
    r"(?:\(?(?:Additional )?(?:Reporting|Writing|Editing|Compiled|Graphics?) (?:and \w+ )?by .*|Reuters?\.?|REUTERS?\.?"
    r"|ENDS?|-\s?30\s?-|#{2,}|\*{3,}|_{3,}|(?:Copyright|\u00a9|\(c\)) .*|All rights reserved.*"
    r"|This material may not be published.*|.{0,60}contributed to this (?:report|story|article)\.?.*|Our Standards:.*"
    r"|(?:For|To) (?:more|subscribe).{0,80})$",
    re.IGNORECASE,
)
SIGN_OFF = re.compile(r"(?<=[.!?\"\u201d])\s+\(?Reuters?\)?\.?$")


class Byline(NamedTuple):
    """The people named in a byline, in its order, and the agency or role it credits."""

    authors: tuple[str, ...]
    credit: str | None


class Dateline(NamedTuple):
    """A dateline as printed, the agency and date in it, and where the text after it begins."""

    printed: str
    agency: str | None
    day: str | None
    end: int


def split_kicker(line: str) -> tuple[str | None, str]:
    """(kicker, headline) of a first line; the kicker without its colon or hyphen, None if there is none."""
    wire = WIRE_KICKER.match(line)
    if wire:
        return wire["kicker"].rstrip("-"), wire["headline"]
    match = KICKER.match(line)
    if match is None:
        return None, line
    kicker, headline = match["kicker"].strip(), match["headline"]
    words = kicker.split()
    letters = sum(map(str.isalpha, kicker))
    numeric = re.fullmatch(r"\d+/\d+", kicker) is not None  # 9/11, 7/7
    if len(words) > 6 or kicker in SPEAKERS or not (letters >= 2 or numeric):
        return None, line
    return (kicker, headline) if LOWER.search(headline) or kicker in ALONE else (None, line)


def parse_byline(line: str) -> Byline | None:
    """People and credit of a byline; None when the line is none: a sentence, a time ("By Friday"), no name."""
    only = CREDIT_ONLY.match(line)
    if only:
        return Byline((), only["credit"])
    unnamed = UNNAMED.match(line)
    if unnamed and not TIME_WORD.match(unnamed["credit"]):
        return Byline((), unnamed["credit"])
    match = BYLINE.match(line) or FOREIGN_BYLINE.match(line)
    if match is None or len(line) > BYLINE_WITHIN:
        return None
    names = ASIDE.sub("", match["names"]).strip()
    if TIME_WORD.match(names) or (SENTENCE_END.search(names) and not ABBREVIATION_END.search(names)):
        return None
    credit = BYLINE_CREDIT.search(names)
    if credit:
        names = names[: credit.start()].strip()
    pieces = [name for part in BETWEEN_NAMES.split(names) if (name := ROLE.sub("", part).strip(" ,"))]
    if not all(map(is_name, pieces)) or not (pieces or credit):
        return None
    people = split_people(names, accounts=False)
    authors = tuple(f"{name}." if name.endswith(("Jr", "Sr")) and f"{name}." in names else name for name in people)
    return Byline(authors, credit["credit"] if credit else None) if authors or credit else None


def is_role(line: str) -> bool:
    """Whether the line under a byline is its role or outlet: "Courier Staff Writer", "Reuters"."""
    words = line.split()
    if not words or len(words) > 6 or SENTENCE_END.search(line):
        return False
    return CREDIT_ONLY.match(line) is not None or (words[-1].lower() in ROLES and all(w[:1].isupper() for w in words))


def is_name(text: str) -> bool:
    """Whether a text can be a person's name: one to six capitalised words and particles."""
    words = text.replace(".", ". ").split()
    if not 1 <= len(words) <= 6 or len(text) > 60 or NOT_IN_A_NAME.search(text):
        return False
    capitals = [word[:1].isupper() for word in words]
    return any(capitals) and all(
        capital or word.lower().strip(".'\u2019") in PARTICLES or ELISION.match(word)
        for word, capital in zip(words, capitals, strict=True)
    )


def parse_dateline(paragraph: str) -> Dateline | None:
    """The dateline that opens a paragraph, or None: "The World Trade Organisation (WTO) said" has none."""
    head = paragraph[: DATELINE_WITHIN + 1]
    if not ENDS_DATELINE.search(head):  # most paragraphs, in a hundredth of the time
        return None
    release = RELEASE_DATELINE.match(head) if "/" in head or "--" in head or head.lstrip()[:1] == "(" else None
    match = release or DATELINE.match(head) or TITLE_CASE_DATELINE.match(head)
    if match is None or match.end() > DATELINE_WITHIN:
        return None
    found = match.groupdict()
    agency = found["agency"] or found.get("agency2") or found.get("agency3")
    day = found["date"] or found["date2"]
    prose = LOWER.search(paragraph, match.end(), match.end() + PROSE_WITHIN) is not None
    if not (agency or day) and not (prose and _is_bare_place(found["place"], found["dash"], head)):
        return None
    return Dateline(match[0].strip(), agency, day, match.end())


def _is_bare_place(place: str, dash: str, head: str) -> bool:
    """Whether capitals before a dash, without date or agency, are a place; a hyphen needs spaces around it."""
    if place.upper() in NOT_A_PLACE or not 4 <= len(place) <= 60 or len(place.split()) > 5:
        return False
    return dash != "-" or head.lstrip().startswith(f"{place} - ")


def is_trailer(paragraph: str) -> bool:
    """Whether a closing paragraph signs the story off ("Reporting by …", "ENDS", ©) and is not part of it."""
    return len(paragraph) < 400 and TRAILER.match(paragraph) is not None


def resolve_day(day: str, near: date | None) -> datetime | None:
    """Midnight UTC of a dateline's day ("Feb 26", "3 mai 1987"); one without a year is taken nearest to `near`.

    None without a year and without `near`, and for a day that does not exist.
    """
    number, year = re.search(r"\b\d{1,2}(?!\d)", day), re.search(r"\d{4}", day)
    kinds = (KINDS.get(fold_word(word), ("", 0)) for word in WORD.findall(day))
    month = next((value for kind, value in kinds if kind in ("M", "m")), None)
    if number is None or month is None or (year is None and near is None):
        return None
    years = [int(year[0])] if year else [near.year + step for step in (-1, 0, 1)] if near else []
    days = []
    for candidate in years:
        try:
            days.append(datetime(candidate, month, int(number[0]), tzinfo=UTC))
        except ValueError:  # 29 February of a common year, 31 April
            continue
    if near is None or len(days) < 2:
        return days[0] if days else None
    return min(days, key=lambda found: abs((found.date() - near).days))
