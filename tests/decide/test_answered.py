"""Answered pairs: what follows from judgements, against every chain of them followed by hand."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from etl.decide.answered import answered

SAME, DIFFERENT = "same", "different"


@pytest.mark.parametrize(("judged", "pair", "known"), [
    ([(1, 2, SAME), (2, 3, SAME)], (1, 3), True),
    ([(1, 2, SAME), (3, 2, DIFFERENT)], (3, 1), True),
    ([(1, 2, DIFFERENT), (2, 3, DIFFERENT)], (1, 3), False),
    ([(1, 2, SAME), (3, 4, SAME), (1, 4, DIFFERENT)], (2, 3), True),
    ([(1, 2, SAME), (3, 4, SAME)], (2, 3), False),
    ([(1, 2, SAME), (2, 3, SAME), (1, 3, DIFFERENT)], (1, 2), True),
    ([], (1, 2), False),
])  # fmt: skip
def test_what_is_the_same_as_the_same_is_known_and_what_differs_from_it_too(judged, pair, known):
    assert answered(judged, [pair]) == ([pair] if known else [])


def test_it_is_what_chains_of_judgements_say():
    draw = random.Random(7)
    for _ in range(200):
        texts = range(draw.randint(2, 9))
        every = list(combinations(texts, 2))
        judged = [(*draw.choice(every), draw.choice([SAME, SAME, DIFFERENT])) for _ in range(draw.randint(0, 10))]
        reached = {text: {text} for text in texts}
        for _ in texts:
            for one, other, word in judged:
                if word == SAME:
                    reached[one] |= reached[other]
                    reached[other] |= reached[one]
        apart = [(one, other) for one, other, word in judged if word == DIFFERENT]
        apart += [(other, one) for one, other in apart]
        expected = [
            (one, other)
            for one, other in every
            if other in reached[one] or any(x in reached[one] and y in reached[other] for x, y in apart)
        ]
        assert answered(judged, every) == expected
