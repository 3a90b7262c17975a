"""Notices: records by which an agency withdraws an article that it has sent.  Pure.

NewsML-G2 and ninjs say `canceled` as the publishing status of the item, NITF as its management status; wires without a
status send the item again with a KILL in its slug or headline.  A notice has the id of the item that it withdraws.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from etl.extract.draft import Draft
from schemas.field_names import plain_name

STATUS_NAMES = frozenset({"pubstatus", "publishingstatus", "managementstatus"})
CANCELED = frozenset({"canceled", "cancelled", "killed"})
SLUG_NAMES = frozenset({"slug", "slugline", "keyword", "kicker"})
# Agencies write them in capitals.  A headline about a kill switch or a film is none.
KILL_SLUG = re.compile(r"KILL(?:$|[ :/])|(?:.{0,60}[ /-])?MANDATORY[ -]KILL\b")
KILL_HEADLINE = re.compile(
    r"(?:[A-Z]{1,10} )?MANDATORY[ -]KILL\b|KILL(?: (?:NOTICE|ADVISORY|ORDER|STORY))?\s?(?::| [-–—/] )"
)


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
