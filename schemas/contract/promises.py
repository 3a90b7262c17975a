"""What consumers rely on, as it was recorded, and what would break it.  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from schemas.contract.columns import Columns
from schemas.contract.views import CONTRACT


class Promise(NamedTuple):
    """What a recorded contract holds of a column."""

    type: str
    nullable: bool


Recorded = Mapping[str, Mapping[str, Promise]]


def promises(contract: Columns = CONTRACT) -> Recorded:
    """What consumers rely on."""
    return {view: {n: Promise(c.type, c.nullable) for n, c in columns.items()} for view, columns in contract.items()}


def breaking(then: Recorded, now: Recorded, withdrawn: frozenset[str] = frozenset()) -> list[str]:
    """What in a contract would break the queries of those who rely on an earlier one; empty when nothing does.

    withdrawn  views that may be gone, since their successors were there beside them
    """
    found = []
    for view, columns in then.items():
        if view not in now:
            if view not in withdrawn:
                found.append(f"{view} is gone")
            continue
        there = now[view]
        for name, promise in columns.items():
            if name not in there:
                found.append(f"{view}.{name} is gone, or has another name")
                continue
            if there[name].type != promise.type:
                found.append(f"{view}.{name} was {promise.type}, and is {there[name].type}")
            if there[name].nullable and not promise.nullable:
                found.append(f"{view}.{name} was never null, and can be")
        kept = [name for name in there if name in columns]
        if list(there)[: len(kept)] != kept or kept != [name for name in columns if name in there]:
            found.append(f"{view} has its columns in another order; new ones come last")
    return found


def successor(view: str, version: int) -> str:
    """The name of a view in a version of the contract: corpus_article, corpus_v2_article …"""
    family, _, noun = view.partition("_")
    return view if version == 1 else f"{family}_v{version}_{noun}"
