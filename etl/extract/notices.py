"""Notices: records by which an agency withdraws an article that it has sent, or holds one back.  Pure.

NewsML-G2 and ninjs say `canceled` as the publishing status of the item, NITF as its management status; wires without a
status send the item again with a KILL in its slug or headline.  A notice has the id of the item that it withdraws.

An item under an embargo says until when; one that is `withheld`, or whose embargo has no time, waits for a later item.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from etl.extract.draft import Draft
from etl.extract.embargoes import FURTHER_NOTICE
from etl.extract.record import as_text
from etl.text.dates import in_utc, parse_date
from schemas.field_names import plain_name

STATUS_NAMES = frozenset({"pubstatus", "publishingstatus", "managementstatus"})
WITHHELD = "withheld"
EMBARGO_NAMES = frozenset({"embargoed", "embargo", "embargoeduntil", "embargountil", "embargodate", "embargotime"})
NO_EMBARGO = frozenset({"", "no", "none", "false", "0"})
CANCELED = frozenset({"canceled", "cancelled", "killed"})
SLUG_NAMES = frozenset({"slug", "slugline", "keyword", "kicker"})
# Agencies write them in capitals.  A headline about a kill switch or a film is none.
KILL_SLUG = re.compile(r"KILL(?:$|[ :/])|(?:.{0,60}[ /-])?MANDATORY[ -]KILL\b")
KILL_HEADLINE = re.compile(
    r"(?:[A-Z]{1,10} )?MANDATORY[ -]KILL\b|KILL(?: (?:NOTICE|ADVISORY|ORDER|STORY))?\s?(?::| [-–—/] )"
)


def embargo(fields: Mapping[str, object]) -> datetime | None:
    """Until when the article of a record is held back; FURTHER_NOTICE where it does not say; None: it is not."""
    times = []
    for name in notice_names(tuple(fields)):
        value = fields[name]
        if plain_name(name) in STATUS_NAMES:
            if isinstance(value, str) and value.strip().rpartition(":")[2].lower() == WITHHELD:
                times.append(FURTHER_NOTICE)
        elif (text := "true" if value is True else as_text(value)[:100]).lower() not in NO_EMBARGO:
            found = parse_date(text)
            times.append(in_utc(found) if found else FURTHER_NOTICE)
    return max(times, default=None)


@lru_cache(100)  # the records of a file have the same names
def notice_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those fields of a record that may say that it is held back."""
    return tuple(name for name in names if plain_name(name) in EMBARGO_NAMES | STATUS_NAMES)


def withdrawal(fields: Mapping[str, object], draft: Draft) -> str | None:
    """Why a record withdraws the article whose id it has; None where it does not."""
    named = {plain_name(name): value.strip() for name, value in fields.items() if isinstance(value, str)}
    for name in sorted(STATUS_NAMES & named.keys()):
        if named[name].rpartition(":")[2].lower() in CANCELED:
            return f"withdrawn by its source: {name} is {named[name][:40]}"
    for name in sorted(SLUG_NAMES & named.keys()):
        if KILL_SLUG.match(named[name]):
            return f"withdrawn by its source: {name} is {named[name][:80]!r}"
    if KILL_HEADLINE.match(draft.title):
        return f"withdrawn by its source: its headline is {draft.title[:80]!r}"
    return None
