"""Comparison: the text that an article is compared by, made of its headline and its body, and its fingerprints.  Pure.

An article is compared by its body.  Where that is SHORT or a stub (etl.text.stubs), many unlike stories have it, so the
headline counts as well:

    stub        headline and body whole, as one token: a stub is a duplicate of the same stub below the same headline,
                near to nothing, and stands for nothing else
    tiny        a body of less than half the headline: each word of the headline with the whole body behind it, so that
                texts are alike only where their bodies are equal
    SHORT       headline and body one after the other
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from etl.fingerprint.recipe import Recipe
from etl.fingerprint.signatures import Fingerprints, comparison_texts, fingerprint, sign
from etl.text.stubs import MANY, is_stub

SHORT = 20
"""A body of fewer tokens is compared together with its headline: "Watch the video above." stands below many stories."""
FREE = 4  # tokens of a headline that stand in no shingle without the body (of 5 tokens, as recipes have by default)
WHOLE = "_"  # between the words of what counts as one token; no token has it


class Compared(NamedTuple):
    """Fingerprints of n articles, the comparison texts of their bodies alone, and which bodies are stubs."""

    prints: Fingerprints
    bodies: list[str]
    stubs: list[bool]


def compare(texts: Sequence[tuple[str, str]], recipe: Recipe) -> Compared:
    """What articles are compared by, from the stored texts of (title, body)."""
    prints = fingerprint([body for _, body in texts], recipe)
    bodies = list(prints.comparison)
    # A text has more tokens than shingles, and to count those takes 9 µs.
    stubs = [size < MANY and is_stub(body) for body, size in zip(bodies, prints.sizes.tolist(), strict=True)]
    joined = _joined(texts, bodies, stubs)
    if joined:
        headed = list(joined)
        again = sign(list(joined.values()), recipe)
        prints.signatures[headed], prints.sizes[headed] = again.signatures, again.sizes
        for n, comparison in joined.items():
            prints.comparison[n] = comparison
    return Compared(prints, bodies, stubs)


def compared_by(texts: Sequence[tuple[str, str]]) -> list[str]:
    """The comparison texts of articles, from their stored texts of (title, body); 10 µs each."""
    bodies = comparison_texts([body for _, body in texts])
    joined = _joined(texts, bodies, [is_stub(body) for body in bodies])
    return [joined.get(n, body) for n, body in enumerate(bodies)]


def _joined(texts: Sequence[tuple[str, str]], bodies: Sequence[str], stubs: Sequence[bool]) -> dict[int, str]:
    """Position -> comparison text, where the headline counts."""
    headed = [n for n, body in enumerate(bodies) if stubs[n] or len(body.split(" ", SHORT)) < SHORT]
    titles = comparison_texts([texts[n][0] for n in headed])
    return {n: with_headline(title, bodies[n], stubs[n]) for n, title in zip(headed, titles, strict=True)}


def with_headline(title: str, body: str, stub: bool) -> str:
    """The comparison text of a short body or a stub, from those of its headline and its body.

    A headline without a letter or digit does not count beside a body that has some; one without a word, as a file's
    name ("p0"), not beside a body of symbols alone.
    """
    words, said = title.split(" "), body.split(" ")
    has_text = any(character.isalnum() for character in body)
    says_nothing = not any(c.isalnum() for c in title) if has_text else not any(word.isalpha() for word in words)
    if not title or (body and says_nothing):
        return body.replace(" ", WHOLE) if stub else body
    if stub:
        return f"{title} {body}".replace(" ", WHOLE)
    if not body or 2 * len(said) >= len(words) - FREE:
        return f"{title} {body}".rstrip(" ")
    whole = WHOLE.join(said)
    return " ".join(f"{word} {whole}" for word in words)
