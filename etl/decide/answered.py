"""Answered: pairs that need no question, since judgements on others say whether they are one story.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def answered(judged: Sequence[tuple[int, int, str]], pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those of the pairs on which judgements say something, directly or together, in almost linear time.

    What is the same as the same text is the same; what is different from one of these is different from all of them.

    judged  (text, other text, "same" or "different")
    """
    heads: dict[int, int] = {}

    def head(text: int) -> int:
        while (above := heads.get(text, text)) != text:
            heads[text] = heads.get(above, above)
            text = above
        return text

    for one, other, word in judged:
        if word == "same":
            heads[head(one)] = head(other)
    apart = {frozenset((head(one), head(other))) for one, other, word in judged if word == "different"}
    groups = [(pair, frozenset(map(head, pair))) for pair in pairs]
    return [pair for pair, group in groups if len(group) == 1 or group in apart]
