"""Relations: how two texts belong together.  The one definition, for Python and SQL.

Of a duplicate and its canonical:

exact   they have the same comparison text
judged  a person's word alone joins them
near    their exact similarity is at or above the threshold

Of two canonical texts, decided by etl.decide.relations: see Kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Relation = Literal["exact", "judged", "near"]

Kind = Literal["rewrite", "excerpt", "shares"]
"""A later version of the story, by the same source or agency; one text is a part of the other; they quote the same."""

COUNTED_AS: Mapping[Relation, str] = {"exact": "exact", "judged": "near", "near": "near"}
"""Relation → the count of a run (corpus_run) that has it."""


def relation(text_id: int, canonical_id: int, judged: bool) -> Relation:
    """The relation of a text to the canonical text of its cluster; "exact" for the canonical text itself."""
    if text_id == canonical_id:
        return "exact"
    return "judged" if judged else "near"


def is_exact_sql(member: str) -> str:
    """Whether the relation is exact, as an SQL condition.  member: the alias of a row of cluster_member."""
    return f"{member}.text_id = {member}.canonical_id"


def relation_sql(member: str) -> str:
    """relation() as an SQL expression, the same on SQLite and PostgreSQL."""
    return f"CASE WHEN {is_exact_sql(member)} THEN 'exact' WHEN {member}.judged THEN 'judged' ELSE 'near' END"
