"""Keep: which articles of a source are wanted, by what they are and say of themselves.  Pure.

An article that is not wanted is quarantined at stage "filter", with the rule as the reason: it is counted, nothing is
lost, and where the rule changes the next run of its files brings it in, or takes it out (etl.commit.keep).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from schemas.article import Article  # which loads pydantic: a tenth of a second of each command

NO_FAULTS = frozenset({"filter", "embargo", "erased"})
"""Stages whose records are as they should be; the guard does not judge them."""
SUBTAG = re.compile("[a-z]{2,3}")
TAKES: Mapping[object, str] = {
    tuple[str, ...]: 'a list, such as ["en"]', int: "a whole number, 0 or more", bool | None: "true or false",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeepRule:
    """What is wanted; nothing said, nothing is left out.

    language      one of these subtags ("en"), in small letters; "und" for articles without one
    words         so many in the body at least
    section       one of these, whatever the case
    licence       one of these, which may be patterns ("CC-BY*"), whatever the case
    tdm_reserved, free_to_read  not the contrary; an article that does not say is wanted
    """

    language: tuple[str, ...] = ()
    words: int = 0
    section: tuple[str, ...] = ()
    licence: tuple[str, ...] = ()
    tdm_reserved: bool | None = None
    free_to_read: bool | None = None

    @classmethod
    def parse(cls, declared: object) -> KeepRule:
        """The rule that sources.toml declares.  Raises ValueError whose text begins with "keep"."""
        kinds = get_type_hints(cls)
        if not isinstance(declared, Mapping) or declared.keys() - kinds.keys():
            raise ValueError(f"keep must be a table of {', '.join(kinds)}")
        for name, value in declared.items():
            if not _is_valid(value, kinds[name]) or (name == "language" and not all(map(SUBTAG.fullmatch, value))):
                raise ValueError(f"keep.{name} must be {TAKES[kinds[name]]}, not {value!r}")
        frozen: dict[str, Any] = {n: tuple(each) if isinstance(each, list) else each for n, each in declared.items()}
        return cls(**frozen)

    @classmethod
    def of_options(cls, options: Iterable[str]) -> KeepRule:
        """The rule of "words=50", "language=en,de" and the like.  Raises ValueError as parse() does."""
        kinds, declared = get_type_hints(cls), dict[str, object]()
        for name, _, text in (option.partition("=") for option in options):
            kind = kinds.get(name)
            spelled = {"true": True, "false": False}.get(text) if kind == bool | None else None
            listed = text.split(",") if kind == tuple[str, ...] else text
            declared[name] = int(text) if kind is int and text.isdecimal() else listed if spelled is None else spelled
        return cls.parse(declared)

    def declared(self) -> dict[str, object]:
        """What parse() makes this rule of."""
        found = {each.name: (getattr(self, each.name), each.default) for each in fields(self)}
        wanted = {name: value for name, (value, default) in found.items() if value != default}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in wanted.items()}

    def against(self, article: Article) -> str | None:
        """Why an article is not wanted; None if it is.  A notice of withdrawal always is."""
        if self == KEEP_ALL or article.withdrawn:
            return None
        if self.language and article.language not in self.language:
            return f"language is {article.language}, wanted is {', '.join(self.language)}"
        if self.words and (words := len(article.body.split())) < self.words:
            return f"the body has {words} words, wanted are {self.words} or more"
        for name in ("section", "licence"):
            patterns, found = getattr(self, name), getattr(article, name)
            if patterns and not (found and any(fnmatchcase(found.casefold(), each.casefold()) for each in patterns)):
                return f"{name} is {found or 'not said'}, wanted is {', '.join(patterns)}"
        for name in ("tdm_reserved", "free_to_read"):
            wanted, said = getattr(self, name), getattr(article, name)
            if None not in (wanted, said) and wanted != said:
                return f"{name} is {str(said).lower()}, wanted is {str(wanted).lower()}"
        return None


def _is_valid(value: object, kind: object) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind == bool | None:
        return isinstance(value, bool)
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) and each for each in value)


KEEP_ALL = KeepRule()
