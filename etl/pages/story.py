"""Story: where an article stands and why, its copies, the difference, its rights, and what people may decide.  Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from etl.pages.frame import CURATE, decide, form, link, page, paragraphs
from etl.pages.queries import MAX_COPIES, Copy, Story
from etl.report.diff import Diff, shown
from etl.report.explanation import Explanation
from etl.report.html_parts import CLASS, E, table


def story_page(found: Story) -> str:
    named = found.named
    body: list[Any] = [E.p(CLASS("lead"), f"{named.source}: {named.source_key}"), *_standing(found)]
    if found.copies:
        first = f", the first {MAX_COPIES}" if found.total > MAX_COPIES else ""
        body += [
            E.h2(f"{found.total:,} articles tell it{first}"),
            table(
                ("published", "day", "source", "headline", "words", "relation", "Jaccard"),
                [_copy(each) for each in found.copies],
            ),
        ]
    body += [*_related(named), *_terms(named)]
    if named.diff is not None:
        body += [E.h2("From the canonical's text to this one"), E.p(CLASS("text"), *_diffed(named.diff))]
    elif found.body:
        body += [E.h2("Text"), *paragraphs(found.body)]
    if named.history:
        head = ("run", "at (UTC)", "what it did", "stands for it")
        body += [
            E.h2("What each run did"),
            table(head, [(E.a(str(t.run_id), href=f"run?{urlencode({'id': t.run_id})}"), t.at[:16].replace("T", " "),
                          t.change.replace("_", " "), (t.canonical_id or "")[:8]) for t in named.history]),
        ]  # fmt: skip
    if named.decisions:
        body += [E.h2("What people said"), E.ul(*(E.li(said.line()) for said in named.decisions))]
    return page(named.title or named.source_key, None, body)


def _related(named: Explanation) -> list[Any]:
    """The articles that it, or its canonical if it is a duplicate, is related to, with links."""
    if not named.related:
        return []
    more = f", and {named.related_more:,} more" if named.related_more else ""
    of, one = ("", "this one") if named.state == "canonical" else (" of its canonical", "the canonical")
    head = ("relation", "headline", "source", "it is", f"of {one} in it", f"of it in {one}", "longest passage, words")
    rows = [
        (
            each.kind,
            link(each.other_id, each.title or each.source_key),
            each.source,
            "earlier" if each.is_earlier else "later",
            f"{each.mine:.0%}",
            f"{each.theirs:.0%}",
            str(each.longest_passage),
        )
        for each in named.related
    ]
    return [E.h2(f"Related articles{of}{more}"), table(head, rows)]


def _terms(named: Explanation) -> list[Any]:
    """Where the story is from, and what this article says of the terms of its use."""
    body: list[Any] = []
    if (origin := named.origin) is not None:
        told = [link(origin.article_id, origin.article_id[:8])] if origin.article_id else []
        body.append(E.p(f"Origin: {origin.told()} ", *told))
    said = next(named.terms(), None)
    rows = [(each.kind, each.value, each.where) for each in named.rights.rights]
    rights = [E.h2("Rights"), E.p(said.removeprefix("rights: "))] if said else []
    return [*body, *rights, *([table(("statement", "", "where it stands"), rows)] if rows else [])]


def _standing(found: Story) -> list[Any]:
    """Where an article stands, why, and what a person can do about it."""
    named = found.named
    lines = [E.p(line) for line in named.standing()]
    if named.state in ("quarantined", "erased"):
        return lines
    if named.state == "retracted":
        forms = [decide("Bring it back", "restore", [named.article_id])]
    else:
        forms = [decide("Retract", "retract", [named.article_id])]
        if found.total > 1:
            whole = {"word": "retract", "articles": [named.article_id], "story": True}
            forms.append(form(CURATE, whole, [(f"Retract all {found.total:,} articles of the story", {})]))
    if named.state == "duplicate":
        pair = [named.article_id, named.canonical_id]
        forms = [
            decide("They are different stories", "different", pair),
            decide("They are the same", "same", pair),
            *forms,
        ]
    erase = form(CURATE, {"word": "erase", "articles": [named.article_id]}, [("Erase it for good", {})], why=True)
    return [*lines, E.div(CLASS("decide"), *forms), E.details(E.summary("Erase it, which nothing undoes"), erase)]


def _copy(copy: Copy) -> tuple[Any, ...]:
    alike = "" if copy.relation == "canonical" else f"{copy.jaccard:.3f}"
    headline = link(copy.article_id, copy.title or copy.article_id)
    return copy.published_at[:16], copy.day, copy.source, headline, copy.words, copy.relation, alike


def _diffed(diff: Diff) -> Iterable[Any]:
    tags = {"same": "span", "removed": "del", "added": "ins"}
    for piece in shown(diff):
        yield E(tags[piece.op], piece.text)
        yield " "
    if diff.left_out:
        yield f"… and {diff.left_out} words more, not compared"
