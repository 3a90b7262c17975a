"""Explanation: the fate of one article, as a record and in words.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import NamedTuple

from etl.extract.rights import NOTHING_SAID, Rights
from etl.report.diff import Diff, Piece, shown
from schemas.records import RANK_DAYS, UNDATED
from schemas.relations import Kind, Relation


class Dates(NamedTuple):
    """The facts that rank an article in the order of election; the day is one of the other two dates.

    rank    of its source
    day     ISO, None without any date
    length  characters of the body, which decide within a day
    """

    rank: int
    day: str | None
    published_at: str | None
    partition_date: str | None
    length: int


class Decided(NamedTuple):
    """A person's decision on this article, or on it and another.

    word    same, different, undo (of a judgement on the two), retract, restore or erase
    who     empty where the name was not kept
    run_id  its run; None where it changed nothing
    """

    at: str
    who: str
    word: str
    reason: str
    other_id: str | None
    other_key: str | None
    run_id: int | None

    def line(self) -> str:
        said = {
            "same": "the same as {}",
            "different": "another story than {}",
            "undo": "took back the judgement on it and {}",
            "retract": "retracted it",
            "restore": "brought it back",
            "erase": "erased it",
        }[self.word].format(f"{self.other_key}  [{self.other_id}]" if self.other_id else "an erased article")
        return f"{self.at[:10]}, {self.who or 'somebody'}: {said}" + (f": {self.reason}" if self.reason else "")


class Passage(NamedTuple):
    """What an article has in common with a document of a reference; the fields are those of corpus_reference."""

    reference: str
    reference_key: str
    title: str
    shared: int
    article_share: float
    reference_share: float
    longest: int

    def line(self) -> str:
        mine, theirs = (f"{100 * share:.1f} %" for share in (self.article_share, self.reference_share))
        return (
            f"has passages of reference {self.reference}, {self.reference_key}: {mine} of its 13-token shingles, "
            f"{theirs} of the document's; the longest has {self.longest} tokens"
        )


class Related(NamedTuple):
    """An article that another is related to, as corpus_relation has the two.

    is_earlier       of the two
    mine, theirs     share of each one's shingles that the other has
    longest_passage  in words
    """

    kind: Kind
    is_earlier: bool
    other_id: str
    source: str
    source_key: str
    title: str
    mine: float
    theirs: float
    longest_passage: int

    def line(self, one: str, it: str) -> str:
        """one, it: what the other article is called at first, and then."""
        passage = f", the longest passage {self.longest_passage} words" if self.longest_passage else ""
        return (
            f"{self.kind}, with the {'earlier' if self.is_earlier else 'later'} {self.source}: "
            f"{self.title or self.source_key}  [{self.other_id}]: "
            f"{self.mine:.4f} of {one} in that, {self.theirs:.4f} of that in {it}{passage}"
        )


class StoryOrigin(NamedTuple):
    """The agency, publisher or source that a story is from; the fields are those of corpus_story.

    by          how that is known
    article_id  the article that says so; None: it is who printed the story first
    """

    name: str
    by: str
    article_id: str | None

    def told(self) -> str:
        return f"{self.name}, " + (f"by the {self.by} of" if self.article_id else "which printed it first")

    def line(self) -> str:
        return " ".join(["origin:", self.told(), *([f"[{self.article_id}]"] if self.article_id else [])])


class Touch(NamedTuple):
    """A row of the change feed, and the run that caused it."""

    run_id: int
    label: str
    at: str
    change: str
    canonical_id: str | None


class Member(NamedTuple):
    """An article that a canonical stands for."""

    article_id: str
    source: str
    source_key: str
    title: str
    relation: Relation
    jaccard: float

    def line(self) -> str:
        how = f"near, {self.jaccard:.4f}" if self.relation == "near" else self.relation
        return f"  {self.source}: {self.title or self.source_key}  [{self.article_id}]  {how}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One article's standing.

    state        canonical, duplicate, retracted, erased or quarantined
    relation     exact, near or judged, of a duplicate; None otherwise
    contained    share of its shingles that its canonical has too, or, by a recipe of characters, that run side by side
    contains     of its canonical's shingles, the same
    order        why the canonical comes before it, in words
    dates, canonical_dates  the facts that decided the order
    copies       articles that it stands for, itself included; 0 unless canonical
    members      the earliest of the others
    decisions    people's, in order, including those that were taken back
    measure      what its similarity to the canonical, `jaccard`, is by the store's recipe: Jaccard or aligned share
    runs         numbers of the runs that touched it; history: what each did
    passages     that it has of documents of references
    related      articles that it is related to, or its canonical if it is a duplicate: those that have most of it first
    related_more how many beside them
    rights       what it says of the terms of its use
    origin       of its story
    diff         from the canonical's text to its own, of a duplicate
    reason       why it is quarantined, retracted or erased
    """

    state: str
    article_id: str | None
    source: str
    source_key: str
    title: str
    relation: Relation | None = None
    canonical_id: str | None = None
    canonical_source: str | None = None
    canonical_key: str | None = None
    canonical_title: str | None = None
    jaccard: float | None = None
    contained: float | None = None
    contains: float | None = None
    bands: int | None = None
    order: str | None = None
    dates: Dates | None = None
    canonical_dates: Dates | None = None
    copies: int = 0
    members: tuple[Member, ...] = ()
    revisions: int = 0
    runs: tuple[int, ...] = ()
    history: tuple[Touch, ...] = ()
    decisions: tuple[Decided, ...] = ()
    passages: tuple[Passage, ...] = ()
    related: tuple[Related, ...] = ()
    related_more: int = 0
    rights: Rights = NOTHING_SAID
    origin: StoryOrigin | None = None
    diff: Diff | None = None
    reason: str | None = None
    measure: str = "Jaccard"

    def as_json(self) -> dict[str, object]:
        """Plain values by name."""
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self)}

    def lines(self) -> list[str]:
        """Lines for people, one fact each."""
        lines = [f"{self.source}: {self.source_key}" + (f"  [{self.article_id}]" if self.article_id else "")]
        if self.title:
            lines.append(f"  {self.title}")
        if self.state == "quarantined":
            return [*lines, *self.standing()]
        is_own = self.state == "canonical"
        named = ("this one", "this") if is_own else ("the canonical", "it")
        related = [f"{'' if is_own else 'its canonical is related: '}{each.line(*named)}" for each in self.related]
        if self.related_more:
            related.append(f"  … and {self.related_more} more that {'it' if is_own else 'its canonical'} is related to")
        lines += [*self.standing(), *related, *([self.origin.line()] if self.origin else []), *self.terms()]
        return [*lines, *(said.line() for said in self.decisions), self._told()]

    def standing(self) -> Iterator[str]:
        """Whether it is in the corpus and why, one fact a line."""
        if self.state == "quarantined":
            yield f"is not in the corpus: quarantined, {self.reason}"
            return
        if self.state in ("retracted", "erased"):
            yield f"is not in the corpus: {self.state}, {self.reason}"
            return
        if self.state == "canonical":
            plural = "s" if self.copies != 1 else ""
            yield f"is in the corpus and stands for {self.copies} article{plural}, itself included"
            yield from (member.line() for member in self.members)
            if (more := self.copies - 1 - len(self.members)) > 0:
                yield f"  … and {more} more"
            yield from (each.line() for each in self.passages)
            return
        yield f"is not in the corpus: {self.relation} duplicate of"
        yield f"  {self.canonical_source}: {self.canonical_key}  [{self.canonical_id}]"
        if self.canonical_title:
            yield f"  {self.canonical_title}"
        measure = "the same comparison text" if self.relation == "exact" else f"exact {self.measure} {self.jaccard:.4f}"
        measure = f"a person called the two the same; {measure}" if self.relation == "judged" else measure
        yield f"because: {measure}, {self.bands} band keys shared; {self.order}"
        if self.relation != "exact":
            yield f"contained: {self.contained:.4f} of this one in the canonical, {self.contains:.4f} of that in this"
        yield from (each.line() for each in self.passages)

    def terms(self) -> Iterator[str]:
        """What it says of the terms of its use, then each statement and where it stands; nothing if it has none."""
        licence, statements, reserved, free = self.rights
        said = [f"licence {licence}"] if licence else []
        if reserved is not None:
            said.append("text and data mining reserved" if reserved else "text and data mining not reserved")
        if free is not None:
            said.append("free to read" if free else "not free to read")
        if said or statements:
            yield f"rights: {'; '.join(said) or 'nothing that decides'}"
        for kind, value, where in statements:
            yield f"  {kind}: {value}  [{where}]"

    def _told(self) -> str:
        touches = ", ".join(f"{touch.run_id} {touch.change}" for touch in self.history)
        return f"runs: {touches or 'none'}; revisions: {self.revisions}"


