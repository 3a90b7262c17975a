"""Definition: which pairs of canonical texts are compared for a relation.  Pure.

Two are compared when they share a sampled hash (etl.fingerprint.passages), their days are at most Definition.days
apart, and the hash is not common: at most Definition.common canonical texts have it from Definition.days before the
later text's day to that day.  So which pairs are compared is a function of the set of texts alone.  A store holds one
definition, as it holds one recipe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from etl.errors import Usage

VERSION = 1
"""Of the kinds and of what is compared: raise it when another relation comes of the same articles."""
OFF = "off"
_NAME = re.compile(r"d(\d+)-c(\d+)-v(\d+)")


@dataclass(frozen=True, slots=True)
class Definition:
    """Which pairs of texts are compared.

    days    between the two at most
    common  canonical texts that have a sampled hash within those days at most; beyond, it leads to no comparison
    """

    days: int = 14
    common: int = 20

    @property
    def name(self) -> str:
        return f"d{self.days}-c{self.common}-v{VERSION}"

    @classmethod
    def parse(cls, name: str) -> Definition | None:
        """The definition of that name; None for "off".  Raises Usage for another name, and for another version."""
        if name == OFF:
            return None
        found = _NAME.fullmatch(name)
        if not found or len(name) > 24:
            raise Usage(f"relations {name!r}: write {OFF}, or days and bound like {cls().name}")
        days, common, version = map(int, found.groups())
        if version != VERSION:
            raise Usage(f"relations {name} are not of version {VERSION}, which this wirecopy makes; `wirecopy rebuild`")
        if days > 3650 or not 2 <= common <= 1000:
            raise Usage(f"relations {name}: at most 3650 days, and a bound from 2 to 1000")
        return cls(days, common)


DEFAULT = Definition()