def _plain(value: object) -> object:
    """Named tuples as mappings: a tuple in JSON has no names."""
    if isinstance(value, Diff):
        return {"pieces": _plain(value.pieces), "left_out": value.left_out}
    if isinstance(value, Rights):
        return {**value._asdict(), "rights": [each._asdict() for each in value.rights]}
    if isinstance(value, Dates | Decided | Member | StoryOrigin | Passage | Related | Touch | Piece):
        return value._asdict()
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def order(mine: Dates, canonical: Dates) -> str:
    """Why the canonical comes first: the rank of its source, else the day, else the length, else the id."""
    if canonical.rank > mine.rank:
        return f"the canonical's source has rank {canonical.rank}, this one's {mine.rank}"
    day, earlier = mine.day or "9999-99-99", canonical.day or "9999-99-99"
    if canonical.rank < mine.rank:
        return "another article with this very text stands before it"
    if earlier < day:
        return f"the canonical is {_of(canonical)}, this one {_of(mine)}"
    if earlier == day and canonical.length > mine.length:
        lengths = f"{canonical.length} characters, this one {mine.length}"
        return f"both are {_of(mine)}, the canonical is longer ({lengths})"
    if earlier == day and canonical.length == mine.length:
        return f"both are {_of(mine)} and equally long, the canonical has the smaller id"
    return "another article with this very text stands before it"


def containment(jaccard: float, mine: int, canonical: int) -> tuple[float, float]:
    """Of two sets, the share of the first in the second and of the second in the first.

    They follow from the Jaccard similarity and the sizes.
    """
    shared = round(jaccard * (mine + canonical) / (1 + jaccard))
    return shared / max(mine, 1), shared / max(canonical, 1)


def rank_and_day(day: int) -> tuple[int, str | None]:
    """The rank of its source and the day of an article, from what the order of election asks; no day: it has none."""
    earlier, plain = divmod(day, RANK_DAYS)
    return -earlier, None if plain == UNDATED else date.fromordinal(plain).isoformat()


def _of(dates: Dates) -> str:
    return f"of {dates.day}" if dates.day else "without a date"


def marked(diff: Diff) -> Iterator[Piece]:
    """A diff for people: [-words of the canonical alone-], {+words of this article alone+}."""
    marks = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    for piece in shown(diff):
        yield Piece(piece.op, marks[piece.op].format(piece.text))
    if diff.left_out:
        yield Piece("same", f"[… and {diff.left_out} words more, not compared]")
